"""Where failover left a system: the program wants the declared things there, not where they stood before. Pure."""

from collections.abc import Sequence

from ndcops.model.record import JsonObject
from ndcops.model.stack_input import MovedObject
from stacks.components.manifest import Manifest

_ROLE_FIELDS = {
    "VolumeReplication": ("replicationState", "autoResync"),
    "Cluster": ("primary", "source"),
}


class Placement:
    """Objects of which failover decided something, found by kind and name."""

    def __init__(self, moved: Sequence[MovedObject]) -> None:
        self._specs = {(each.kind, each.namespace, each.name): each.spec for each in moved}

    def kept(self, document: Manifest, replicas: int = 0) -> Manifest:
        """The document with what failover decided in it. replicas: of a workload where it runs."""
        metadata, kind = document["metadata"], document["kind"]
        live = self._specs.get((kind, metadata.get("namespace", ""), metadata["name"]))
        if not live:
            return document
        return {**document, "spec": {**document["spec"], **_decided(kind, document["spec"], live, replicas)}}


def _decided(kind: str, spec: JsonObject, live: JsonObject, replicas: int) -> JsonObject:
    if kind in ("Deployment", "StatefulSet") and "replicas" in live:
        return {"replicas": replicas if live["replicas"] else 0}
    if kind == "HTTPRoute" and "rules" in live:
        return {"rules": [_closed(rule) for rule in spec["rules"]]} if _is_closed(live["rules"]) else {}
    if kind == "VolumeReplication":
        return {key: live[key] for key in _ROLE_FIELDS[kind] if key in live}
    if kind == "Cluster" and "replica" in live:
        roles = {key: live["replica"][key] for key in _ROLE_FIELDS[kind] if key in live["replica"]}
        return {"replica": {**spec["replica"], **roles}}
    return {}


def _is_closed(rules: Sequence[JsonObject]) -> bool:
    """Whether no backend gets anything (weight 0)."""
    return all(backend.get("weight", 1) == 0 for rule in rules for backend in rule.get("backendRefs") or ())


def _closed(rule: JsonObject) -> JsonObject:
    return {**rule, "backendRefs": [{**backend, "weight": 0} for backend in rule["backendRefs"]]}
