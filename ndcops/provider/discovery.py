"""From apiVersion and kind to the resource's path on the API server; `cluster_api` and `check` ask it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from ndcops.model.errors import NdcopsError
from ndcops.provider.known_kinds import KNOWN_KINDS
from ndcops.provider.wire import JsonObject

AGGREGATED: Final = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
)

Fetch = Callable[[str, str], Any]
"""(path, Accept header) to the decoded answer."""


class UnknownKind(NdcopsError):
    """The API server serves no such kind (yet): its CustomResourceDefinition may be on its way."""


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """A kind as the API server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The path of one object, or of the collection when `name` is empty."""
        root = "/apis/" if "/" in self.api_version else "/api/"
        scope = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        end = f"/{quote(name, safe='')}" if name else ""
        return f"{root}{self.api_version}{scope}/{self.plural}{end}"


class Discovery:
    """Kinds of one API server: built-in ones by table, the rest by one aggregated discovery call, kept."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._kinds = {
            key: ObjectKind(*key, plural=plural, namespaced=namespaced)
            for key, (plural, namespaced) in KNOWN_KINDS.items()
        }
        self._declared: dict[tuple[str, str], bool] = {}
        self._generation = 0

    def declare(self, definition: JsonObject) -> None:
        """Learn the scope of a CustomResourceDefinition of the program, for checks before it exists."""
        spec = definition.get("spec")
        names = spec.get("names") if isinstance(spec, dict) else None
        if not isinstance(spec, dict) or not isinstance(names, dict):
            return
        for version in spec.get("versions") or []:
            if isinstance(version, dict):
                key = (f"{spec.get('group')}/{version.get('name')}", str(names.get("kind")))
                self._declared[key] = spec.get("scope") == "Namespaced"

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Whether objects of the kind live in a namespace; kinds nobody knows are assumed to."""
        known = self._kinds.get((api_version, kind))
        if known is not None:
            return known.namespaced
        declared = self._declared.get((api_version, kind))
        if declared is not None:
            return declared
        try:
            return self.find(api_version, kind).namespaced
        except UnknownKind:
            return True

    def find(self, api_version: str, kind: str) -> ObjectKind:
        """The kind as served. Asks the API server again when it is not known. Raises UnknownKind."""
        seen = self._generation
        found = self._kinds.get((api_version, kind))
        if found is None:
            with self._lock:
                if self._generation == seen:
                    self._refresh()
            found = self._kinds.get((api_version, kind))
        if found is None:
            raise UnknownKind(
                f"the cluster serves no kind {kind} in {api_version}",
                resolution="install its CustomResourceDefinition, or correct apiVersion and kind",
            )
        return found

    def _refresh(self) -> None:
        for root in ("/api", "/apis"):
            answer = self._fetch(root, AGGREGATED)
            for group in answer.get("items") or []:
                name = (group.get("metadata") or {}).get("name", "")
                for version in group.get("versions") or []:
                    self._learn(name, version)
        self._generation += 1

    def _learn(self, group: str, version: JsonObject) -> None:
        api_version = f"{group}/{version['version']}" if group else str(version["version"])
        for resource in version.get("resources") or []:
            kind = (resource.get("responseKind") or {}).get("kind")
            if kind:
                namespaced = resource.get("scope") == "Namespaced"
                key = (api_version, str(kind))
                self._kinds[key] = ObjectKind(*key, plural=str(resource["resource"]), namespaced=namespaced)
