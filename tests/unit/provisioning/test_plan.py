"""Plans of stacks: which clusters are refused, which stacks must change, in which order."""

from typing import Any

import pytest

from ndcops.model.errors import Refused
from ndcops.model.stack_changes import ObjectChange, ObjectRef, Operation, StackChanges, StackId
from ndcops.model.stack_input import MovedObject
from ndcops.model.target import TargetKind
from ndcops.provisioning.plan import (
    ClusterFacts,
    ProvisioningFacts,
    StackFacts,
    check_clusters,
    is_failovers,
    plan_change,
    plan_destroy,
)
from ndcops.provisioning.steps import decode_change, decode_destroy
from ndcops.workflow.plan import plan_from_document
from tests.unit.provisioning.samples import cluster, stack, uid_of

LAYERS = ("network", "storage", "compute")
CREATION = ObjectChange(urn="urn:x", type="kubernetes:core/v1:Namespace", operation=Operation.CREATE)


def right(site: str = "ndc1") -> ClusterFacts:
    return ClusterFacts(cluster=cluster(site), live_uid=uid_of(site))


def changed(which: StackId | None = None) -> StackChanges:
    return StackChanges(stack=which or stack(), changes=(CREATION,))


def facts_of(*stacks: StackFacts, clusters: tuple[ClusterFacts, ...] = (right(),)) -> ProvisioningFacts:
    return ProvisioningFacts(target=TargetKind.LAB, clusters=clusters, stacks=stacks)


def applied(layer: str = "network", site: str = "ndc1", **more: Any) -> StackFacts:
    which = stack(layer, site)
    fields = {"object_count": 3, "preview": StackChanges(stack=which), "fingerprint": f"sha-of-{which}", **more}
    return StackFacts(stack=which, **fields)


UNKNOWN = ClusterFacts(cluster=cluster(), live_uid=None, problem="connection refused")
UNPINNED = ClusterFacts(cluster=cluster(uid=None), live_uid="uid-of-ndc1")
ANOTHER = ClusterFacts(cluster=cluster(), live_uid="uid-of-someone")


@pytest.mark.parametrize("target", list(TargetKind))
@pytest.mark.parametrize(
    ("facts", "reason", "resolution"),
    [
        (UNKNOWN, "ndc1 (context lab-ndc1): its identity is unknown: connection refused", "ndcops doctor"),
        (
            UNPINNED,
            "ndc1 (context lab-ndc1): no UID is pinned for {target}; the cluster says uid-of-ndc1",
            "if this is the right cluster, pin it: kubernetes.uid: uid-of-ndc1 in inventory/sites/ndc1.yaml",
        ),
        (
            ANOTHER,
            "ndc1 (context lab-ndc1): another cluster answers: UID uid-of-someone, pinned is uid-of-ndc1",
            "ndcops doctor",
        ),
    ],
)
def test_no_plan_is_made_for_a_cluster_that_is_not_proven(
    target: TargetKind, facts: ClusterFacts, reason: str, resolution: str
) -> None:
    with pytest.raises(Refused, match="1 of 2 clusters may not be written to") as caught:
        check_clusters(target, [right("ndc2"), facts])
    assert caught.value.details == (reason.format(target=target),)
    assert caught.value.resolution == resolution
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("facts", [UNKNOWN, UNPINNED, ANOTHER])
def test_no_kind_of_plan_passes_by_the_check(facts: ClusterFacts) -> None:
    world = facts_of(applied(object_count=None), clusters=(facts,))
    for make in (lambda: plan_change(world, refresh=False), lambda: plan_change(world, refresh=True)):
        with pytest.raises(Refused):
            make()
    with pytest.raises(Refused):
        plan_destroy(world)


def test_all_reasons_are_given_at_once() -> None:
    with pytest.raises(Refused, match="3 of 3") as caught:
        check_clusters(TargetKind.PRODUCTION, [UNKNOWN, UNPINNED, ANOTHER])
    assert len(caught.value.details) == 3


@pytest.mark.parametrize(
    ("facts", "must"),
    [
        (applied(), False),
        (applied(preview=None), True),
        (applied(preview=changed()), True),
        (applied(pending=("urn:x",)), True),
        (applied(object_count=None), True),
        (applied(object_count=0), True),
    ],
)
def test_a_stack_must_change_when_anything_is_not_as_declared(facts: StackFacts, must: bool) -> None:
    assert facts.must_change is must
    assert bool(plan_change(facts_of(facts), refresh=False).steps) is must


def needs_of(steps: tuple[Any, ...]) -> dict[str, tuple[str, ...]]:
    return {step.key: step.needs for step in steps}


