"""The runner: order, journal, failures, Ctrl-C, resuming after a kill at any record, undo."""

import threading

import pytest

from ndcops.model.errors import Interrupted, NdcopsError, PartlyApplied, Refused
from ndcops.workflow.journal import has_ended
from tests.fakes.journal import MemoryJournal
from tests.unit.workflow.samples import Bench, Burn, Note, World, plan_of

CHAIN = (Note("a"), Note("b", ("a",)), Note("c", ("b",)))
TREE = (Note("a"), Note("b", ("a",)), Note("x"), Note("y", ("x",)))


def test_every_step_is_journaled_before_and_after() -> None:
    bench = Bench()
    result = bench.runner.run(plan_of(*CHAIN))
    assert bench.world.did == ["a", "b", "c"]
    assert bench.journal.lines() == [
        "run/planned",
        *(line for key in "abc" for line in (f"step/begun {key}", f"step/done {key}")),
        "run/ended",
    ]
    assert bench.journal.records()[0].body["digest"] == plan_of(*CHAIN).digest()
    assert result.evidence == {key: {"noted": key} for key in "abc"}
    assert has_ended(bench.journal.records())


def test_the_journal_knows_a_step_before_its_effect() -> None:
    bench = Bench()
    seen: list[list[str]] = []
    bench.world.inside = lambda key: seen.append(bench.journal.lines())
    bench.runner.run(plan_of(Note("a")))
    assert seen == [["run/planned", "step/begun a"]]


def test_independent_steps_run_side_by_side() -> None:
    bench = Bench()
    meeting = threading.Barrier(3)
    bench.world.inside = lambda key: meeting.wait(timeout=10) and None
    bench.runner.run(plan_of(Note("a"), Note("b"), Note("c")))
    assert bench.world.most == 3


@pytest.mark.parametrize("width", [1, 2])
def test_no_more_steps_than_the_width_run_at_once(width: int) -> None:
    bench = Bench(width=width)
    bench.runner.run(plan_of(*(Note(key) for key in "abcdef")))
    assert bench.world.most <= width
    assert sorted(bench.world.did) == list("abcdef")


def test_a_failure_blocks_its_dependents_only() -> None:
    bench = Bench()
    bench.world.failures["a"] = NdcopsError("a broke", details=["a screw"], resolution="mend a")
    with pytest.raises(PartlyApplied, match="1 of 4 steps failed, 2 done") as caught:
        bench.runner.run(plan_of(*TREE))
    assert bench.world.did == ["x", "y"]
    assert caught.value.details == ("a: a broke", "a: a screw")
    assert caught.value.resolution == "mend a"
    assert bench.states("a") == ["running", "failed"]
    assert bench.states("b") == ["blocked"]
    assert bench.states("y") == ["running", "done"]
    assert "step/failed a" in bench.journal.lines()
    assert bench.journal.records()[-1].body == {"result": "failed"}


def test_a_single_step_fails_with_its_own_error() -> None:
    bench = Bench()
    bench.world.failures["a"] = Refused("a is stale")
    with pytest.raises(Refused, match="a is stale"):
        bench.runner.run(plan_of(Note("a")))


def test_when_every_beginning_is_refused_the_run_is_refused() -> None:
    bench = Bench()
    for key in "ax":
        bench.world.failures[key] = Refused(f"{key} is held", details=["by another"], resolution="wait")
    with pytest.raises(Refused, match="nothing was changed") as caught:
        bench.runner.run(plan_of(*TREE))
    assert set(caught.value.details) == {"a: a is held", "a: by another", "x: x is held", "x: by another"}
    assert caught.value.resolution == "wait"
    assert bench.world.did == []


def test_refused_and_failed_together_are_partly_applied() -> None:
    bench = Bench()
    bench.world.failures.update(a=Refused("held"), x=NdcopsError("broke"))
    with pytest.raises(PartlyApplied, match="2 of 4 steps failed, 0 done"):
        bench.runner.run(plan_of(*TREE))


def test_a_bug_in_a_step_is_not_dressed_up() -> None:
    bench = Bench(width=1)
    bench.world.failures["a"] = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        bench.runner.run(plan_of(*TREE))
    assert bench.world.did == []
    assert bench.journal.lines()[-2:] == ["step/failed a", "run/ended"]


def test_stopping_lets_the_step_in_hand_finish_and_begins_no_other() -> None:
    bench = Bench()
    bench.world.inside = lambda key: bench.stop.set()
    with pytest.raises(Interrupted, match="stopped with 1 of 3 steps done") as caught:
        bench.runner.run(plan_of(*CHAIN))
    assert caught.value.exit_code == 130
    assert bench.world.did == ["a"]
    assert bench.journal.records()[-1].body == {"result": "stopped"}


