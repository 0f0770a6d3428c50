"""What whoever looks at landing zones promises: the fake of the command line's tests, and a real API server."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ndcops.adapters.kubernetes_api import TenantObjects
from ndcops.adapters.pulumi_engine import EngineSettings, PulumiEngine
from ndcops.model.object_names import AGENCY_ROLE
from ndcops.model.stack_changes import StackId
from ndcops.model.target import ClusterRef, Target, TargetKind
from ndcops.model.tenancy import AccessQuestion, FoundBinding, Tenant
from ndcops.onboarding.plan.landing_zone import landing_zones
from ndcops.onboarding.plan.landing_zone.evidence import FoundZone, zone_values
from ndcops.onboarding.plan.landing_zone.matrix import cross_questions, foreign_bindings, own_questions
from ndcops.onboarding.ports.landing_zones import TenantClusters
from ndcops.toolchain.build import ensure_engine
from ndcops.toolchain.engines import PULUMI_VERSION
from tests.conftest import REPOSITORY, LabCluster
from tests.fakes.tenant_clusters import FakeZones
from tests.stacks.sample import stack_input
from tests.unit.onboarding.zone_samples import agency, facts

SITE, GROUP, NAMESPACE = "ndc1", "x-records-dba", "tenant-x-records"
ZONE = landing_zones(facts(agency())).zones[0]
TENANTS = [
    Tenant(agency="agency-x", groups=(GROUP,), namespaces=(NAMESPACE,)),
    Tenant(agency="agency-y", groups=("y-dba",), namespaces=()),
]


@dataclass(frozen=True)
class World:
    """One landing zone that stands, and a hand that binds a group in it."""

    clusters: TenantClusters
    bind: Callable[[str], object]


def _fake() -> World:
    fake = FakeZones()
    fake.apply(ZONE, "empty", lambda _: None)

    def bind(group: str) -> None:
        role = f"ClusterRole {AGENCY_ROLE}"
        leak = FoundBinding(namespace=NAMESPACE, name=f"by-hand-{group}", role=role, subjects=(f"Group {group}",))
        fake.extra.append((SITE, leak))

    return World(fake, bind)


def _kubectl(cluster: LabCluster, *words: str) -> None:
    program = str(ensure_engine("kube") / "kubectl")
    argv = [program, f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}", *words]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)


def _real(cluster: LabCluster, folder: Path) -> Iterator[World]:
    settings = EngineSettings(
        pulumi=ensure_engine("pulumi") / "pulumi",
        stacks_dir=REPOSITORY / "stacks",
        state_dir=folder,
        plugin_dir=REPOSITORY / "ndcops" / "provider" / "plugin",
    )
    engine, stack = PulumiEngine(settings, PULUMI_VERSION), StackId(layer="agency", site=SITE, agency="agency-x")
    reference = ClusterRef(site=SITE, kubeconfig=cluster.kubeconfig, context=cluster.context, uid=cluster.uid)
    access = {"kubeconfig": str(cluster.kubeconfig), "context": cluster.context, "cluster_uid": cluster.uid}
    given = stack_input(services=(), landing_zone=ZONE, **access)
    engine.apply(stack, given, lambda _: None)

    def bind(group: str) -> None:
        words = ("create", "rolebinding", f"by-hand-{group}", f"--clusterrole={AGENCY_ROLE}", f"--group={group}")
        _kubectl(cluster, *words, f"--namespace={NAMESPACE}")

    target = Target(kind=TargetKind.LAB, clusters=(reference,), state_dir=folder)
    try:
        yield World(TenantObjects(target), bind)
    finally:
        engine.destroy(stack, given, lambda _: None)


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.live)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if request.param == "fake":
        yield _fake()
        return
    yield from _real(request.getfixturevalue("lab_cluster"), tmp_path_factory.mktemp("zone"))


def allowed(world: World, questions: list[AccessQuestion]) -> list[str]:
    answers = world.clusters.allowed(SITE, questions)
    return [str(question) for question, answer in zip(questions, answers, strict=True) if answer]


def test_what_was_made_stands(world: World) -> None:
    found = world.clusters.found(SITE, NAMESPACE)
    values = zone_values([FoundZone(ZONE, ZONE.systems[0], found, ())])
    assert values["problems"] == []
    assert values["pod_security"] == "restricted"
    assert not world.clusters.found(SITE, "tenant-nobody").exists
    assert foreign_bindings(TENANTS, world.clusters.bindings(SITE, [NAMESPACE, "tenant-nobody"])) == []


def test_its_own_groups_may_what_they_must_and_nothing_that_keeps_agencies_apart(world: World) -> None:
    questions, right = own_questions("agency-x", [GROUP], NAMESPACE)
    assert list(world.clusters.allowed(SITE, questions)) == right
    assert world.clusters.allowed(SITE, []) == ()


def test_nobody_else_gets_in_until_somebody_lets_them(world: World) -> None:
    questions = list(cross_questions(TENANTS))
    assert len(questions) == 120
    assert allowed(world, questions) == []
    world.bind("y-dba")
    found = allowed(world, questions)
    assert "agency-y may get pods in tenant-x-records" in found
    assert not [each for each in found if each.startswith("anybody")]
    strange = foreign_bindings(TENANTS, world.clusters.bindings(SITE, [NAMESPACE]))
    assert strange == [f"{NAMESPACE}/by-hand-y-dba gives ClusterRole {AGENCY_ROLE} to Group y-dba"]