def test_layers_go_up_in_order_and_sites_side_by_side() -> None:
    world = facts_of(
        *(applied(layer, site, preview=None) for site in ("ndc2", "ndc1") for layer in reversed(LAYERS)),
        clusters=(right(), right("ndc2")),
    )
    plan = plan_change(world, refresh=False)
    assert needs_of(plan.steps) == {
        "network/ndc1": (),
        "network/ndc2": (),
        "storage/ndc1": ("network/ndc1",),
        "storage/ndc2": ("network/ndc2",),
        "compute/ndc1": ("network/ndc1", "storage/ndc1"),
        "compute/ndc2": ("network/ndc2", "storage/ndc2"),
    }
    assert list(needs_of(plan.steps)) == [step.key for step in plan.steps]


def test_layers_go_down_in_reverse_order() -> None:
    plan = plan_destroy(facts_of(*(applied(layer) for layer in LAYERS)))
    assert list(needs_of(plan.steps).items()) == [
        ("compute/ndc1", ()),
        ("storage/ndc1", ("compute/ndc1",)),
        ("network/ndc1", ("compute/ndc1", "storage/ndc1")),
    ]


def test_what_need_not_change_is_no_need_of_another() -> None:
    plan = plan_change(
        facts_of(applied("network"), applied("storage", preview=None), applied("compute", preview=None)),
        refresh=False,
    )
    assert needs_of(plan.steps) == {"storage/ndc1": (), "compute/ndc1": ("storage/ndc1",)}


@pytest.mark.parametrize(
    ("facts", "destroyed"),
    [
        (applied(), True),
        (applied(object_count=None), False),
        (applied(object_count=0), False),
        (applied(object_count=0, pending=("urn:x",)), True),
    ],
)
def test_only_what_holds_something_is_destroyed(facts: StackFacts, destroyed: bool) -> None:
    assert bool(plan_destroy(facts_of(facts)).steps) is destroyed


def test_a_plan_is_bound_to_states_and_clusters() -> None:
    plan = plan_change(facts_of(applied(preview=None)), refresh=False)
    assert plan.facts == {"cluster ndc1": "uid-of-ndc1", "state network/ndc1": "sha-of-network/ndc1"}
    other = plan_change(facts_of(applied(preview=None, fingerprint="another")), refresh=False)
    assert plan.digest() != other.digest()


@pytest.mark.parametrize(
    ("refresh", "title", "verb"), [(False, "stack up", "apply"), (True, "stack repair", "repair")]
)
def test_a_plan_says_what_it_does(refresh: bool, title: str, verb: str) -> None:
    plan = plan_change(facts_of(applied(preview=None)), refresh=refresh)
    assert (plan.title, plan.target) == (title, "lab")
    assert [step.describe() for step in plan.steps] == [f"{verb} network/ndc1"]


def test_plans_come_back_from_the_journal() -> None:
    world = facts_of(*(applied(layer, preview=None) for layer in LAYERS))
    decoders = {"stack/change/1": decode_change, "stack/destroy/1": decode_destroy}
    for plan in (plan_change(world, refresh=True), plan_destroy(world)):
        assert plan_from_document(plan.document(), decoders) == plan


@pytest.mark.parametrize(
    ("operation", "paths", "is_its"),
    [
        (Operation.UPDATE, ("spec.replicas",), True),
        (Operation.UPDATE, ("spec.replicas", "spec.template.spec"), False),
        (Operation.UPDATE, ("spec.replicasets",), False),
        (Operation.UPDATE, (), False),
        (Operation.DELETE, ("spec.replicas",), False),
    ],
)
def test_where_a_service_was_moved_is_no_drift(operation: Operation, paths: tuple[str, ...], is_its: bool) -> None:
    ref = ObjectRef(api_version="apps/v1", kind="Deployment", namespace="ndc-data", name="web")
    change = ObjectChange(urn="u", type="t", operation=operation, object=ref, paths=paths)
    moved = MovedObject(kind="Deployment", namespace="ndc-data", name="web", spec={"replicas": 0})

    assert is_failovers(change, (moved,)) == is_its
    assert not is_failovers(change, ())
    assert not is_failovers(change, (moved.model_copy(update={"name": "api"}),))


def test_landing_zones_come_after_their_site_s_layers_and_go_before_them() -> None:
    zones = [
        StackFacts(stack=StackId(layer="agency", site="ndc1", agency=name), fingerprint="f", object_count=3)
        for name in ("y", "x")
    ]
    world = facts_of(applied("compute", preview=None), *zones)
    up, down = plan_change(world, refresh=False), plan_destroy(world)
    assert needs_of(up.steps) == {
        "compute/ndc1": (),
        "agency/ndc1/x": ("compute/ndc1",),
        "agency/ndc1/y": ("compute/ndc1",),
    }
    assert needs_of(down.steps)["compute/ndc1"] == ("agency/ndc1/x", "agency/ndc1/y")
    decoders = {"stack/change/1": decode_change, "stack/destroy/1": decode_destroy}
    assert [plan_from_document(plan.document(), decoders) for plan in (up, down)] == [up, down]
