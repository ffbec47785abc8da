"""Is this installation sound? Each check is one line with what to do when it is bad."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import metadata, util

from wardrobe import backends, weights
from wardrobe.errors import WardrobeError

LIBRARIES = (
    "torch", "torchvision", "ultralytics", "mediapipe", "open_clip_torch", "scikit-learn", "diffusers",
    "pillow", "pillow-heif", "opencv-python",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: its name, whether it is good, and what was found or must be done."""

    name: str
    good: bool
    said: str


def check() -> list[Check]:
    """Every check, in the order a person would mend them."""
    return [_python(), *(_library(name) for name in LIBRARIES), _pair(), *_models(), _device()]


def _python() -> Check:
    v = sys.version_info
    good = (3, 11) <= (v.major, v.minor) < (3, 14)
    return Check(
        "python",
        good,
        f"{v.major}.{v.minor}.{v.micro}" + ("" if good else ": use 3.11, 3.12 or 3.13"),
    )


def _library(name: str) -> Check:
    try:
        return Check(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(
            name, False, "not installed: run `make install`, or pip install wardrobe again"
        )


def _pair() -> Check:
    """torch and torchvision must come from the same build; a mismatch only shows on import."""
    if util.find_spec("torchvision") is None:
        return Check("torch with torchvision", False, "torchvision is not installed")
    try:
        import torchvision.ops  # noqa: F401

        return Check("torch with torchvision", True, "load together")
    except Exception as e:
        return Check(
            "torch with torchvision",
            False,
            f"{e}: install the matching pair from requirements.lock",
        )


def _models() -> list[Check]:
    checks = []
    for model in weights.registry().values():
        if not model.all() or (not model.shipped and not weights.here(model)):
            continue
        try:
            weights.verified(model)
            checks.append(Check(f"model {model.name}", True, model.id))
        except WardrobeError as e:
            checks.append(Check(f"model {model.name}", False, str(e)))
    return checks


def _device() -> Check:
    try:
        return Check("device", True, f"auto is {backends.resolve('auto')}")
    except Exception as e:
        return Check("device", False, f"torch can't be asked: {e}")
