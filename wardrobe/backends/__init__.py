"""Foreign libraries behind the stages' Protocols: one file per library, imported when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from wardrobe import weights
from wardrobe.errors import DeviceError, ModelError


def create(stage: str, name: str, device: str, **options: Any) -> Any:
    """The model of that name, ready to be called; its library is imported here and not before.

    Args:
        stage: which stage asks; a model of another stage is refused.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
        options: of the backend's own, over those of the registry.

    Raises:
        ModelError: unknown, of another stage, absent or damaged.
        DeviceError: the device isn't there.
    """
    model = entry(stage, name)
    module, _, kind = model.backend.partition(":")
    options = {**model.options, **options}
    if model.needs:
        options["trunk"] = weights.verified(weights.find(model.needs))
    backend = getattr(import_module(f"wardrobe.backends.{module}"), kind)
    return backend(weights.verified(model), device=resolve(device), **options)


def entry(stage: str, name: str) -> weights.Model:
    """The registry's entry, checked to serve the stage; nothing is loaded."""
    model = weights.find(name)
    if model.stage != stage:
        raise ModelError(
            f"{name} is a model for {model.stage}, not for {stage}. `wardrobe models list` shows all."
        )
    return model


def resolve(device: str) -> str:
    """``"auto"`` to what is there; a named device only if it is there.

    Raises:
        DeviceError: a CUDA device was named and torch does not see it.
    """
    if device == "cpu":
        return device
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda" if count else "cpu"
    kind, _, number = device.partition(":")
    if kind != "cuda" or (number and not number.isdigit()):
        raise DeviceError(f"{device!r} is no device; write auto, cpu, cuda or cuda:N (run.device).")
    if int(number or 0) >= count:
        seen = f"{count} CUDA device(s)" if count else "no CUDA device"
        raise DeviceError(
            f"{device} isn't there: torch sees {seen}. Use --set run.device=cpu, or mend the driver."
        )
    return device
