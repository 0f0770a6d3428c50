"""A namespace of a lab cluster that a test fills as administrator; all that it made is gone afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ndcops.lab.cluster_api import HttpsClient, NotFound
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.site_start import open_api
from ndcops.lab.state import lab_target, read_state
from ndcops.model.target import Target
from tests.fakes.objects_http import wait_until


@dataclass
class LabObjects:
    """One site's API; `target` is what an operator uses."""

    api: HttpsClient
    target: Target
    cluster_wide: list[str] = field(default_factory=list)

    def put(self, path: str, document: dict[str, Any]) -> None:
        collection, _, _ = path.rpartition("/")
        self.api.request("POST", collection, json.dumps(document).encode())
        if "/namespaces/" not in path:
            self.cluster_wide.append(path)

    def get(self, path: str) -> dict[str, Any]:
        return self.api.get(path)

    def merge(self, path: str, changes: dict[str, Any]) -> None:
        content_type = "application/merge-patch+json"
        self.api.request("PATCH", path, json.dumps(changes).encode(), content_type=content_type)


@contextmanager
def lab_objects(site: str, namespace: str) -> Iterator[LabObjects]:
    """The namespace, made new."""
    paths = LabPaths(lab_folder())
    state = read_state(paths)
    assert state is not None
    place = f"/api/v1/namespaces/{namespace}"
    with open_api(paths, state.site(site)) as api:
        found = LabObjects(api, lab_target())
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        api.create("/api/v1/namespaces", document)
        try:
            yield found
        finally:
            for item in api.get("/apis/csiaddons.openshift.io/v1alpha1/networkfences")["items"]:
                api.delete(f"/apis/csiaddons.openshift.io/v1alpha1/networkfences/{item['metadata']['name']}")
            for path in found.cluster_wide:
                api.delete(path)
            api.delete(place)
            wait_until(lambda: _is_gone(api, place))


def _is_gone(api: HttpsClient, path: str) -> bool:
    try:
        api.get(path)
    except NotFound:
        return True
    return False