def test_a_stop_after_the_last_step_is_no_interruption() -> None:
    bench = Bench()
    bench.world.inside = lambda key: bench.stop.set()
    assert bench.runner.run(plan_of(Note("a"))).evidence == {"a": {"noted": "a"}}


def test_a_step_that_is_stopped_half_way_is_an_interruption() -> None:
    bench = Bench()

    def stopped(key: str) -> None:
        bench.stop.set()
        raise Interrupted("engine stopped")

    bench.world.inside = stopped
    with pytest.raises(Interrupted, match="0 of 3"):
        bench.runner.run(plan_of(*CHAIN))


def _complete_journal() -> MemoryJournal:
    bench = Bench(width=1)
    bench.runner.run(plan_of(*TREE))
    return bench.journal


@pytest.mark.parametrize("records_kept", range(len(_complete_journal().records()) + 1))
def test_a_run_killed_after_any_record_resumes_with_at_most_the_step_in_hand(records_kept: int) -> None:
    kept = _complete_journal().records()[:records_kept]
    done = [record.body["key"] for record in kept if record.kind == "step/done"]
    bench = Bench(journal=MemoryJournal(kept))
    result = bench.runner.run(plan_of(*TREE))
    assert sorted(bench.world.did) == sorted(set("abxy") - set(done))
    assert set(result.evidence) == set("abxy")
    assert bench.journal.lines().count("run/planned") == 1


def test_a_failed_run_resumes_with_the_failed_step() -> None:
    bench = Bench()
    bench.world.failures["b"] = NdcopsError("b broke")
    with pytest.raises(PartlyApplied):
        bench.runner.run(plan_of(*CHAIN))
    bench.world.failures.clear()
    bench.runner.run(plan_of(*CHAIN))
    assert bench.world.did == ["a", "b", "c"]


def test_undo_goes_backwards_through_what_was_done() -> None:
    bench = Bench()
    bench.runner.run(plan_of(*CHAIN))
    assert bench.runner.undo(plan_of(*CHAIN)) == ("c", "b", "a")
    assert bench.world.did[3:] == ["undo c", "undo b", "undo a"]
    assert bench.states("a")[-1] == "undone"
    assert bench.runner.undo(plan_of(*CHAIN)) == ()


def test_undo_leaves_alone_what_was_never_done() -> None:
    bench = Bench()
    bench.world.failures["b"] = NdcopsError("b broke")
    with pytest.raises(PartlyApplied):
        bench.runner.run(plan_of(*CHAIN))
    assert bench.runner.undo(plan_of(*CHAIN)) == ("a",)


def test_undo_stops_at_what_is_irreversible() -> None:
    plan = plan_of(Note("a"), Burn("b", ("a",)), Note("c", ("b",)))
    bench = Bench()
    bench.runner.run(plan)
    with pytest.raises(NdcopsError, match="b cannot be undone: ashes stay ashes"):
        bench.runner.undo(plan)
    assert bench.world.did[3:] == ["undo c"]


def test_what_was_undone_is_done_again_and_counted_once() -> None:
    bench = Bench(width=1)
    bench.runner.run(plan_of(*CHAIN))
    bench.runner.undo(plan_of(*CHAIN))
    bench.world.did.clear()
    bench.world.failures["b"] = NdcopsError("b broke")
    with pytest.raises(PartlyApplied, match="1 of 3 steps failed, 1 done"):
        bench.runner.run(plan_of(*CHAIN))
    assert bench.world.did == ["a"]


def test_progress_lines_carry_the_step() -> None:
    bench = Bench()
    bench.runner.run(plan_of(Note("a")))
    assert [(event.key, event.state, event.line) for event in bench.events] == [
        ("a", "running", ""),
        ("a", "running", "half way"),
        ("a", "done", ""),
    ]


class FullJournal(MemoryJournal):
    """A disk that has no room after some records."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def append(self, kind, body):  # type: ignore[no-untyped-def]
        if len(self.records()) >= self._room:
            raise NdcopsError("journal: cannot write: No space left on device")
        return super().append(kind, body)


@pytest.mark.parametrize(("room", "did"), [(0, []), (1, []), (2, ["a"]), (3, ["a"])])
def test_nothing_is_done_that_the_journal_cannot_hold(room: int, did: list[str]) -> None:
    bench = Bench(world=World(), journal=FullJournal(room))
    with pytest.raises(NdcopsError, match="No space left"):
        bench.runner.run(plan_of(*CHAIN))
    assert bench.world.did == did
