"""What a member's answer means for lag and role."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.adapters.patroni_clusters.keys import ClusterKeys, database_state
from ndcops.adapters.patroni_clusters.members import MemberAnswer, member_answer
from ndcops.adapters.patroni_clusters.store import StoredValue

PRIMARY = {"state": "running", "role": "primary", "xlog": {"location": 900}, "timeline": 3}
STANDBY = {
    "state": "running",
    "role": "replica",
    "xlog": {"received_location": 900, "replayed_location": 700},
    "timeline": 3,
    "replication_state": "streaming",
}


def test_a_primary_is_where_it_writes_and_a_standby_where_it_has_replayed() -> None:
    assert member_answer(PRIMARY, 5) == MemberAnswer(True, "running", 3, 900, 5)
    assert member_answer(STANDBY, None) == MemberAnswer(False, "streaming", 3, 700, None)
    assert member_answer({"state": "starting", "role": "replica"}, None).position is None


@given(st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()))
def test_anything_else_is_no_answer(document: object) -> None:
    if isinstance(document, dict) and "state" in document:
        return
    with pytest.raises(ValueError, match="not what Patroni"):
        member_answer(document, None)


@pytest.mark.parametrize(
    ("optime", "primary", "lag"),
    [(500, 900, 200), (5000, None, 4300), (0, None, None), (300, None, 0)],
)
def test_lag_is_behind_the_furthest_that_is_known_and_unknown_without_one(
    optime: int, primary: int | None, lag: int | None
) -> None:
    found = {
        "/p/config": StoredValue("{}", 1),
        "/p/leader": StoredValue("a", 1),
        "/p/status": StoredValue(f'{{"optime": {optime}}}', 1),
        "/p/members/a": StoredValue('{"tags": {"site": "ndc1"}}', 1),
        "/p/members/b": StoredValue('{"tags": {"site": "ndc2"}}', 1),
    }
    answers = {"b": member_answer(STANDBY, None)}
    if primary is not None:
        answers["a"] = member_answer(PRIMARY | {"xlog": {"location": primary}}, None)
    state = database_state("one", ClusterKeys("/p/", found), answers, 0)
    standby = state.member("b")
    assert standby is not None
    assert (standby.lag_bytes, standby.role, standby.state) == (lag, "replica", "streaming")
    assert (state.ttl_s, state.loop_wait_s, state.synchronous) == (30, 10, False)


def test_a_primary_that_does_not_hold_the_leader_key_is_no_replica() -> None:
    found = {"/p/config": StoredValue("{}", 1), "/p/members/a": StoredValue('{"tags": {"site": "ndc1"}}', 1)}
    state = database_state("one", ClusterKeys("/p/", found), {"a": member_answer(PRIMARY, None)}, 0)
    assert [member.role for member in state.members] == ["unknown"]
