from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit import pod_shape
from ndcops.capacity.plan.fit.pod_shape import HostPort
from ndcops.capacity.plan.fit.residents import Residents
from ndcops.capacity.plan.fit.selectors import Selector, equal_to
from tests.unit.capacity.builders import QUICKLY, container, pod
from tests.unit.capacity.fit.builders import using

WEB = pod_shape(pod(labels={"app": "web"}))
APP = equal_to({"app": "web"})


def standing(residents: Residents, selector: Selector = APP) -> list[int]:
    return [int(count) for count in residents.matching("shop", selector)]


def test_pods_are_counted_by_namespace_and_label() -> None:
    residents = Residents(3)
    residents.add(WEB, 0, 2)
    residents.add(WEB, 2)
    residents.add(pod_shape(pod(labels={"app": "web"}, namespace="bank")), 1)
    residents.add(pod_shape(pod(labels={"app": "db"})), 1)
    assert standing(residents) == [2, 0, 1]
    assert standing(residents, equal_to({"app": "db"})) == [0, 1, 0]
    assert residents.matching("nowhere", APP).tolist() == [0, 0, 0]


def test_terminating_pods_hold_room_but_do_not_match() -> None:
    written = pod(labels={"app": "web"})
    written["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    residents = Residents(1)
    residents.add(pod_shape(written), 0)
    assert standing(residents) == [0]
    assert residents.vector(residents.groups()).tolist() == [1]


def test_an_overlay_takes_pods_of_the_base_away_and_leaves_the_base() -> None:
    base = Residents(2)
    base.add(WEB, 0, 3)
    over = Residents(2, base=base)
    over.add(WEB, 0, -2)
    over.add(WEB, 1, 1)
    further = Residents(2, base=over)
    further.add(WEB, 0, -1)
    assert standing(base) == [3, 0]
    assert standing(over) == [1, 1]
    assert standing(further) == [0, 1]


def test_what_was_asked_before_an_addition_is_not_remembered_after_it() -> None:
    residents = Residents(1)
    residents.add(WEB, 0)
    assert standing(residents) == [1]
    residents.add(WEB, 0)
    assert standing(residents) == [2]
    residents.add(WEB, 0, -2)
    assert standing(residents) == [0]


def test_users_of_a_claim_are_counted_through_all_layers() -> None:
    user = pod_shape(pod(volumes=using("data")))
    base = Residents(2)
    base.add(user, 0, 2)
    over = Residents(2, base=base)
    over.add(user, 0, -1)
    assert (base.users_of("shop", "data"), over.users_of("shop", "data")) == (2, 1)
    assert over.users_of("bank", "data") == 0


def test_groups_are_found_by_port_namespace_and_anti_affinity() -> None:
    port = HostPort("0.0.0.0", "TCP", 80)
    term = {"topologyKey": "rack", "labelSelector": {}, "namespaceSelector": {}}
    far = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    shape = pod_shape(pod(containers=[container(ports=[{"hostPort": 80}])], affinity=far))
    base = Residents(1)
    base.add(shape, 0)
    over = Residents(1, base=base)
    over.add(WEB, 0)
    assert [group.shape for _, group in over.with_port(port)] == [shape]
    assert not list(over.with_port(HostPort("0.0.0.0", "UDP", 80)))
    assert [group.shape for group in over.repelling("anywhere")] == [shape]
    assert {group.shape for group in over.in_namespaces(None)} == {shape, WEB}
    assert not list(over.in_namespaces(["bank"]))


MOVES = st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 3)), max_size=8)


@QUICKLY
@given(MOVES, MOVES)
def test_layers_add_up(below: list[tuple[int, int]], above: list[tuple[int, int]]) -> None:
    base = Residents(3)
    for at, count in below:
        base.add(WEB, at, count)
    over = Residents(3, base=base)
    for at, count in above:
        over.add(WEB, at, count)
    expected = [sum(count for node, count in below + above if node == at) for at in range(3)]
    assert standing(over) == expected
    assert standing(base) == [sum(count for node, count in below if node == at) for at in range(3)]
