from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit import Cluster, Verdict, pod_shape
from ndcops.capacity.plan.placing import Placer, Taste
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import QUICKLY, cluster, container, demand, node, pod, pods_on

APPS = st.sampled_from(["web", "db"])
TAINTS = st.sampled_from([(), ({"key": "gpu", "effect": "NoSchedule"},)])
RACKS = st.sampled_from([{}, {"rack": "r1"}, {"rack": "r2"}])


def _nodes(facts: list[tuple[int, dict[str, str], tuple[JsonObject, ...], bool]]) -> list[JsonObject]:
    return [
        node(f"n{number}", str(cpu), "4Gi", 4, labels=labels, taints=taints, cordoned=cordoned)
        for number, (cpu, labels, taints, cordoned) in enumerate(facts)
    ]


NODES = st.lists(st.tuples(st.integers(1, 4), RACKS, TAINTS, st.booleans()), min_size=1, max_size=4).map(_nodes)


def term(app: str) -> JsonObject:
    return {"topologyKey": "rack", "labelSelector": {"matchLabels": {"app": app}}}


def _pod(app: str, other: str, cpu: int, wish: str) -> JsonObject:
    """A pod with one of the wishes that the filters know."""
    spread = {**term(app), "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    terms = {"requiredDuringSchedulingIgnoredDuringExecution": [term(other)]}
    spec: JsonObject = {
        "plain": {},
        "spread": {"topologySpreadConstraints": [spread]},
        "near": {"affinity": {"podAffinity": terms}},
        "far": {"affinity": {"podAntiAffinity": terms}},
        "tolerant": {"tolerations": [{"operator": "Exists"}]},
        "port": {"containers": [container(requests={"cpu": str(cpu)}, ports=[{"hostPort": 80}])]},
        "rack": {"nodeSelector": {"rack": "r1"}},
    }[wish]
    return pod(str(cpu), labels={"app": app}, **spec)


WISHES = st.sampled_from(["plain", "spread", "near", "far", "tolerant", "port", "rack"])
PODS = st.builds(_pod, APPS, APPS, st.integers(0, 3), WISHES)
STANDING = st.lists(st.tuples(PODS, st.integers(0, 3)), max_size=4)


def _cluster(nodes: list[JsonObject], standing: list[tuple[JsonObject, int]]) -> Cluster:
    found = cluster(*nodes)
    for written, number in standing:
        found.place(pod_shape(written), number % len(nodes))
    return found


def _answer(verdict: Verdict) -> tuple[object, ...]:
    return verdict.feasible_nodes, verdict.reasons, verdict.refused_by, verdict.message


@QUICKLY
@given(NODES, st.lists(st.tuples(PODS, st.integers(1, 6)), max_size=4), st.sampled_from(Taste))
def test_placing_never_exceeds_what_nodes_have(
    nodes: list[JsonObject], wanted: list[tuple[JsonObject, int]], taste: Taste
) -> None:
    placer = Placer(cluster(*nodes), taste, seed=1)
    placements = [placer.place(demand(template, count)) for template, count in wanted]
    state = placer.cluster.state
    assert (state.requested <= state.nodes.allocatable).all()
    assert (state.pods <= state.nodes.pod_slots).all()
    assert int(state.pods.sum()) == sum(each.placed for each in placements)
    assert all(sum(each.nodes.values()) == each.placed <= each.wanted for each in placements)


@QUICKLY
@given(NODES, STANDING, PODS)
def test_a_pod_that_fits_still_fits_beside_an_unrelated_node(
    nodes: list[JsonObject], standing: list[tuple[JsonObject, int]], wanted: JsonObject
) -> None:
    before = _cluster(nodes, standing).verdict(wanted)
    grown = cluster(*nodes, node("stranger", cordoned=True))
    for written, number in standing:
        grown.place(pod_shape(written), number % len(nodes))
    feasible = grown.verdict(wanted).feasible_nodes
    assert tuple(name for name in feasible if name != "stranger") == before.feasible_nodes


@QUICKLY
@given(NODES, STANDING, PODS, PODS, st.integers(0, 3))
def test_adding_and_removing_a_pod_restores_every_verdict(
    nodes: list[JsonObject], standing: list[tuple[JsonObject, int]], guest: JsonObject, wanted: JsonObject, at: int
) -> None:
    found = _cluster(nodes, standing)
    before = _answer(found.verdict(wanted))
    shape = pod_shape(guest)
    found.place(shape, at % len(nodes))
    found.place(shape, at % len(nodes), -1)
    assert _answer(found.verdict(wanted)) == before


@QUICKLY
@given(NODES, STANDING, PODS, PODS, st.integers(0, 3))
def test_a_copy_answers_as_a_cluster_made_anew_and_leaves_its_base(
    nodes: list[JsonObject], standing: list[tuple[JsonObject, int]], guest: JsonObject, wanted: JsonObject, at: int
) -> None:
    base = _cluster(nodes, standing)
    before, pods = _answer(base.verdict(wanted)), pods_on(base)
    what_if = base.copy()
    what_if.place(pod_shape(guest), at % len(nodes))
    anew = _cluster(nodes, [*standing, (guest, at)])
    assert _answer(what_if.verdict(wanted)) == _answer(anew.verdict(wanted))
    assert (_answer(base.verdict(wanted)), pods_on(base)) == (before, pods)


@QUICKLY
@given(NODES, STANDING, PODS)
def test_every_node_is_feasible_or_refused_by_one_plugin(
    nodes: list[JsonObject], standing: list[tuple[JsonObject, int]], wanted: JsonObject
) -> None:
    verdict = _cluster(nodes, standing).verdict(wanted)
    assert verdict.feasible + sum(verdict.refused_by.values()) == verdict.nodes == len(nodes)
    assert verdict.fits == (not verdict.message)
