"""What steps are promised to take: measured in like circumstances, else assumed from what is known now."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.failover.plan.durations import Circumstances, Duration, durations_of
from ndcops.failover.plan.facts import PastDuration
from ndcops.failover.steps import LowerTtl, MoveNames, ServiceStep, TakeLeader, WarmWorkloads
from ndcops.model.failover import DatabaseMember, DatabaseState

NAMES = MoveNames("ident", (), ("ns",), ("10.0.1.1",), "10.0.2.1", 5)
TAKE = TakeLeader("ident", (), "ndc1", "ndc2", False)


def past(taken_ms: Sequence[int], *, after_loss: bool = False) -> list[PastDuration]:
    return [PastDuration(kind=NAMES.kind, took_ms=each, after_loss=after_loss) for each in taken_ms]


def of(step: ServiceStep, given: Circumstances) -> Duration:
    return durations_of([step], given)[step.key]


def led_from(site: str, left_s: int | None = None) -> DatabaseState:
    members = tuple(
        DatabaseMember(name=f"db-{s}", site=s, role="replica", state="running") for s in ("ndc1", "ndc2", "ndc3")
    )
    leader = f"db-{site}" if site else ""
    return DatabaseState(
        service="ident",
        members=members,
        leader=leader,
        synchronous=True,
        ttl_s=20,
        loop_wait_s=5,
        leader_left_s=left_s,
    )


def test_five_runs_count_and_four_do_not() -> None:
    assert of(NAMES, Circumstances(past=past([100] * 4))).measured == 0
    found = of(NAMES, Circumstances(past=past([90, 110, 100, 95, 105])))
    assert (found.measured, found.mean_s) == (5, pytest.approx(0.1))


def test_few_runs_promise_less_than_their_own_spread() -> None:
    """Student's t for four degrees of freedom is 2.132, the mean of five has a fifth of the variance."""
    found = of(NAMES, Circumstances(past=past([90, 110, 100, 95, 105])))
    assert found.sd_s == pytest.approx(0.0079057 * (6 / 5) ** 0.5 * 2.132 / 1.6449, rel=0.01)


def test_after_a_loss_other_measurements_count() -> None:
    given = past([100] * 5) + past([900] * 5, after_loss=True)
    assert of(NAMES, Circumstances(past=given)).mean_s == pytest.approx(0.1)
    assert of(NAMES, Circumstances(past=given, lost=frozenset({"ident"}))).mean_s == pytest.approx(0.9)


def test_what_waits_by_declaration_says_so() -> None:
    lower = LowerTtl("ident", (), ("ns",), "10.0.1.1", 60, 5)
    assert of(lower, Circumstances()).mean_s > 60


@pytest.mark.parametrize(
    ("leader", "left_s", "least_s", "most_s"),
    [("ndc2", 20, 0, 1), ("", None, 0, 3), ("ndc1", None, 6, 20), ("ndc1", 15, 10, 16), ("ndc1", 1, 0, 3)],
)
def test_a_leader_key_is_waited_for_as_long_as_it_lives(
    leader: str, left_s: int | None, least_s: float, most_s: float
) -> None:
    """Whatever other losses took: this key's lease tells."""
    other_losses = [PastDuration(kind=TAKE.kind, took_ms=100_000, after_loss=True)] * 5
    databases = {"ident": led_from(leader, left_s)}
    found = of(TAKE, Circumstances(past=other_losses, lost=frozenset({"ident"}), databases=databases))
    assert least_s < found.mean_s < most_s


def test_played_pods_are_quicker_than_real_ones() -> None:
    warm = WarmWorkloads("ident", (), "ndc2", (("web", 2),))
    assert of(warm, Circumstances(plays_pods=True)).mean_s < 5 < of(warm, Circumstances()).mean_s


@given(st.lists(st.integers(0, 10_000_000), max_size=30), st.booleans())
def test_no_duration_is_negative_or_without_end(taken_ms: list[int], after_loss: bool) -> None:
    found = of(NAMES, Circumstances(past=past(taken_ms, after_loss=after_loss), lost=frozenset({"ident"})))
    assert 0 <= found.mean_s <= 10_000
    assert 0 <= found.sd_s < float("inf")
