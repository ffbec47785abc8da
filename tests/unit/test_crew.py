"""A crew answers in order, whoever is first, and one worker's trouble is everybody's at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wardrobe import backends
from wardrobe.crew import MOST, Crew
from wardrobe.errors import ModelError, PhotoError
from wardrobe.runner import Lazy, remembered
from wardrobe.store import Store


@dataclass
class Slow:
    """x -> 2x, the earlier inputs the slower; trouble maps an input to what it raises."""

    trouble: dict[int, Exception] = field(default_factory=dict)
    model: str = ""
    batches: list[int] = field(default_factory=list)
    name: str = "slow"
    version: int = 1

    def recipe(self) -> dict[str, Any]:
        return {}

    def digest(self, one: int) -> str:
        return str(one)

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.batches.append(len(batch))
        for one in batch:
            time.sleep(max(0.03 - 0.01 * one, 0))
            if one in self.trouble:
                raise self.trouble[one]
        return [2 * one for one in batch]

    def encode(self, out: int) -> bytes:
        return str(out).encode()

    def decode(self, data: bytes) -> int:
        return int(data)


def test_answers_come_in_order_from_threads_of_the_crew() -> None:
    seen = []

    def work(one: int) -> int:
        seen.append(threading.current_thread().name)
        time.sleep(0.05 - 0.01 * one)
        return -one

    with Crew(3) as crew:
        assert crew.each(work, range(5)) == [0, -1, -2, -3, -4]
    assert len(set(seen)) == 3
    assert threading.current_thread().name not in seen
    assert not [t for t in threading.enumerate() if t.name in seen]  # they went home


def test_after_an_error_nothing_more_is_begun() -> None:
    begun = []

    def work(one: int) -> None:
        begun.append(one)
        time.sleep(0.01)
        if one == 0:
            raise KeyError("zero")
        if one == 1:
            raise ValueError("one")

    with Crew(2) as crew, pytest.raises(KeyError, match="zero"):
        crew.each(work, range(50))
    assert len(begun) < 10


def test_stopped_by_ctrl_c_it_ends_with_what_it_had_begun() -> None:
    done = []

    def work(one: int) -> None:
        time.sleep(0.02)
        done.append(one)

    def stopped() -> None:
        with Crew(2) as crew:
            crew.each(work, [0, 1])
            crew._pool.submit(work, 2)
            crew._pool.submit(work, 3)
            crew._pool.submit(work, 4)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert 4 not in done


def test_how_many_work() -> None:
    assert 1 <= Crew(0).workers <= MOST
    assert Crew(20).workers == 20


def test_a_shared_stage_answers_and_fails_as_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lost = PhotoError("3.jpg isn't there.", "vanished", final=False)
    trouble: dict[int, Exception] = {0: RuntimeError("broken"), 3: lost}
    said, logs = [], []
    for name, workers in (("alone", 1), ("shared", 3)):
        caplog.clear()
        with caplog.at_level(logging.WARNING), Crew(workers) as crew:
            answers = remembered(Slow(trouble), range(6), Store(tmp_path / name), crew=crew)
        said.append([(a.key, a.value, a.failure, a.fresh) for a in answers])
        logs.append([record.getMessage() for record in caplog.records])
    assert said[0] == said[1]
    assert logs[0] == logs[1] == ["slow: 0: RuntimeError", "slow: 3: PhotoError"]
    assert said[1][3][2] is not None
    assert said[1][3][2].message == "3.jpg isn't there."
    assert [value for _, value, _, _ in said[1]] == [None, 2, 4, None, 8, 10]


def test_a_missing_model_ends_the_run_from_any_worker(tmp_path: Path) -> None:
    with Crew(2) as crew, pytest.raises(ModelError, match="gone"):
        remembered(Slow({1: ModelError("gone")}), range(4), Store(tmp_path), crew=crew)


def test_what_may_not_be_shared_gets_its_whole_batch(tmp_path: Path) -> None:
    rule, large, small = Slow(), Slow(model="large@1"), Slow(model="small@1")
    with Crew(2, lambda model: model.startswith("small")) as crew:
        for stage in (rule, large, small):
            remembered(stage, range(4), Store(tmp_path), crew=crew)
    assert (rule.batches, large.batches, small.batches) == ([1] * 4, [4], [1] * 4)


def test_several_threads_make_one_thing_once() -> None:
    made = []

    def make() -> int:
        time.sleep(0.02)
        made.append(1)
        return 5

    lazy = Lazy(make)
    with Crew(4) as crew:
        assert crew.each(lambda _: lazy(), range(4)) == [5] * 4
    assert made == [1]


def test_which_models_are_shared() -> None:
    assert backends.parallel("pose-small@a88e0498ac92", "cpu")
    assert backends.parallel("classify-small@1+embed-small@2", "cpu")
    assert not backends.parallel("moda-matryoshka", "cpu")
    assert not backends.parallel("face-sface", "cpu")


def test_a_shared_model_computes_in_the_thread_that_asks_and_torch_gets_its_threads_back() -> None:
    import torch

    def create(*_: str) -> Any:
        return lambda _: torch.get_num_threads()

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with backends.Calm() as calm, Crew(2) as crew:
            small = calm.of(create)("pose", "pose-small", "cpu")
            large = calm.of(create)("face", "face-sface", "cpu")
            assert large(0) == 3
            assert crew.each(small, range(6)) == [1] * 6
        with Crew(1) as crew:
            assert crew.each(lambda _: torch.get_num_threads(), [0]) == [3]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
