"""A proof that pods find room must hold for every choice of nodes, the most spiteful one too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.capacity.plan.certainty import is_certain
from ndcops.capacity.plan.fit import Cluster, pod_shape
from ndcops.capacity.plan.placing import Placer
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, demand, node, pod

Wanted = list[tuple[JsonObject, int]]


def spread(app: str) -> JsonObject:
    rule = {"topologyKey": "rack", "labelSelector": {"matchLabels": {"app": app}}}
    return {"topologySpreadConstraints": [{**rule, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}]}


def racks(*cpus: str) -> Cluster:
    return cluster(*(node(f"n{at}", cpu, labels={"rack": f"r{at % 3}"}) for at, cpu in enumerate(cpus)))


def is_proved(base: Cluster, wanted: Wanted) -> bool:
    placer = Placer(base)
    whole = all(placer.place(demand(template, count)).is_whole for template, count in wanted)
    return whole and is_certain(base.state, placer.asked)


PORT = pod(containers=[{"name": "main", "ports": [{"hostPort": 80}]}])


@pytest.mark.parametrize(
    ("cpus", "wanted", "expected"),
    [
        (("8", "8", "8"), [(pod("1"), 3)], True),
        # Two pods of two cores block both nodes for one of four: whether they do is chance.
        (("4", "4"), [(pod("2"), 2), (pod("4"), 1)], False),
        (("4",) * 5, [(pod("2"), 2), (pod("4"), 1)], True),
        (("8", "8", "8"), [(pod("1", labels={"app": "a"}, **spread("a")), 3)], True),
        (("8", "8", "8"), [(pod("1", labels={"app": "a"}, **spread("a")), 4)], False),
        (("8", "8", "8"), [(PORT, 1)], False),
        (("8",), [], True),
    ],
    ids=[
        "ample",
        "by chance",
        "more nodes than pods",
        "a rack each",
        "more than racks",
        "not only room",
        "nothing",
    ],
)
def test_what_is_proved(cpus: tuple[str, ...], wanted: Wanted, expected: bool) -> None:
    assert is_proved(racks(*cpus), wanted) is expected


def test_pods_that_stand_and_count_for_the_spread_are_no_even_start() -> None:
    base = racks("8", "8", "8")
    wanted = pod("1", labels={"app": "a"}, **spread("a"))
    base.place(pod_shape(wanted), 0)
    assert not is_proved(base, [(wanted, 1)])


def test_pods_of_another_pool_take_nothing_away() -> None:
    base = cluster(node("a", "4", labels={"pool": "a"}), node("b", "64", "512Gi", 90, labels={"pool": "b"}))
    wanted = [(pod("2", nodeSelector={"pool": "a"}), 1), (pod("2", nodeSelector={"pool": "b"}), 20)]
    assert is_proved(base, wanted)


KINDS = st.sampled_from(["plain", "spread", "pool"])


def _wanted(at: int, kind: str, cpu: int, memory: int, count: int) -> tuple[JsonObject, int]:
    app = f"app-{at}"
    spec: JsonObject = {"plain": {}, "spread": spread(app), "pool": {"nodeSelector": {"rack": "r1"}}}[kind]
    return pod(f"{cpu}m", f"{memory}Mi", labels={"app": app}, **spec), count


DEMANDS = st.lists(st.tuples(KINDS, st.integers(1, 900), st.integers(1, 900), st.integers(1, 3)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=3, max_size=8), DEMANDS, st.integers(0, 2**32 - 1))
def test_what_is_proved_holds_in_any_order_and_for_any_choice(
    cpus: list[int], asked: list[tuple[str, int, int, int]], seed: int
) -> None:
    base = racks(*(str(cpu) for cpu in cpus))
    wanted = [_wanted(at, *each) for at, each in enumerate(asked)]
    if not is_proved(base, wanted):
        return
    chance = np.random.default_rng(seed)
    pods = [template for template, count in wanted for _ in range(count)]
    what_if = base.copy()
    for number in chance.permutation(len(pods)):
        shape = pod_shape(pods[number])
        feasible = np.flatnonzero(what_if.outcome(shape).feasible)
        assert feasible.size, "a proof that does not hold"
        # The node with least room left: what hurts those that come later most.
        room = (what_if.state.nodes.allocatable - what_if.state.requested)[feasible, 0]
        pick = feasible[np.argmin(room)] if chance.random() < 0.7 else chance.choice(feasible)
        what_if.place(shape, int(pick))
