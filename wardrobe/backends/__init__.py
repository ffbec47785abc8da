"""Foreign libraries behind the stages' Protocols: one file per library, imported when asked for."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import numpy as np

from wardrobe import weights
from wardrobe.errors import DeviceError, ModelError


def create(stage: str, name: str, device: str, **options: Any) -> Any:
    """The model of that name, ready to be called; its library is imported here and not before.

    Args:
        stage: which stage asks; a model of another stage is refused.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:N"``, several with commas, or
            ``"cuda:all"``: then every device holds the model, and a batch is shared among them.
        options: of the backend's own, over those of the registry.

    Raises:
        ModelError: unknown, of another stage, absent or damaged.
        DeviceError: the device isn't there.
    """
    model = entry(stage, name)
    devices = resolve(device).split(",")
    if len(devices) == 1:
        return _made(model, devices[0], options)
    return Shared([_made(model, one, options) for one in devices])


def _made(model: weights.Model, device: str, options: dict[str, Any]) -> Any:
    module, _, kind = model.backend.partition(":")
    options = {**model.options, **options}
    if model.needs:
        options["trunk"] = weights.verified(weights.find(model.needs))
    if model.parts:
        options["parts"] = {n: _made(entry(model.stage, n), device, {}) for n in model.parts}
    backend = getattr(import_module(f"wardrobe.backends.{module}"), kind)
    if not model.all():
        return backend(device=device, **options)
    return backend(weights.verified(model), device=device, **options)


class Shared:
    """One model on several devices. A batch is cut into as many runs of neighbours, which are
    answered side by side: as a batch equals its singles, so does it equal its shares."""

    def __init__(self, replicas: Sequence[Any]) -> None:
        self._replicas = replicas

    def __call__(self, *inputs: Sequence[Any]) -> Any:
        """The answers of all shares, in order.

        Args:
            inputs: as the model takes them, each with one element per input of the batch.
        """
        size = -(-len(inputs[0]) // len(self._replicas))  # of a share, at most
        if size == 0 or len(inputs[0]) <= size:
            return self._replicas[0](*inputs)
        shares = [
            tuple(one[start : start + size] for one in inputs)
            for start in range(0, len(inputs[0]), size)
        ]
        with ThreadPoolExecutor(len(shares)) as pool:
            answers = list(pool.map(lambda r, s: r(*s), self._replicas, shares))
        if isinstance(answers[0], np.ndarray):
            return np.concatenate(answers)
        return [one for share in answers for one in share]


def entry(stage: str, name: str) -> weights.Model:
    """The registry's entry, checked to serve the stage; nothing is loaded."""
    model = weights.find(name)
    if model.stage != stage:
        raise ModelError(
            f"{name} is a model for {model.stage}, not for {stage}. `wardrobe models list` shows all."
        )
    return model


def resolve(device: str) -> str:
    """``"auto"`` to what is there, ``"cuda:all"`` to every CUDA device; a named device only if it
    is there.

    Raises:
        DeviceError: a CUDA device was named and torch does not see it.
    """
    if set(device.split(",")) == {"cpu"}:
        return device
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda" if count else "cpu"
    if device == "cuda:all" and count:
        return ",".join(f"cuda:{i}" for i in range(count))
    for one in device.split(","):
        kind, _, number = one.partition(":")
        if kind != "cuda" or not (number in ("", "all") or number.isdigit()):
            raise DeviceError(
                f"{device!r} is no device; write auto, cpu, cuda, cuda:N or cuda:all (--device)."
            )
        if not count or int(number or 0) >= count:
            seen = f"{count} CUDA device(s)" if count else "no CUDA device"
            raise DeviceError(
                f"{one} isn't there: torch sees {seen}. Mend the driver, or name another device:"
                " --device cpu runs the same models on the processor, those of the gpu profile very"
                " slowly; --profile small is made for it."
            )
    return device


def parallel(model: str, device: str) -> bool:
    """Whether several threads may ask a model at once, and gain by it.

    Args:
        model: its name, or its identity, which begins with it.
    """
    return weights.find(model.partition("@")[0]).parallel and resolve(device) == "cpu"


class Calm:
    """While entered, torch has no threads of its own for models that are :func:`parallel`.

    They wait for one another by spinning: beside other busy processes a build took five times as long; and
    how many there are shows in the last bits of an answer. Torch counts them for each thread that calls it,
    so that those who ask are told, one by one. Afterwards it has them again.
    """

    def __init__(self) -> None:
        self._before: int | None = None

    def __enter__(self) -> Calm:
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            sys.modules["torch"].set_num_threads(self._before)

    def of(self, create: Callable[[str, str, str], Any]) -> Callable[[str, str, str], Any]:
        """The same maker of models, whose parallel ones compute in the thread that asks."""

        def made(stage: str, name: str, device: str) -> Any:
            model = create(stage, name, device)
            if not parallel(name, device):
                return model

            def answer(*inputs: Any) -> Any:
                self._hush()
                return model(*inputs)

            return answer

        return made

    def _hush(self) -> None:
        torch = sys.modules.get("torch")
        if torch is not None and torch.get_num_threads() > 1:
            self._before = self._before or torch.get_num_threads()
            torch.set_num_threads(1)


def free() -> None:
    """Give back the device memory of models that nobody holds any more."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
