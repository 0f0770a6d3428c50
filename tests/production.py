"""What a drill may not touch: the objects of production, and what the sites' audit logs say of writes to them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OBJECTS = (
    "deployments,statefulsets,services,configmaps,networkpolicies,poddisruptionbudgets,serviceaccounts,"
    "httproutes.gateway.networking.k8s.io,volumereplications.replication.storage.openshift.io,"
    "clusters.postgresql.cnpg.io,persistentvolumeclaims,namespaces"
)
_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_ASKS_ONLY = frozenset({"authorization.k8s.io", "authentication.k8s.io"})
"""Reviews are posted, and change nothing."""
_OWN_AFFAIRS = frozenset({"leases", "events", "endpoints", "endpointslices", "ipaddresses"})
"""The API server itself keeps an IPAddress for each Service, a drill's too: it names no namespace."""
_DRILL = "drill-"


def object_versions(site: str, listed: Mapping[str, Any]) -> set[tuple[str, str, str, str, str]]:
    """The site's objects by version, those of drills left out. A status that settles is no change: the generation
    counts where there is one."""
    found = set()
    for item in listed["items"]:
        metadata = item["metadata"]
        if metadata.get("namespace", metadata["name"]).startswith(_DRILL):
            continue
        version = str(metadata.get("generation", "")) or metadata["resourceVersion"]
        marks = json.dumps(metadata.get("annotations", {}), sort_keys=True)
        place = f"{metadata.get('namespace', '')}/{metadata['name']} {metadata['uid']}"
        found.add((site, item["kind"], place, version, marks))
    return found


@dataclass(frozen=True)
class AuditLogs:
    """The audit logs of sites, by name, and how far each was when this was made."""

    logs: Mapping[str, Path]
    lengths: Mapping[str, int]

    @classmethod
    def from_now(cls, logs: Mapping[str, Path]) -> "AuditLogs":
        """From their ends on."""
        return cls(logs, {site: path.stat().st_size for site, path in logs.items()})

    def production_writes(self) -> list[str]:
        """Writes to what is no drill's, since then. Raises AssertionError for a log that was rotated away."""
        return [f"{site}: {said}" for site, event in self._events() if (said := production_write(event))]

    def drill_writes(self) -> int:
        """Writes to drills' own things: a log that holds none of them proves nothing."""
        return sum(_is_write(event) and _is_drills(event) for _, event in self._events())

    def _events(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for site, path in self.logs.items():
            with path.open("rb") as file:
                file.seek(0, 2)
                assert file.tell() >= self.lengths[site], f"{path} was rotated: writes in between are not known"
                file.seek(self.lengths[site])
                for line in file:
                    if line.endswith(b"\n"):
                        yield site, json.loads(line)


def production_write(event: Mapping[str, Any]) -> str:
    """The event in words when it wrote to production; empty for reads, refusals, drills and the cluster's own
    affairs (statuses, leases, events)."""
    target = event.get("objectRef") or {}
    if not _is_write(event) or _is_drills(event) or target.get("apiGroup") in _ASKS_ONLY:
        return ""
    user = event["user"]["username"]
    of_cluster = user.startswith(("system:", "ndcops-lab:"))
    if of_cluster and (target.get("subresource") or target.get("resource") in _OWN_AFFAIRS | {"pods", "nodes"}):
        return ""
    place = "/".join(filter(None, (target.get("namespace"), target.get("resource"), target.get("name"))))
    return f"{user} {event['verb']} {place} {target.get('subresource', '')}".rstrip()


def _is_write(event: Mapping[str, Any]) -> bool:
    code = (event.get("responseStatus") or {}).get("code", 200)
    return event.get("verb") in _WRITES and event.get("stage") == "ResponseComplete" and code < 400


def _is_drills(event: Mapping[str, Any]) -> bool:
    target = event.get("objectRef") or {}
    names: Sequence[str] = (target.get("namespace") or "", target.get("name") or "")
    return names[0].startswith(_DRILL) or (target.get("resource") == "namespaces" and names[1].startswith(_DRILL))
