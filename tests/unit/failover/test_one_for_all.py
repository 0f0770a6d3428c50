"""One thread does it for all that wait: everybody gets his own answer, from a doing that began after he asked."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from ndcops.failover.run.one_for_all import OneForAll


class Slow:
    """Doubles numbers; the first call is held until `go`, so that others queue up."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.entered = threading.Event()
        self.calls: list[list[int]] = []

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        self.entered.set()
        assert self.go.wait(10)
        if 1300 in numbers:
            raise ValueError("thirteen")
        return [2 * number for number in numbers]


def ask_all(slow: Slow, together: OneForAll[int, int], numbers: Sequence[int]) -> list[int | str]:
    """The first asks alone, the others while it is done."""

    def ask(number: int) -> int | str:
        try:
            return together.ask(number)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(numbers)) as pool:
        first = pool.submit(ask, numbers[0])
        assert slow.entered.wait(10)
        others = [pool.submit(ask, number) for number in numbers[1:]]
        while len(together._queue) < len(numbers) - 1:
            threading.Event().wait(0.001)
        slow.go.set()
        return [future.result(10) for future in (first, *others)]


@pytest.mark.parametrize("most_at_once", [1, 4, 64])
def test_everybody_gets_his_own_answer(most_at_once: int) -> None:
    slow = Slow()
    together = OneForAll(slow.double, most_at_once=most_at_once)

    assert ask_all(slow, together, range(40)) == [2 * number for number in range(40)]
    assert slow.calls[0] == [0]
    assert len(slow.calls) == 1 + -(-39 // most_at_once)


def test_a_failure_is_told_to_those_that_it_was_for() -> None:
    slow = Slow()
    together = OneForAll(slow.double, most_at_once=64)

    assert ask_all(slow, together, [1, 1300, 2]) == [2, "thirteen", "thirteen"]
    assert together.ask(5) == 10
