"""What is computed once is never computed again, and one bad input costs only itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wardrobe.errors import ContractError, ModelError, PhotoError, StoreError
from wardrobe.runner import Shelf, remembered
from wardrobe.store import MIGRATIONS, Store


@dataclass
class Double:
    """x -> 2x; trouble maps an input to what it raises."""

    trouble: dict[int, Exception] = field(default_factory=dict)
    setting: int = 0
    model: str = "double@1"
    most: int = 10**9
    seen: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    name: str = "double"
    version: int = 1

    def recipe(self) -> dict[str, Any]:
        return {"setting": self.setting}

    def digest(self, one: int) -> str:
        return str(one)

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(len(batch))
        if len(batch) > self.most:
            raise RuntimeError("CUDA out of memory")
        for one in batch:
            if one in self.trouble:
                raise self.trouble[one]
        self.seen += batch
        return [2 * one for one in batch]

    def encode(self, out: int) -> bytes:
        return json.dumps(out).encode()

    def decode(self, data: bytes) -> int:
        return int(json.loads(data))


def values(stage: Double, inputs: list[int], store: Store) -> list[int | None]:
    return [a.value for a in remembered(stage, inputs, store)]


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    stage = Double()
    assert values(stage, [1, 2, 3], Store(tmp_path)) == [2, 4, 6]
    assert values(stage, [3, 2, 1], Store(tmp_path)) == [6, 4, 2]
    assert stage.seen == [1, 2, 3]


def test_a_new_input_costs_itself_and_a_repeated_one_is_computed_once(tmp_path: Path) -> None:
    stage, store = Double(), Store(tmp_path)
    values(stage, [1, 2], store)
    assert values(stage, [1, 7, 2, 7], store) == [2, 14, 4, 14]
    assert stage.seen == [1, 2, 7]


@pytest.mark.parametrize("change", [{"setting": 5}, {"model": "double@2"}, {"version": 2}])
def test_another_setting_model_or_version_computes_again(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    store = Store(tmp_path)
    values(Double(), [1], store)
    other = Double(**change)
    values(other, [1], store)
    assert other.seen == [1]


def test_one_bad_input_costs_only_itself_and_is_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    stage = Double(trouble={3: PhotoError("x is torn.", "truncated")})
    answers = remembered(stage, [1, 2, 3, 4], store)
    assert [a.value for a in answers] == [2, 4, None, 8]
    assert answers[2].failure is not None
    assert (answers[2].failure.reason, answers[2].failure.final) == ("truncated", True)
    healed = Double()
    assert values(healed, [3], store) == [None]
    assert healed.seen == []


@pytest.mark.parametrize(
    "fault", [RuntimeError("flaky"), PhotoError("x is gone.", "vanished", final=False)]
)
def test_a_passing_fault_is_tried_again(tmp_path: Path, fault: Exception) -> None:
    store = Store(tmp_path)
    answers = remembered(Double(trouble={3: fault}), [3], store)
    assert answers[0].failure is not None
    assert not answers[0].failure.final
    assert values(Double(), [3], store) == [6]


def test_a_batch_too_large_for_the_device_is_halved_until_it_fits(tmp_path: Path) -> None:
    stage = Double(most=3)
    assert values(stage, list(range(10)), Store(tmp_path)) == [2 * i for i in range(10)]
    assert max(b for b in stage.batches if b <= 3) >= 2
    assert stage.seen == list(range(10))


def test_a_missing_model_stops_the_run_and_is_not_booked_on_the_photos(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ModelError):
        remembered(Double(trouble={2: ModelError("gone")}), [1, 2], store)
    assert values(Double(), [1, 2], store) == [2, 4]


def test_a_wrong_count_is_our_bug(tmp_path: Path) -> None:
    class Short(Double):
        def __call__(self, batch: Sequence[int]) -> list[int]:
            return []

    with pytest.raises(ContractError, match="double"):
        remembered(Short(), [1], Store(tmp_path))


def test_without_computing_unknown_inputs_say_so(tmp_path: Path) -> None:
    store, stage = Store(tmp_path), Double()
    values(stage, [1], store)
    known, unknown = remembered(stage, [1, 2], store, compute=False)
    assert known.value == 2
    assert unknown.failure is not None
    assert unknown.failure.reason == "not computed"
    assert stage.seen == [1]


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store._db.execute(f"pragma user_version = {len(MIGRATIONS) + 1}")
    store.close()
    with pytest.raises(StoreError, match="newer"):
        Store(tmp_path)


def test_something_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(b"this is a text" * 100)
    with pytest.raises(StoreError, match="--out"):
        Store(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    with first.writing(), pytest.raises(StoreError, match="busy"), second.writing():
        pass
    with second.writing():
        pass


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


def test_models_that_do_not_fit_together_make_room_for_one_another() -> None:
    made: list[str] = []
    freed: list[bool] = []

    def model(name: str) -> Callable[[], Callable[[int], str]]:
        def make() -> Callable[[int], str]:
            made.append(name)
            alone = len(made) == 1 or freed  # the second fits only once the first is put away
            if not alone:
                raise OutOfMemoryError
            return lambda x: f"{name}{x}"

        return make

    shelf = Shelf(lambda: freed.append(True))
    first, second = shelf.place(model("a")), shelf.place(model("b"))
    assert made == []
    assert first()(1) == "a1"
    assert second()(2) == "b2"
    assert made == ["a", "b", "b"]
    assert len(freed) == 1
    assert second()(3) == "b3"
    assert first()(4) == "a4"  # made anew
    assert made == ["a", "b", "b", "a"]


def test_one_model_alone_that_does_not_fit_is_the_runner_s_trouble() -> None:
    def too_large(batch: Sequence[int]) -> list[int]:
        if len(batch) > 1:
            raise OutOfMemoryError
        return list(batch)

    shelf = Shelf(lambda: None)
    load = shelf.place(lambda: too_large)
    with pytest.raises(OutOfMemoryError):
        load()([1, 2])
    assert load()([1]) == [1]
