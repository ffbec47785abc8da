"""Everything this library raises on purpose, as one tree.

::

    WardrobeError                 exit code 1
    |-- ConfigError               2    a setting is unknown, out of range or contradicts another
    |-- PhotoError                3    one photo can't be used; the run records it and goes on
    |-- ModelError                4    a model is unknown, absent, damaged or of the wrong kind
    |   `-- NotBuilt              4    the stage has no implementation in this version
    |-- DeviceError               5    the device asked for isn't there or is out of memory
    |-- StoreError                6    the store is busy, damaged, or newer than this version
    |   `-- StoreBusy             6    another run is writing to it; waiting helps
    `-- ContractError             70   a backend broke its protocol: our bug, please report it

Every message says what happened, where, and what to do next.
"""

from __future__ import annotations


class WardrobeError(Exception):
    """Base of every deliberate error."""

    exit_code = 1


class ConfigError(WardrobeError):
    """A setting is unknown, out of range, or contradicts another."""

    exit_code = 2


class PhotoError(WardrobeError):
    """One photo can't be used.

    Args:
        message: what is wrong, in a sentence for the person who owns the photo.
        reason: short machine name for the funnel, such as ``"truncated"``.
        final: a fact about its bytes, remembered and not tried again; false for a file that
            vanished, changed or could not be opened just now.
    """

    exit_code = 3

    def __init__(self, message: str, reason: str = "unreadable", *, final: bool = True) -> None:
        super().__init__(message)
        self.reason = reason
        self.final = final


class ModelError(WardrobeError):
    """A model is unknown, absent, damaged, or of the wrong kind."""

    exit_code = 4


class NotBuilt(ModelError):
    """The stage has no implementation in this version; nothing was computed."""


class DeviceError(WardrobeError):
    """The device asked for isn't there, or has too little memory."""

    exit_code = 5


class StoreError(WardrobeError):
    """The store is busy, damaged, full, or written by a newer version."""

    exit_code = 6


class StoreBusy(StoreError):
    """Another run is writing to the store."""


class ContractError(WardrobeError):
    """A backend returned something its protocol forbids: our bug."""

    exit_code = 70
