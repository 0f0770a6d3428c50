"""A case while it is made: the objects so far, the incoming pod, and the chance that decides."""

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
RACK = "example.com/rack"
TOPOLOGY_KEYS = (HOSTNAME, ZONE, RACK, REGION)
NAMESPACES = ("web", "data", "ops", "lab")
APPS = ("shop", "pay", "search")
TIERS = ("front", "back")


class Draft:
    """Objects by plural, grown by each theme; `chance` is the only source of randomness."""

    def __init__(self, chance: Random, pod: Json) -> None:
        self.chance = chance
        self.pod = pod
        self.objects: dict[str, list[Json]] = {"nodes": [], "pods": []}
        self._count = 0

    @property
    def nodes(self) -> list[Json]:
        """The nodes so far."""
        return self.objects["nodes"]

    @property
    def residents(self) -> list[Json]:
        """The pods that are bound already."""
        return self.objects["pods"]

    @property
    def namespace(self) -> str:
        """The incoming pod's."""
        return str(self.pod["metadata"]["namespace"])

    def add(self, plural: str, name: str, body: Json, *, namespace: str = "", labels: Json | None = None) -> Json:
        """Add an object with the metadata that an API server gives it, and return it."""
        document = {"metadata": self.metadata(name, namespace, labels), **body}
        self.objects.setdefault(plural, []).append(document)
        return document

    def metadata(self, name: str, namespace: str = "", labels: Json | None = None) -> Json:
        """Name, uid and the rest."""
        self._count += 1
        found: Json = {"name": name, "uid": f"00000000-0000-4000-8000-{self._count:012d}", "resourceVersion": "1"}
        found["creationTimestamp"] = "2026-01-01T00:00:00Z"
        return found | ({"namespace": namespace} if namespace else {}) | ({"labels": labels} if labels else {})

    def fresh(self, stem: str) -> str:
        """A name that no object has yet."""
        self._count += 1
        return f"{stem}-{self._count}"

    def odds(self, share: float) -> bool:
        """True in that share of draws."""
        return self.chance.random() < share

    def one(self, choices: Sequence[T]) -> T:
        """One of them."""
        return self.chance.choice(choices)

    def some(self, choices: Sequence[T], share: float) -> list[T]:
        """Each with that share."""
        return [each for each in choices if self.odds(share)]

    def at_least_one(self, choices: Sequence[T], share: float) -> list[T]:
        """Each with that share, and one when none was drawn."""
        return self.some(choices, share) or [self.one(choices)]


def name_of(document: Json) -> str:
    """metadata.name."""
    return str(document["metadata"]["name"])


def labels_of(document: Json) -> Json:
    """metadata.labels, made if missing."""
    labels: Json = document["metadata"].setdefault("labels", {})
    return labels
