"""Pools and pod templates of the made country; `country` places them, `capacity_load` writes them to a lab."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from ndcops.model.record import JsonObject
from ndcops.model.service import Grade


def _only(pool: str) -> JsonObject:
    return {"key": "ndc.gov.vn/pool", "value": pool, "effect": "NoSchedule"}


@dataclass(frozen=True)
class Pool:
    """A kind of node, and its share of a site's nodes."""

    name: str
    share: float
    hall: str
    cores: int
    memory_gib: int
    pods: int
    gpus: int = 0
    taint: JsonObject | None = None


POOLS = (
    Pool("general", 0.60, "hall-a", 64, 512, 200),
    Pool("data", 0.25, "hall-b", 96, 1536, 110, taint=_only("data")),
    Pool("memory", 0.10, "hall-b", 96, 2048, 110, taint=_only("memory")),
    Pool("gpu", 0.05, "hall-c", 128, 2048, 110, gpus=8, taint=_only("gpu")),
)


@dataclass(frozen=True)
class Template:
    """Equal pods. alone: never two on one node. volume_gib: a volume for each pod, 0 for none."""

    name: str
    namespace: str
    pool: Pool
    count: int
    cpu_m: int
    memory_mib: int
    grade: Grade
    gpus: int = 0
    alone: bool = False
    spread: bool = False
    host_port: int = 0
    volume_gib: int = 0

    def pod(self, claim: str = "") -> JsonObject:
        """The pod, as SiteReader would have trimmed it; `claim` is that of its volume."""
        amounts = {"cpu": f"{self.cpu_m}m", "memory": f"{self.memory_mib}Mi"}
        extended = {"nvidia.com/gpu": str(self.gpus)} if self.gpus else {}
        container: JsonObject = {"name": "main", "resources": {"requests": amounts | extended}}
        if extended:
            container["resources"]["limits"] = extended
        if self.host_port:
            container["ports"] = [{"hostPort": self.host_port, "protocol": "TCP"}]
        spec: JsonObject = {
            "containers": [container],
            "nodeSelector": {"ndc.gov.vn/pool": self.pool.name},
            "priority": self.grade.priority,
            "priorityClassName": f"ndc-grade-{self.grade.value.lower()}",
        }
        if self.pool.taint:
            spec["tolerations"] = [{"key": "ndc.gov.vn/pool", "value": self.pool.name, "effect": "NoSchedule"}]
        spec |= self._rules()
        if claim:
            spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
        return {
            "metadata": {"namespace": self.namespace, "labels": {"app": self.name}},
            "spec": spec,
            "status": {"phase": "Running"},
        }

    def _rules(self) -> JsonObject:
        selector = {"matchLabels": {"app": self.name}}
        rules: JsonObject = {}
        if self.alone:
            term = {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
            rules["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
        if self.spread:
            rules["topologySpreadConstraints"] = [
                {
                    "maxSkew": 1,
                    "topologyKey": "ndc.gov.vn/rack",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": selector,
                }
            ]
        return rules


def templates(order: random.Random, pods: int, count: int, fill: float, nodes: int) -> Iterator[Template]:
    """`count` templates with `pods` pods in all, sized so that together they fill about `fill` of each pool."""
    for pool in POOLS:
        kinds = max(1, round(count * pool.share))
        share = max(kinds, round(pods * pool.share))
        sizes = _sizes(order, share, kinds)
        weights = [order.lognormvariate(0, 0.8) for _ in sizes]
        # Scaled to the wanted fill: one large workload alone would otherwise decide how full the pool is.
        filled = sum(weight * size for weight, size in zip(weights, sizes, strict=True))
        scale = fill * max(1, round(nodes * pool.share)) / filled
        for number, (size, weight) in enumerate(zip(sizes, weights, strict=True)):
            yield _template(order, pool, number, size, min(scale * weight, 0.25))


def _sizes(order: random.Random, pods: int, kinds: int) -> list[int]:
    """Pods of each template, at least one: many small workloads, few large ones (Pareto)."""
    weights = [order.paretovariate(1.2) for _ in range(kinds)]
    spare = pods - kinds
    sizes = [1 + int(spare * weight / sum(weights)) for weight in weights]
    sizes[sizes.index(max(sizes))] += pods - sum(sizes)
    return sizes


def _template(order: random.Random, pool: Pool, number: int, count: int, share: float) -> Template:
    """`share`: what each pod takes of a node's cores."""
    few = count <= 20
    volume = count <= 12 and order.random() < (0.5 if pool.name in ("data", "memory") else 0.02)
    return Template(
        name=f"{pool.name}-{number:04d}",
        namespace=f"system-{order.randrange(200):03d}",
        pool=pool,
        count=count,
        cpu_m=max(10, 10 * round(pool.cores * 100 * share)),
        memory_mib=max(16, round(pool.memory_gib * 1024 * share * order.uniform(0.6, 1.2))),
        grade=order.choices(list(Grade), (10, 25, 40, 25))[0],
        gpus=order.choice((0, 0, 1)) if pool.gpus and count <= 50 else 0,
        alone=few and order.random() < 0.25,
        spread=order.random() < 0.1,
        host_port=20_000 + number if few and order.random() < 0.04 else 0,
        volume_gib=order.choice((20, 100, 500)) if volume else 0,
    )
