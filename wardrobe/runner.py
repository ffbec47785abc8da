"""A stage over many inputs, remembered: the whole of resuming is here."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from wardrobe.crew import Crew
from wardrobe.errors import ContractError, PhotoError, WardrobeError
from wardrobe.portions import out_of_memory
from wardrobe.store import Result
from wardrobe.types import Failure

log = logging.getLogger(__name__)
In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)


class Memory(Protocol):
    """What remembers answers by their keys: a store, or as much of one as a worker needs."""

    def recall(self, keys: Sequence[str]) -> dict[str, Result]: ...
    def remember(self, results: Iterable[Result]) -> None: ...


class Stage(Protocol[In_contra, Out]):
    """A pure function over a batch, and how to name, digest and store it.

    Contract: one output per input, in order; a batch equals its singles; inputs are not changed;
    nothing is printed, downloaded or written. Building one must be cheap: models load on the first
    call, so that a run in which everything is remembered never loads any.

    Attributes:
        name: of the stage, in traces and funnels.
        version: raised when the meaning of the output changes.
        model: exact weights that answer, or "" for a rule of ours.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def model(self) -> str: ...
    def recipe(self) -> dict[str, Any]:
        """The settings that change the output."""

    def digest(self, one: In_contra) -> str:
        """Identity of one input, by content."""

    def __call__(self, batch: Sequence[In_contra]) -> Sequence[Out]: ...
    def encode(self, out: Out) -> bytes: ...
    def decode(self, data: bytes) -> Out: ...


@dataclass(frozen=True, slots=True)
class Answer(Generic[Out]):
    """What a stage said of one input: ``value``, or ``failure`` in its place.

    Attributes:
        key: identity of this answer; the digest of what follows from it.
        seconds: computing time, when it was computed.
        fresh: computed in this call rather than remembered.
    """

    key: str
    value: Out | None
    failure: Failure | None
    model: str
    seconds: float
    fresh: bool


def remembered(
    stage: Stage[In, Out],
    inputs: Sequence[In],
    store: Memory,
    *,
    compute: bool = True,
    crew: Crew | None = None,
) -> list[Answer[Out]]:
    """Map ``stage`` over ``inputs``, computing only what the store does not hold.

    An input that fails costs only itself. A PhotoError is a fact about the photo and is
    remembered; any other failure is tried again by the next run. What was computed is written
    before this returns, in one transaction.

    Args:
        compute: when false, an unknown input becomes a failure with reason ``"not computed"``.
        crew: shares what is to be computed, input by input, where it may; the answers are the same.

    Returns:
        One answer per input, in order.

    Raises:
        ContractError: the stage returned the wrong number of outputs.
        WardrobeError: any that is not about a photo, such as a missing model.
    """
    keys = [key_of(stage, one) for one in inputs]
    known = {k: r for k, r in store.recall(keys).items() if r.final}
    missing = {k: one for k, one in zip(keys, inputs, strict=True) if k not in known}  # each once
    results: list[Result] = []
    if compute and missing:
        todo = list(missing.values())
        if crew and len(todo) > 1 and crew.shares(stage.model):
            outs = [out for one in crew.each(lambda i: _encoded(stage, [i]), todo) for out in one]
        else:
            outs = _encoded(stage, todo)
        for (key, one), (out, seconds) in zip(missing.items(), outs, strict=True):
            if isinstance(out, Exception):
                log.warning("%s: %s: %s", stage.name, stage.digest(one)[:12], type(out).__name__)
                results.append(_failed(stage, key, out, seconds))
            else:
                results.append(Result(key, stage.name, stage.model, out, None, True, seconds))
        store.remember(results)
    unknown = Failure(stage.name, "not computed", "The run has not come this far yet.", False)
    # Fresh answers are read back like old ones, so that what follows sees the same bytes either way.
    answers = {k: _answer(stage, r, fresh=False) for k, r in known.items()}
    answers |= {r.key: _answer(stage, r, fresh=True) for r in results}
    return [answers.get(k) or Answer(k, None, unknown, stage.model, 0.0, False) for k in keys]


def key_of(stage: Stage[In, Any], one: In) -> str:
    """sha256 of (stage, version, model, settings that matter, content of the input)."""
    recipe = [stage.name, stage.version, stage.model, stage.recipe(), stage.digest(one)]
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def _encoded(stage: Stage[In, Any], batch: list[In]) -> list[tuple[bytes | Exception, float]]:
    """What the stage says of each input, or raised for it, and how long it took."""
    return [
        (out if isinstance(out, Exception) else stage.encode(out), seconds)
        for out, seconds in _attempt(stage, batch)
    ]


def _attempt(stage: Stage[In, Any], batch: list[In]) -> list[tuple[Any, float]]:
    """The batch at once; where it fails, its halves, so that one bad photo costs only itself and
    a batch too large for the device's memory finds the size that fits."""
    began = time.perf_counter()
    try:
        outs = list(stage(batch))
    except Exception as e:
        if isinstance(e, WardrobeError) and not isinstance(e, PhotoError):
            raise  # a missing model or a full disk is the run's trouble, not the photo's
        if len(batch) == 1:
            return [(e, time.perf_counter() - began)]
        half = len(batch) // 2
        return _attempt(stage, batch[:half]) + _attempt(stage, batch[half:])
    if len(outs) != len(batch):
        raise ContractError(
            f"{stage.name} ({stage.model}) answered {len(outs)} times to {len(batch)} inputs. Please report it."
        )
    each = (time.perf_counter() - began) / len(batch)
    return [(out, each) for out in outs]


def _failed(stage: Stage[Any, Any], key: str, e: Exception, seconds: float) -> Result:
    if isinstance(e, PhotoError):
        failure = Failure(stage.name, e.reason, str(e), e.final)
    else:
        failure = Failure(stage.name, "fault", f"{type(e).__name__}: {e}", False)
    said = json.dumps(asdict(failure))
    return Result(key, stage.name, stage.model, None, said, failure.final, seconds)


def _answer(stage: Stage[Any, Out], r: Result, *, fresh: bool) -> Answer[Out]:
    value = None if r.value is None else stage.decode(r.value)
    failure = Failure(**json.loads(r.failure)) if r.failure else None
    return Answer(r.key, value, failure, r.model, r.seconds, fresh)


class Lazy(Generic[Out]):
    """Something dear, made on first use, whichever thread asks first: a model, or the pixels of a photo."""

    def __init__(self, make: Callable[[], Out]) -> None:
        self._make, self._making = make, Lock()
        self._made: Out | None = None

    def __call__(self) -> Out:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def made(self) -> bool:
        return self._made is not None

    def forget(self) -> None:
        """Let go of it; the next call makes it anew."""
        self._made = None


class Shelf:
    """The models of a run, each made when first asked and kept. Where they don't fit into a device's
    memory together, the others are put away for the one that is asked.

    Args:
        free: gives back the memory of what was put away.
    """

    def __init__(self, free: Callable[[], None]) -> None:
        self._free = free
        self._models: list[Lazy[Callable[..., Any]]] = []

    def place(self, make: Callable[[], Callable[..., Any]]) -> Callable[[], Callable[..., Any]]:
        """What a stage loads its model with."""
        one = Lazy(make)
        self._models.append(one)

        def answer(*inputs: Any) -> Any:
            try:
                return one()(*inputs)
            except Exception as e:
                others = [m for m in self._models if m is not one and m.made]
                if not out_of_memory(e) or not others:
                    raise
            for other in others:
                other.forget()
            self._free()  # here, where the failed attempt's tensors are gone
            return one()(*inputs)

        return lambda: answer
