"""A namespace of a lab cluster that a test fills as administrator; all that it made is gone afterwards."""

import time
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

_FENCES = "/apis/csiaddons.openshift.io/v1alpha1/networkfences"


@dataclass
class LabObjects:
    """One site's API; `target` is what an operator uses."""

    api: HttpsClient
    target: Target
    made: list[str] = field(default_factory=list)

    def put(self, path: str, document: dict[str, Any]) -> None:
        """Create an object; one that is there already is somebody else's, and stays as it is.

        Returns when its controllers have written their first status: a test counts the writes that come later.
        """
        if not self._is_there(path):
            self.api.create(path.rpartition("/")[0], document)
            self.made.append(path)
            wait_until(lambda: self._rests(path))

    def _rests(self, path: str) -> bool:
        before = self.api.get(path)["metadata"]["resourceVersion"]
        time.sleep(0.3)
        return bool(self.api.get(path)["metadata"]["resourceVersion"] == before)

    def clear(self) -> None:
        """Remove what was put, fences too, and wait until it is gone."""
        self.made += [f"{_FENCES}/{item['metadata']['name']}" for item in self.api.get(_FENCES)["items"]]
        for path in self.made:
            self.api.delete(path)
        wait_until(lambda: not any(map(self._is_there, self.made)))

    def _is_there(self, path: str) -> bool:
        try:
            self.api.get(path)
        except NotFound:
            return False
        return True


@contextmanager
def lab_objects(site: str, namespace: str) -> Iterator[LabObjects]:
    """The namespace, empty; it stays until the lab goes, for its removal takes seconds."""
    paths = LabPaths(lab_folder())
    state = read_state(paths)
    assert state is not None
    with open_api(paths, state.site(site)) as api:
        found = LabObjects(api, lab_target())
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        api.create("/api/v1/namespaces", document)
        # A kind that was defined a moment ago answers 429 until its storage is ready, Established or not.
        wait_until(lambda: api.answers(_FENCES))
        try:
            yield found
        finally:
            found.clear()
