"""A seeded country for the benchmarks of capacity: sites full of pods, and databases to be placed on them.

Made, not measured: pools, sizes and shares are assumptions that resemble a national centre. What matters is that
nothing is uniform: four pools with taints, racks in halls, requests over three orders of magnitude, workloads
of one pod and of a thousand, anti-affinity, spread, host ports, volumes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ndcops.model.document import Text
from ndcops.model.object_names import storage_class
from ndcops.model.record import JsonObject
from ndcops.model.service import Classification, DatabaseNeed, Grade, Probe, Service, VolumeNeed, Workload
from ndcops.model.snapshot import PodGroup, SiteSnapshot, Snapshot
from tests.bench.country_pods import POOLS, Pool, Template, templates

TAKEN_AT = datetime(2026, 1, 31, tzinfo=UTC)
TEMPLATES_PER_SITE = 2000
FILL = 0.6
"""Of the pods, memory and cores of each pool: below two thirds, or no site of three could be lost."""

RACKS_PER_HALL = 60
TIER = "database"
DRIVER = "block.csi.ndc.gov.vn"


@dataclass(frozen=True)
class Country:
    """Facts of all sites, and the databases whose homes they are (not among the residents)."""

    snapshot: Snapshot
    services: tuple[Service, ...]


def country(
    seed: int, sites: int = 3, nodes: int = 3000, resident_pods: int = 90_000, databases: int = 450
) -> Country:
    """`nodes` and `resident_pods` are per site; equal arguments give equal countries."""
    names = [f"ndc{number}" for number in range(1, sites + 1)]
    snapshot = Snapshot(
        target="lab",
        taken_at=TAKEN_AT,
        sites=tuple(site_facts(random.Random(f"{seed} {name}"), name, nodes, resident_pods) for name in names),
    )
    order = random.Random(f"{seed} databases")
    return Country(snapshot, tuple(database(order, number, names) for number in range(1, databases + 1)))


def site_facts(order: random.Random, site: str, nodes: int, pods: int) -> SiteSnapshot:
    """One site: its nodes, what is on them, and the classes that they name."""
    node_objects = [node for pool in POOLS for node in pool_nodes(site, pool, nodes)]
    placed = _Placed(order, node_objects)
    for template in templates(order, pods, min(TEMPLATES_PER_SITE, pods), FILL, nodes):
        placed.place(template)
    return SiteSnapshot.model_construct(
        site=site,
        cluster_uid=f"uid-of-{site}",
        resource_version="1",
        objects={
            "nodes": tuple(node_objects),
            "namespaces": tuple({"metadata": {"name": name}} for name in sorted(placed.namespaces)),
            "csinodes": tuple(_csi_node(node["metadata"]["name"]) for node in node_objects),
            "csidrivers": ({"metadata": {"name": DRIVER}, "spec": {"attachRequired": True}},),
            "storageclasses": (_storage_class(),),
            "persistentvolumeclaims": tuple(placed.claims),
            "persistentvolumes": tuple(placed.volumes),
            "priorityclasses": tuple(priority_class(grade) for grade in Grade),
        },
        pods=tuple(placed.groups),
        unread={},
    )


def pool_nodes(site: str, pool: Pool, nodes: int) -> Iterator[JsonObject]:
    """The pool's share of a site's nodes, round the racks of its hall."""
    for index in range(max(1, round(nodes * pool.share))):
        name = f"{site}-{pool.name}-{index + 1:04d}"
        amounts = {"memory": f"{pool.memory_gib}Gi", "pods": str(pool.pods), "ephemeral-storage": "800Gi"}
        extended = {"nvidia.com/gpu": str(pool.gpus)} if pool.gpus else {}
        labels = {
            "kubernetes.io/hostname": name,
            "topology.kubernetes.io/zone": pool.hall,
            "topology.kubernetes.io/region": site,
            "ndc.gov.vn/site": site,
            "ndc.gov.vn/hall": pool.hall,
            "ndc.gov.vn/rack": f"{pool.hall}-r{index % RACKS_PER_HALL + 1:03d}",
            "ndc.gov.vn/pool": pool.name,
        }
        yield {
            "metadata": {"name": name, "labels": labels},
            "spec": {"taints": [pool.taint]} if pool.taint else {},
            "status": {
                "capacity": {"cpu": str(pool.cores), **amounts, **extended},
                "allocatable": {"cpu": f"{pool.cores * 1000 - 500}m", **amounts, **extended},
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }


@dataclass
class _Placed:
    """Puts templates on nodes: each on the next nodes of its pool that have room, so that they spread."""

    order: random.Random
    nodes: list[JsonObject]
    groups: list[PodGroup] = field(default_factory=list)
    claims: list[JsonObject] = field(default_factory=list)
    volumes: list[JsonObject] = field(default_factory=list)
    namespaces: set[str] = field(default_factory=set)
    _room: dict[str, list[list[int]]] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.nodes:
            pool = next(each for each in POOLS if each.name == node["metadata"]["labels"]["ndc.gov.vn/pool"])
            self._names.setdefault(pool.name, []).append(node["metadata"]["name"])
            self._room.setdefault(pool.name, []).append(
                [pool.cores * 1000 - 500, pool.memory_gib * 1024, pool.pods, pool.gpus]
            )

    def place(self, template: Template) -> None:
        """Place all pods of a template; one that finds no room stays pending."""
        self.namespaces.add(template.namespace)
        names, room = self._names[template.pool.name], self._room[template.pool.name]
        at = self.order.randrange(len(names))
        found: dict[str, int] = {}
        for number in range(template.count):
            name = ""
            for step in range(1, len(names) + 1):
                here = (at + step) % len(names)
                if not (template.alone and names[here] in found) and _fits(template, room[here]):
                    at, name = here, names[here]
                    break
            if not name and not template.volume_gib:  # where one finds no room, the next does not either
                found[""] = template.count - number
                break
            if template.volume_gib:
                self._with_volume(template, number, name)
            else:
                found[name] = found.get(name, 0) + 1
        if found:
            self.groups.append(PodGroup.model_construct(template=template.pod(), nodes=found))

    def _with_volume(self, template: Template, number: int, node: str) -> None:
        """A pod with a claim of its own is a group of its own."""
        claim = f"data-{template.name}-{number}"
        handle = f"{template.namespace}-{claim}"
        self.groups.append(PodGroup.model_construct(template=template.pod(claim), nodes={node: 1}))
        self.claims.append(
            {
                "metadata": {
                    "name": claim,
                    "namespace": template.namespace,
                    "uid": handle,
                    "annotations": {"pv.kubernetes.io/bind-completed": "yes"},
                },
                "spec": {
                    "storageClassName": storage_class(TIER),
                    "volumeName": handle,
                    "accessModes": ["ReadWriteOnce"],
                },
                "status": {"phase": "Bound"},
            }
        )
        self.volumes.append(
            {
                "metadata": {"name": handle},
                "spec": {
                    "capacity": {"storage": f"{template.volume_gib}Gi"},
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": storage_class(TIER),
                    "csi": {"driver": DRIVER, "volumeHandle": handle},
                    "claimRef": {"namespace": template.namespace, "name": claim, "uid": handle},
                },
                "status": {"phase": "Bound"},
            }
        )


def _fits(template: Template, room: list[int]) -> bool:
    """Whether the node has room, which is taken then: millicores, MiB, pods, GPUs."""
    needs = (template.cpu_m, template.memory_mib, 1, template.gpus)
    if any(need > left for need, left in zip(needs, room, strict=True)):
        return False
    for index, need in enumerate(needs):
        room[index] -= need
    return True


def _csi_node(node: str) -> JsonObject:
    driver = {"name": DRIVER, "nodeID": node, "topologyKeys": [], "allocatable": {"count": 64}}
    return {"metadata": {"name": node}, "spec": {"drivers": [driver]}}


def _storage_class() -> JsonObject:
    return {
        "metadata": {"name": storage_class(TIER)},
        "provisioner": DRIVER,
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def priority_class(grade: Grade) -> JsonObject:
    """The class of a grade, as the compute stack makes it."""
    policy = {"preemptionPolicy": "Never"} if grade is Grade.D else {}
    return {"metadata": {"name": f"ndc-grade-{grade.value.lower()}"}, "value": grade.priority, **policy}


def database(order: random.Random, number: int, sites: list[str]) -> Service:
    """A national database: members with a volume each, an interface, a standby in another centre."""
    home, standby = order.sample(sites, 2)
    grade = order.choices(list(Grade), (10, 25, 40, 25))[0]
    identity = f"database-{number:03d}"
    size = f"{order.choice((50, 100, 200, 500, 1000))}Gi"
    members = Workload(
        name="members",
        image="registry.ndc.gov.vn/postgres:17",
        replicas=3,
        pool="data",
        cpu=str(order.choice((2, 4, 8, 16))),
        memory=f"{order.choice((16, 32, 64, 128))}Gi",
        port=5432,
        probe=Probe(path="/readiness"),
        volume=VolumeNeed(tier=TIER, size=size, mount="/var/lib/postgresql"),
        stateful=True,
    )
    interface = Workload(
        name="interface",
        image="registry.ndc.gov.vn/exchange:1",
        replicas=order.choice((2, 3, 4, 6)),
        pool="general",
        cpu=order.choice(("500m", "1", "2")),
        memory=order.choice(("1Gi", "2Gi", "4Gi")),
        port=8443,
        probe=Probe(path="/healthz"),
    )
    return Service(
        id=identity,
        title=Text(vi=f"Cơ sở dữ liệu số {number}", en=f"Database No. {number}"),
        owner="so-nong-nghiep-moi-truong-ha-noi",
        grade=grade,
        classification=Classification.INTERNAL,
        zone="data",
        home=home,
        standby=standby,
        rpo_s=0 if grade is Grade.A else 300,
        rto_s=900 if grade is Grade.A else 14_400,
        workloads=(members, interface),
        database=DatabaseNeed(engine="patroni", size=size, tier=TIER, members_per_site=3),
    )
