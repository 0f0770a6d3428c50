"""Forty agencies on three API servers: every ordered pair asked, sixty verb-resources each; leaks by hand found.

The landing zones are those of stacks/agency, put there by server-side apply; asked is by the tool's own reader.
"""

import json
import random
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ndcops.adapters.inventory_files import read_inventory
from ndcops.adapters.kubernetes_api import TenantObjects
from ndcops.model.dossier import Dossier
from ndcops.model.landing_zone import LandingZone
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.object_names import AGENCY_ROLE, tenant_namespace
from ndcops.model.target import ClusterRef, Target, TargetKind
from ndcops.model.tenancy import AccessQuestion, Tenant
from ndcops.onboarding.plan.landing_zone import ZoneFacts, landing_zones
from ndcops.onboarding.plan.landing_zone.matrix import cross_questions, foreign_bindings, own_questions
from ndcops.toolchain.build import ensure_engine
from stacks.components.landing_zone_objects import tenant_namespace_object, tenant_objects
from tests.bench.result import AtLeast, Measured, middle
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock

AGENCIES = 40
ROUNDS = 3
SITES = ("ndc1", "ndc2", "ndc3")
TARGETS = {
    "pairs": AtLeast(AGENCIES * (AGENCIES - 1)),
    "allowed": 0,
    "wrong_own": 0,
    "matrix_s": 180,
    "leak_s": 10,
}
NOTES = (
    "each agency has a namespace at one of the three sites, its groups are asked about every other's: 1,560 pairs "
    "of 60 verb-resources, and anybody who has signed in; three sites side by side",
    "wrong_own: answers about agencies' own namespaces that are not as they must be; some must be yes, some no",
    "leak_s, the slowest of the rounds: a group bound in another agency's namespace, at a place chosen by seed, "
    "until bindings of all namespaces were read and the leak confirmed by questions about the agency it opens",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """The matrix once, then a leak a round."""
    sandbox.ndcops("--json", "lab", "up", "--nodes", "8").required()
    try:
        return _measured(sandbox, clock)
    finally:
        sandbox.ndcops("lab", "down")


def _measured(sandbox: Sandbox, clock: Clock) -> Measured:
    zones = _zones(sandbox)
    for site in SITES:
        _apply(sandbox, site, zones[site])
    clock.say("landing zones stand")
    references = [
        ClusterRef(site=site, kubeconfig=sandbox.lab.kubeconfig, context=f"lab-{site}", uid=None) for site in SITES
    ]
    clusters = TenantObjects(Target(kind=TargetKind.LAB, clusters=tuple(references), state_dir=sandbox.state))
    tenants = {site: [_tenant(zone) for zone in zones[site]] for site in SITES}
    everybody = [tenant for site in SITES for tenant in tenants[site]]

    began = time.monotonic()
    asked = {site: _about(tenants[site], everybody) for site in SITES}
    leaks = [each for found in _side_by_side(clusters, asked) for each in found]
    matrix_s = time.monotonic() - began
    clock.say(f"{sum(map(len, asked.values()))} questions in {matrix_s:.1f} s, {len(leaks)} allowed")
    wrong = sum(_wrong_own(clusters, site, tenants[site]) for site in SITES)

    seed = random.Random(clock.seed)
    found_s = [_leak_found_s(sandbox, clusters, tenants, everybody, seed) for _ in clock.rounds("leak")]
    pairs = {(each.agency, each.namespace) for questions in asked.values() for each in questions if each.agency}
    figures = {
        "pairs": len(pairs),
        "questions": sum(map(len, asked.values())),
        "allowed": len(leaks),
        "wrong_own": wrong,
        "matrix_s": round(matrix_s, 1),
        "leak_s": round(max(found_s), 2),
        "leak_median_s": middle(found_s),
    }
    samples: dict[str, Any] = {"leak_s": found_s, "leaks": [str(each) for each in leaks[:20]]}
    return Measured(figures, samples, NOTES, len(found_s) >= clock.wanted)


def _zones(sandbox: Sandbox) -> dict[str, list[LandingZone]]:
    """The home part of each agency's landing zone, planned from a dossier, a third of them at each site."""
    inventory = read_inventory(sandbox.inventory)
    dossiers = [_dossier(number) for number in range(AGENCIES)]
    states = {each.id: LifecycleState.PLANNED for one in dossiers for each in one.systems}
    zones: dict[str, list[LandingZone]] = {site: [] for site in SITES}
    for dossier in dossiers:
        facts = ZoneFacts(dossier, dossiers, inventory.services, inventory.built_sites(), states)
        home = next(zone for zone in landing_zones(facts).zones if zone.systems[0].role == "home")
        zones[home.site].append(home)
    return zones


def _dossier(number: int) -> Dossier:
    name = f"agency-{number:02d}"
    title = {"vi": name, "en": name}
    home = SITES[number % len(SITES)]
    system = {
        "id": f"{name}-records",
        "title": title,
        "classification": "internal",
        "tier": {"grade": 1 + number % 4, "rpo_s": 60, "rto_s": 3600},
        "home": home,
        "standby": SITES[(number + 1) % len(SITES)],
        "cost_centre": name,
        "groups": [f"{name}-dba", f"{name}-operators"],
        "data_size": "100Gi",
        "depends_on": [{"to": "identity", "kind": "identity", "hard": True}],
    }
    return Dossier.model_validate(
        {
            "agency": {"id": name, "title": title, "level": "agency"},
            "as_of": "2026-02-01",
            "contacts": [{"name": name, "role": "owner", "email": f"{name}@example.vn"}],
            "systems": [system],
        }
    )


def _apply(sandbox: Sandbox, site: str, zones: Sequence[LandingZone]) -> None:
    declared = read_inventory(sandbox.inventory).site(site)
    if declared is None:
        raise BenchFailed(f"the inventory has no site {site}")
    objects = [tenant_namespace_object(declared, zone, zone.systems[0]) for zone in zones]
    objects += [each for zone in zones for each in tenant_objects(zone, zone.systems[0], None, None)]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    _kubectl(sandbox, site, "apply", "--server-side", "-f", "-", given=listed)


def _kubectl(sandbox: Sandbox, site: str, *words: str, given: str = "") -> None:
    program = str(ensure_engine("kube") / "kubectl")
    argv = [program, f"--kubeconfig={sandbox.lab.kubeconfig}", f"--context=lab-{site}", *words]
    done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise BenchFailed(done.stderr[-2000:])


def _tenant(zone: LandingZone) -> Tenant:
    system = zone.systems[0]
    return Tenant(agency=zone.agency, groups=system.groups, namespaces=(tenant_namespace(system.system),))


def _about(here: Sequence[Tenant], everybody: Sequence[Tenant]) -> list[AccessQuestion]:
    """All agencies of the country about the namespaces of those that are here."""
    names = {tenant.agency for tenant in here}
    known = [
        tenant if tenant.agency in names else tenant.model_copy(update={"namespaces": ()}) for tenant in everybody
    ]
    return list(cross_questions(known))


def _side_by_side(clusters: TenantObjects, asked: dict[str, list[AccessQuestion]]) -> list[list[AccessQuestion]]:
    """What each site allows."""

    def allowed(site: str) -> list[AccessQuestion]:
        answers = clusters.allowed(site, asked[site])
        return [question for question, answer in zip(asked[site], answers, strict=True) if answer]

    with ThreadPoolExecutor(len(SITES)) as pool:
        return list(pool.map(allowed, asked))


def _wrong_own(clusters: TenantObjects, site: str, tenants: Sequence[Tenant]) -> int:
    wrong = 0
    for tenant in tenants:
        questions, right = own_questions(tenant.agency, tenant.groups, tenant.namespaces[0])
        answers = clusters.allowed(site, questions)
        wrong += sum(answer != must for answer, must in zip(answers, right, strict=True))
    return wrong


def _leak_found_s(
    sandbox: Sandbox,
    clusters: TenantObjects,
    tenants: dict[str, list[Tenant]],
    everybody: Sequence[Tenant],
    seed: random.Random,
) -> float:
    """Seconds from looking until the leak is named and confirmed. Raises BenchFailed when it is not found."""
    site = seed.choice(SITES)
    owner = seed.choice(tenants[site])
    other = seed.choice([each for each in everybody if each.agency != owner.agency])
    space = f"--namespace={owner.namespaces[0]}"
    words = ("create", "rolebinding", "leak", f"--clusterrole={AGENCY_ROLE}", f"--group={other.groups[0]}", space)
    _kubectl(sandbox, site, *words)
    try:
        began = time.monotonic()
        strange = {
            name: foreign_bindings(known, clusters.bindings(name, [each.namespaces[0] for each in known]))
            for name, known in tenants.items()
        }
        opened = [name for name, lines in strange.items() if lines]
        questions = [each for each in _about([owner], everybody) if each.namespace == owner.namespaces[0]]
        confirmed = {each.agency for each in _side_by_side(clusters, {site: questions})[0]}
        took_s = time.monotonic() - began
    finally:
        _kubectl(sandbox, site, "delete", "rolebinding", "leak", space)
    if opened != [site] or confirmed != {other.agency}:
        raise BenchFailed(f"a leak in {owner.namespaces[0]} at {site} was not found: {strange}, {confirmed}")
    return round(took_s, 3)
