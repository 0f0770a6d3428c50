"""Reads all that scheduling depends on from one cluster, page by page; `api` calls it.

Lists are read at the newest resource version (none given) with a limit: every page of a list is then of one
moment, and the continue token keeps it. `resourceVersion=0` would be cheaper for old servers, but may be
arbitrarily stale, and servers before 1.34 ignore the limit with it and send the whole list as one answer.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ndcops.adapters.kubernetes_api.connection import PAGE_SIZE, Answer, Connections
from ndcops.adapters.kubernetes_api.object_trimming import KINDS, Kind
from ndcops.adapters.kubernetes_api.pod_groups import PodGroups
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.snapshot import FactsProgress, PodGroup, SiteSnapshot, Unread
from ndcops.model.target import ClusterRef

PAGE_TIMEOUT_S = 60.0
"""A page of 500 pods takes a tenth of a second; a server under load, or a far one, is given time."""

LIST_TRIES = 3
"""A list whose token expires (410) is begun anew; one that is slower than the token's five minutes never ends."""

FORBIDDEN, NOT_FOUND, GONE = 403, 404, 410


class _Expired(Exception):
    """The continue token is older than what the server keeps."""


class _Missing(Exception):
    """The kind is not served, or not to be listed."""

    def __init__(self, reason: Unread) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class _Read:
    """One kind, read whole: objects, or groups of pods."""

    objects: tuple[JsonObject, ...] = ()
    groups: tuple[PodGroup, ...] = ()
    resource_version: str = ""
    unread: Unread | None = None


class SiteReader:
    """One reading of one cluster."""

    def __init__(
        self, connections: Connections, cluster: ClusterRef, on_progress: Callable[[FactsProgress], None]
    ) -> None:
        self._connections = connections
        self._cluster = cluster
        self._on_progress = on_progress

    def read(self, cluster_uid: str) -> SiteSnapshot:
        """The site. Raises NdcopsError when nodes or pods cannot be read, or the cluster does not answer."""
        with ThreadPoolExecutor(1, "facts-page") as ahead:
            read = {name: self._kind(name, kind, ahead) for name, kind in KINDS.items()}
        return SiteSnapshot.model_construct(
            site=self._cluster.site,
            cluster_uid=cluster_uid,
            resource_version=read["pods"].resource_version,
            objects={name: each.objects for name, each in read.items() if name != "pods" and each.unread is None},
            pods=read["pods"].groups,
            unread={name: each.unread for name, each in read.items() if each.unread is not None},
        )

    def _kind(self, name: str, kind: Kind, ahead: ThreadPoolExecutor) -> _Read:
        """A list, begun anew when it expires: two halves of different moments would count pods twice or never."""
        for _ in range(LIST_TRIES):
            try:
                return self._pods(kind, ahead) if name == "pods" else self._objects(name, kind, ahead)
            except _Expired:
                continue
            except _Missing as missing:
                return _Read(unread=missing.reason)
        raise NdcopsError(
            f"cluster {self._cluster.site}: the list of {name} expired {LIST_TRIES} times while it was read (410)",
            details=["the server compacts its history sooner than the list can be read: it is slow or overloaded"],
            resolution="ndcops doctor",
        )

    def _pods(self, kind: Kind, ahead: ThreadPoolExecutor) -> _Read:
        groups, version = PodGroups(), ""
        for items, of_list in self._pages("pods", kind, ahead):
            version = of_list
            for item in items:
                groups.add(item)
        return _Read(groups=groups.groups(), resource_version=version)

    def _objects(self, name: str, kind: Kind, ahead: ThreadPoolExecutor) -> _Read:
        objects = [kind.trim(item) for items, _ in self._pages(name, kind, ahead) for item in items]
        objects.sort(key=lambda each: (each["metadata"].get("namespace", ""), each["metadata"]["name"]))
        return _Read(objects=tuple(objects))

    def _pages(self, name: str, kind: Kind, ahead: ThreadPoolExecutor) -> Iterator[tuple[list[JsonObject], str]]:
        """Pages with their resource version; the next one is on its way while one is worked on."""
        read, token = 0, ""
        coming: Future[Answer] | None = self._ask(name, kind, ahead, "")
        while coming is not None:
            page = self._page(name, kind, coming.result())
            metadata = page["metadata"]
            before, token = token, metadata.get("continue") or ""
            if token and token == before:
                raise ValueError(f"{name}: the same page again and again")
            coming = self._ask(name, kind, ahead, token) if token else None
            items: list[JsonObject] = page["items"]
            del page
            yield items, str(metadata.get("resourceVersion", ""))
            read += len(items)
            remaining = metadata.get("remainingItemCount") if token else 0
            total = None if remaining is None else read + remaining
            self._on_progress(FactsProgress(self._cluster.site, name, read, total))

    def _ask(self, name: str, kind: Kind, ahead: ThreadPoolExecutor, token: str) -> "Future[Answer]":
        query = {"limit": str(PAGE_SIZE), **({"continue": token} if token else {})}
        return ahead.submit(
            self._connections.get, self._cluster, f"{kind.root}/{name}", query, timeout_s=PAGE_TIMEOUT_S
        )

    def _page(self, name: str, kind: Kind, answer: Answer) -> JsonObject:
        if answer.status == GONE:
            raise _Expired
        if answer.status == NOT_FOUND and not kind.required:
            raise _Missing(Unread.NOT_SERVED)
        if answer.status == FORBIDDEN:
            if not kind.required:
                raise _Missing(Unread.FORBIDDEN)
            raise self._forbidden(name, kind, answer)
        return answer.document()

    def _forbidden(self, name: str, kind: Kind, answer: Answer) -> NdcopsError:
        cluster = self._cluster
        asked = f"kubectl --kubeconfig {cluster.kubeconfig} --context {cluster.context} auth can-i list {name}"
        rule = f'apiGroups: ["{kind.group}"], resources: [{name}], verbs: [get, list]'
        return NdcopsError(
            f"cluster {cluster.site} (context {cluster.context}) does not let us list {name}",
            details=[answer.said(), f"the ClusterRole ndcops-operator needs the rule: {rule}"],
            resolution=asked,
        )
