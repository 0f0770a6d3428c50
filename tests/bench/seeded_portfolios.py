"""Seeded portfolios: a site with residents, and the services of another that would move there."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from ndcops.lab.nodes import site_nodes
from ndcops.model.object_names import POOL_LABEL, zone_namespace
from ndcops.model.record import JsonObject
from ndcops.model.service import Grade, Service
from ndcops.model.site import Site
from stacks.components.scheduling_objects import priority_objects

LOST, STANDBY = "ndc1", "ndc2"
ZONE = "data"
POOLS = ("general", "dense", "memory")
NAMESPACE_OF_RESIDENTS = "residents"
GIB = 2**30

_NODE_SHAPES = ((16, 64), (32, 128), (32, 256), (64, 256))
"""Cores and GiB."""

_POD_CORES = (0.25, 0.5, 1, 1, 2, 2, 4, 8)
_GIB_A_CORE = (1, 2, 4, 4, 6)
_GRADES = (Grade.A, Grade.B, Grade.B, Grade.C, Grade.C, Grade.D)


@dataclass(frozen=True)
class Portfolio:
    """The site that takes over, what it holds, and the services that come. `fill`: the share asked for in all."""

    sites: dict[str, Site]
    objects: dict[str, list[JsonObject]]
    services: tuple[Service, ...]
    fill: float


def portfolio(seed: int) -> Portfolio:
    """Three pools of 10 to 30 nodes in all, residents, and services up to 70 to 110% of the scarcer resource."""
    chance = Random(f"survive/{seed}")
    fill = chance.uniform(0.70, 1.10)
    standing = chance.uniform(0.25, 0.50)
    site = _site(STANDBY, [_pool(chance, name) for name in POOLS])
    nodes = site_nodes(site, {pool.name: pool.nodes for pool in site.pools})
    objects = {
        "namespaces": [
            {"metadata": {"name": name}} for name in ("default", NAMESPACE_OF_RESIDENTS, zone_namespace(ZONE))
        ],
        "priorityclasses": priority_objects(),
        "nodes": nodes,
        "pods": list(_residents(chance, nodes, standing)),
    }
    services = tuple(_services(chance, site, fill - standing))
    return Portfolio({STANDBY: site}, objects, services, fill)


def _site(name: str, pools: list[dict[str, Any]]) -> Site:
    return Site.model_validate(
        {
            "name": name,
            "title": {"vi": "Trung tâm", "en": "Centre"},
            "location": {"place": "Hoà Lạc", "province": "Hà Nội", "latitude": 21.0, "longitude": 105.5},
            "status": "operating",
            "power": {"it_load_mw": 10, "feeds": 2, "redundancy": "2N", "as_of": "2026-01", "source": "seed"},
            "halls": [{"name": "hall-a", "power_mw": 5, "racks": {"count": 40, "units": 42, "power_kw": 12}}],
            "pools": pools,
            "tiers": [
                {"name": "fast", "media": "nvme", "provisioner": "csi.test", "usable": "10Ti", "encrypted": True}
            ],
            "network": {
                "pod_cidr": "10.102.0.0/16",
                "service_cidr": "10.122.0.0/20",
                "zones": [{"name": ZONE, "kind": "data", "cidr": "10.2.0.0/16"}],
            },
            "kubernetes": {"context": name},
            "dns": {"zone": f"{name}.test"},
        }
    )


def _pool(chance: Random, name: str) -> dict[str, Any]:
    cores, memory_gib = chance.choice(_NODE_SHAPES)
    return {
        "name": name,
        "nodes": chance.randint(3, 10),
        "cpu_cores": cores,
        "memory": f"{memory_gib}Gi",
        "hall": "hall-a",
        "racks": chance.randint(2, 4),
        "taints": [{"key": "example.com/pool", "value": name, "effect": "NoSchedule"}]
        if chance.random() < 0.3
        else [],
    }


def _residents(chance: Random, nodes: list[JsonObject], share: float) -> Iterator[JsonObject]:
    """Bound pods until each node is about that full."""
    number = 0
    for node in nodes:
        cores = float(node["status"]["allocatable"]["cpu"])
        memory_gib = float(node["status"]["allocatable"]["memory"].removesuffix("Gi"))
        wanted = min(1.0, chance.gauss(share, 0.08))
        while cores > 0 and wanted > 0:
            pod_cores = chance.choice(_POD_CORES)
            pod_gib = pod_cores * memory_gib / cores * chance.uniform(0.7, 1.3)
            wanted -= max(pod_cores / cores, pod_gib / memory_gib)
            if wanted <= 0:
                break
            number += 1
            yield _resident(number, node, pod_cores, pod_gib)


def _resident(number: int, node: JsonObject, cores: float, memory_gib: float) -> JsonObject:
    requests = {"cpu": f"{int(cores * 1000)}m", "memory": str(int(memory_gib * GIB))}
    return {
        "metadata": {"namespace": NAMESPACE_OF_RESIDENTS, "name": f"resident-{number}"},
        "spec": {
            "nodeName": node["metadata"]["name"],
            "containers": [{"name": "main", "image": "image.invalid/one", "resources": {"requests": requests}}],
            "nodeSelector": {POOL_LABEL: node["metadata"]["labels"][POOL_LABEL]},
            "priority": Grade.B.priority,
        },
        "status": {"phase": "Running"},
    }


def _services(chance: Random, site: Site, share: float) -> Iterator[Service]:
    """Services until each pool is asked for that share of its CPU or memory."""
    left = {pool.name: share for pool in site.pools}
    number = 0
    while any(value > 0 for value in left.values()):
        number += 1
        workloads = []
        for index in range(chance.randint(1, 3)):
            open_pools = [name for name, value in left.items() if value > 0]
            if not open_pools:
                break
            pool = site.pool(chance.choice(open_pools))
            assert pool is not None
            workload, taken = _workload(
                chance, pool.name, index, pool.cpu_cores, int(pool.memory[:-2]), pool.nodes
            )
            left[pool.name] -= taken
            workloads.append(workload)
        earlier = [f"service-{chance.randint(1, number - 1)}"] if number > 1 and chance.random() < 0.3 else []
        yield _service(number, chance.choice(_GRADES), workloads, earlier)


def _workload(
    chance: Random, pool: str, index: int, node_cores: int, node_gib: int, nodes: int
) -> tuple[dict[str, Any], float]:
    cores = chance.choice(_POD_CORES)
    memory_gib = max(0.25, cores * chance.choice(_GIB_A_CORE) * chance.choice((0.5, 1, 1)))
    replicas = chance.randint(1, 6)
    share = max(cores / node_cores, memory_gib / node_gib) * replicas / nodes
    workload = {
        "name": f"part-{index}",
        "image": "image.invalid/one",
        "replicas": replicas,
        "pool": pool,
        "cpu": f"{int(cores * 1000)}m",
        "memory": f"{int(memory_gib * 1024)}Mi",
        "port": 8080,
        "probe": {"path": "/"},
        "stateful": chance.random() < 0.2,
    }
    return workload, share


def _service(number: int, grade: Grade, workloads: list[dict[str, Any]], depends_on: list[str]) -> Service:
    return Service.model_validate(
        {
            "kind": "Service",
            "id": f"service-{number}",
            "title": {"vi": "Dịch vụ", "en": "Service"},
            "owner": "agency",
            "grade": grade,
            "classification": "internal",
            "zone": ZONE,
            "home": LOST,
            "standby": STANDBY,
            "rpo_s": 60,
            "rto_s": 600,
            "depends_on": depends_on,
            "workloads": workloads,
        }
    )
