"""Cluster objects as stacks' states hold them, and as clusters hold them; apply and kills call it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.bench.sandbox import LAYERS, BenchFailed, Sandbox

_OUR_MANAGER = re.compile(r"ndcops-[0-9a-f]{8}")
"""The mark of a resource of a stack (ndcops/provider/field_manager.py)."""

_SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""How the engine marks a sealed value in a state file."""


@dataclass(frozen=True, order=True)
class ObjectKey:
    """One object of a cluster, whatever version of its group it is read in."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> "ObjectKey":
        """The key of an object."""
        group, _, version = manifest["apiVersion"].rpartition("/")
        del version
        metadata = manifest["metadata"]
        return cls(group, manifest["kind"], metadata.get("namespace", ""), metadata["name"])


def state_resources(sandbox: Sandbox, site: str) -> Iterator[dict[str, Any]]:
    """Every cluster object in the states of a site's stacks, layer by layer."""
    for layer in LAYERS:
        for resource in sandbox.stack_state(layer, site).get("resources", []):
            if resource["type"].startswith("kubernetes:"):
                yield resource


def manifests(sandbox: Sandbox, site: str) -> list[dict[str, Any]]:
    """What a site's stacks applied, namespaces first. Raises BenchFailed when a value is sealed."""
    found = [resource["inputs"] for resource in state_resources(sandbox, site)]
    if _SECRET_SIGNATURE in json.dumps(found):
        raise BenchFailed("a manifest holds a sealed value, so kubectl cannot apply the same objects")
    return sorted(found, key=lambda manifest: manifest["kind"] != "Namespace")


def as_list(objects: list[dict[str, Any]]) -> str:
    """One document that `kubectl -f` reads."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


@dataclass(frozen=True)
class Comparison:
    """States against the cluster: twice in a state, live but in no state, in a state but not live."""

    duplicated: list[ObjectKey]
    orphaned: list[ObjectKey]
    lost: list[ObjectKey]
    unfinished: int


def compare(sandbox: Sandbox, site: str) -> Comparison:
    """Compare what the stacks know with what carries our mark in the cluster."""
    known = Counter(ObjectKey.of(resource["inputs"]) for resource in state_resources(sandbox, site))
    live = set(live_objects(sandbox, site))
    return Comparison(
        duplicated=sorted(key for key, count in known.items() if count > 1),
        orphaned=sorted(live - known.keys()),
        lost=sorted(known.keys() - live),
        unfinished=sum(len(sandbox.stack_state(layer, site).get("pending_operations") or []) for layer in LAYERS),
    )


def live_objects(sandbox: Sandbox, site: str) -> list[ObjectKey]:
    """Every object of the cluster, of any kind, that a stack of ours applied."""
    said = sandbox.kubectl(
        site, "api-resources", "--verbs=list,patch", "-o", "name", "--no-headers", admin=True
    ).required()
    kinds = [kind for kind in said.stdout.split() if not kind.startswith(("events", "leases."))]
    got = sandbox.kubectl(
        site, "get", ",".join(kinds), "-A", "-o", "json", "--show-managed-fields", admin=True
    ).required()
    return [ObjectKey.of(item) for item in got.document()["items"] if _is_ours(item)]


def _is_ours(item: dict[str, Any]) -> bool:
    entries = item["metadata"].get("managedFields") or []
    return any(_OUR_MANAGER.fullmatch(entry.get("manager", "")) for entry in entries)
