"""Reads what a YAML manifest declares and where the API keeps it; `site_start` applies the text as it is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ndcops.model.errors import NdcopsError

_PLURALS: Final = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "CustomResourceDefinition": "customresourcedefinitions",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
_WANTED: Final = {("apiVersion",), ("kind",), ("metadata", "name")}

DEFINITIONS: Final = (
    "gatewayclasses.gateway.networking.k8s.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "referencegrants.gateway.networking.k8s.io",
    "volumesnapshotclasses.snapshot.storage.k8s.io",
    "volumesnapshotcontents.snapshot.storage.k8s.io",
    "volumesnapshots.snapshot.storage.k8s.io",
    "volumereplicationclasses.replication.storage.openshift.io",
    "volumereplications.replication.storage.openshift.io",
    "networkfences.csiaddons.openshift.io",
    "networkfenceclasses.csiaddons.openshift.io",
    "clusters.postgresql.cnpg.io",
)
"""What the rooms use of the published definitions. Each costs an API server a quarter of a second to serve."""


@dataclass(frozen=True)
class Manifest:
    """A cluster-wide object as YAML text."""

    api_version: str
    kind: str
    name: str
    text: str

    @property
    def collection(self) -> str:
        """Where the API creates it."""
        return f"/apis/{self.api_version}/{_PLURALS[self.kind]}"

    @property
    def path(self) -> str:
        """Its address in the API."""
        return f"{self.collection}/{self.name}"


def read_manifests(text: str, source: str) -> list[Manifest]:
    """The manifests of a YAML stream. Raises NdcopsError naming `source` when one cannot be applied by the lab.

    Only the head of each document is read: definitions are long, and the API server parses them anyway.
    A line that starts with three dashes always begins a document (YAML 1.2, 9.1.2).
    """
    manifests = []
    for document in re.split(r"(?m)^---(?:[ \t].*)?$", text):
        if all(line.startswith("#") or not line.strip() for line in document.splitlines()):
            continue
        try:
            head = _read_head(YAML().parse(document))
        except YAMLError as error:
            raise NdcopsError(
                f"{source}: not YAML", details=[str(error)], resolution="ndcops toolchain build"
            ) from error
        kind = head.get(("kind",), "")
        if set(head) != _WANTED or kind not in _PLURALS:
            raise NdcopsError(
                f"{source}: kind '{kind}' is none that the lab applies", resolution="ndcops toolchain build"
            )
        manifests.append(Manifest(head["apiVersion",], kind, head["metadata", "name"], document))
    return manifests


def _read_head(events: Iterable[Event]) -> dict[tuple[str, ...], str]:
    """The scalars of `_WANTED`; stops reading at the last of them."""
    found: dict[tuple[str, ...], str] = {}
    keys: list[str | None] = []  # for each open mapping the key whose value comes next, None before a key
    sequences = 0
    for event in events:
        if isinstance(event, MappingEndEvent) and not sequences:
            keys.pop()
        sequences += isinstance(event, SequenceStartEvent) - isinstance(event, SequenceEndEvent)
        if isinstance(event, MappingStartEvent) and not sequences:
            keys.append(None)
        elif not sequences and keys:
            is_key = keys[-1] is None
            place = tuple(key or "" for key in keys)
            if isinstance(event, ScalarEvent) and not is_key and place in _WANTED:
                found[place] = event.value
            keys[-1] = event.value if is_key and isinstance(event, ScalarEvent) else None
        if len(found) == len(_WANTED):
            break
    return found


def lab_roles() -> list[Manifest]:
    """The operator's role, as shipped for production, KWOK's and the players'."""
    package = files("ndcops")
    sources = (
        "adapters/kubernetes_api/operator_role.yaml",
        "lab/manifests/kwok_role.yaml",
        "lab/manifests/players_role.yaml",
    )
    return [each for source in sources for each in read_manifests((package / source).read_text(), source)]


def read_definitions(folder: Path) -> Sequence[Manifest]:
    """Those of `DEFINITIONS`, from the files of a folder. Raises NdcopsError naming what is missing there."""
    found = {
        manifest.name: manifest
        for path in sorted(folder.rglob("*.yaml"))
        for manifest in read_manifests(path.read_text(), str(path))
    }
    if missing := [name for name in DEFINITIONS if name not in found]:
        raise NdcopsError(
            f"custom resource definitions are missing in {folder}",
            details=missing,
            resolution="ndcops toolchain build",
        )
    return [found[name] for name in DEFINITIONS]
