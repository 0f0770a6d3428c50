"""What follows from a probe's lines."""

from hypothesis import given
from hypothesis import strategies as st

from ndcops.lab.probe.log import Attempt, line, parse, report

attempts = st.builds(
    Attempt,
    at_ms=st.integers(0, 10**6),
    sequence=st.integers(1, 10**6),
    address=st.sampled_from(["", "198.18.7.11", "198.18.7.12"]),
    took_ms=st.just(1.5),
) | st.builds(
    Attempt,
    at_ms=st.integers(0, 10**6),
    sequence=st.integers(1, 10**6),
    address=st.just(""),
    problem=st.text(min_size=1),
)


@given(st.lists(attempts), st.binary())
def test_every_whole_line_is_read_again_and_half_a_line_is_none(found: list[Attempt], rest: bytes) -> None:
    text = b"".join(line(each) for each in found)
    assert parse(text + line(Attempt(1, 1, "x"))[:-1]) == found
    assert parse(text) == found


def ok(at_ms: int, sequence: int = 0, address: str = "a") -> Attempt:
    return Attempt(at_ms, sequence or at_ms, address, took_ms=1.0)


def failed(at_ms: int) -> Attempt:
    return Attempt(at_ms, at_ms, "a", problem="refused")


def test_an_outage_is_the_longest_time_without_a_confirmed_write() -> None:
    seen = report([ok(100), ok(110), failed(120), failed(900), ok(1110), ok(1120)], since_ms=None, until_ms=1125)
    assert (seen.outage_ms, seen.outage_began_ms) == (1000, 110)
    assert seen.confirmed == (100, 110, 1110, 1120)
    assert seen.failed == 2
    assert seen.problem == ""


def test_an_outage_that_goes_on_counts_until_now() -> None:
    seen = report([ok(100), failed(150)], since_ms=None, until_ms=5100)
    assert seen.outage_ms == 5000
    assert seen.problem == "refused"


def test_what_was_over_before_the_span_does_not_count() -> None:
    seen = report([ok(100), ok(8000), ok(8890), ok(9000)], since_ms=8900, until_ms=9010)
    assert (seen.outage_ms, seen.outage_began_ms) == (110, 8890)
    assert seen.confirmed == (9000,)


def test_an_outage_under_way_when_the_span_begins_counts_whole() -> None:
    """Found on the lab: a site was dead for 42 s and the report of its evacuation told 10 s, since the claim."""
    seen = report([ok(100), failed(200), failed(8950), ok(9000)], since_ms=8900, until_ms=9010)
    assert (seen.outage_ms, seen.outage_began_ms) == (8900, 100)


def test_a_probe_that_saw_nothing_says_so() -> None:
    seen = report([], since_ms=None, until_ms=100)
    assert (seen.confirmed, seen.outage_ms, seen.last_ok_ms) == ((), 0, None)
    assert report([], since_ms=0, until_ms=100).outage_ms == 100


def test_sides_that_take_turns_are_seen() -> None:
    once = [ok(1, address="a"), ok(2, address="a"), ok(3, address="b")]
    assert report(once, since_ms=None, until_ms=3).turns == ("a", "b")
    twice = [*once, ok(4, address="a")]
    assert report(twice, since_ms=None, until_ms=4).turns == ("a", "b", "a")


@given(st.lists(attempts, min_size=1))
def test_an_outage_is_never_longer_than_its_span(found: list[Attempt]) -> None:
    until_ms = max(each.at_ms for each in found)
    seen = report(found, since_ms=None, until_ms=until_ms)
    assert 0 <= seen.outage_ms <= until_ms - min(each.at_ms for each in found)
    assert len(seen.confirmed) + seen.failed == len(found)
