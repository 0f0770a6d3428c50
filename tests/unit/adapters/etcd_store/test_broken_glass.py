"""When the glass may be broken: whose signatures count, and what the members must say."""

from datetime import UTC, datetime

import pytest

from ndcops.adapters.etcd_store.broken_glass import member_problems, signature_problems, signed_bytes
from ndcops.adapters.etcd_store.client import CUT_OFF
from ndcops.model.failover import BreakGlass, MemberState, Signature

SIGNERS = {"Lan": "key-1", "Minh": "key-2", "Lan at home": "key-1"}
ORDER = BreakGlass(
    run="r", reason="both sites burn", dead_members=("ndc1", "ndc2"), time=datetime(2026, 1, 31, tzinfo=UTC)
)


def _signed(*given: tuple[str, str, str]) -> BreakGlass:
    signatures = tuple(Signature(actor=actor, public_key=key, signature=value) for actor, key, value in given)
    return ORDER.model_copy(update={"signatures": signatures})


def _valid(key: str, data: bytes, signature: str) -> bool:
    return data == signed_bytes(ORDER) and signature == f"by {key}"


LAN, MINH = ("Lan", "key-1", "by key-1"), ("Minh", "key-2", "by key-2")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([LAN, MINH], []),
        ([LAN], ["1 of 2 signatures hold"]),
        ([LAN, LAN], ["1 of 2 signatures hold"]),
        ([LAN, ("Lan at home", "key-1", "by key-1")], ["1 of 2 signatures hold"]),
        ([LAN, ("Minh", "key-3", "by key-3")], ["Minh: not among those who may sign", "1 of 2"]),
        ([LAN, ("Hoa", "key-2", "by key-2")], ["Hoa: not among those who may sign", "1 of 2"]),
        ([LAN, ("Minh", "key-2", "by key-1")], ["Minh: the signature is not over this order", "1 of 2"]),
        ([], ["0 of 2 signatures hold"]),
    ],
)
def test_two_people_with_two_keys_sign(given: list[tuple[str, str, str]], expected: list[str]) -> None:
    problems = signature_problems(_signed(*given), SIGNERS, _valid)
    assert len(problems) == len(expected)
    assert all(problem.startswith(start) for problem, start in zip(problems, expected, strict=True))


def test_a_signature_over_another_order_counts_for_nothing() -> None:
    other = _signed(LAN, MINH).model_copy(update={"dead_members": ("ndc1", "ndc3")})
    assert len(signature_problems(other, SIGNERS, _valid)) == 3


def _member(site: str, state: str) -> MemberState:
    problem = {"alive": "", "cut off": CUT_OFF, "silent": "connection refused"}[state]
    return MemberState(site=site, endpoint=f"https://{site}:1", answers=not problem, problem=problem)


@pytest.mark.parametrize(
    ("states", "problems"),
    [
        (("silent", "silent", "cut off"), 0),
        (("silent", "silent", "alive"), 0),
        (("alive", "silent", "cut off"), 1),
        (("cut off", "silent", "cut off"), 1),
        (("silent", "silent", "silent"), 1),
        (("alive", "alive", "silent"), 3),
    ],
)
def test_members_must_be_as_the_order_says(states: tuple[str, str, str], problems: int) -> None:
    members = [_member(site, state) for site, state in zip(("ndc1", "ndc2", "ndc3"), states, strict=True)]
    assert len(member_problems(ORDER, members)) == problems


def test_a_member_that_there_is_not() -> None:
    members = [_member("ndc1", "silent"), _member("ndc3", "cut off")]
    assert member_problems(ORDER, members) == ["ndc2 has no member of the store"]
