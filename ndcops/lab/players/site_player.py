"""One look of a site's player: read what it plays, let the state machines take a step, write that."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from ndcops.lab.players import clusters, fences, routes, volumes
from ndcops.lab.players.played import Change, Moment
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject

LOG = logging.getLogger("players")
_REPLICATION: Final = "/apis/replication.storage.openshift.io/v1alpha1"
_FENCES: Final = "/apis/csiaddons.openshift.io/v1alpha1"
_POSTGRES: Final = "/apis/postgresql.cnpg.io/v1"
_GATEWAY: Final = "/apis/gateway.networking.k8s.io/v1"
_CACHED: Final = "?resourceVersion=0"
"""From the API server's cache, without asking etcd."""


class Api(Protocol):
    """A site's API server. Both raise NdcopsError, also for a write that came too late (409)."""

    def get(self, path: str) -> JsonObject:
        """GET."""
        ...

    def merge(self, path: str, changes: JsonObject) -> JsonObject:
        """PATCH, RFC 7386."""
        ...


@dataclass
class SitePlayer:
    """A site's player. peers: the other sites' APIs, reached or not. seen: since when a generation is known."""

    site: str
    api: Api
    peers: Mapping[str, Api]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    seen: dict[tuple[str, int], float] = field(default_factory=dict)

    def look(self) -> int:
        """One look at everything; gives how many objects were changed. A kind that cannot be read is left out."""
        written = 0
        for kind in (self._volumes, self._clusters, self._fences, self._routes):
            try:
                steps = list(kind())
            except NdcopsError as error:
                LOG.info("%s", error.message)
                continue
            written += sum(self._write(path, live, change) for path, live, change in steps if change is not None)
        return written

    def _volumes(self) -> Iterator["_Step"]:
        found = self._list(f"{_REPLICATION}/volumereplications")
        if not found:
            return
        others = {site: self._peer(api, f"{_REPLICATION}/volumereplications") for site, api in self.peers.items()}
        used = self._claims_in_use()
        for live in found:
            peer = _volume_peer(live, list(others.values()))
            claim = (live["metadata"]["namespace"], live["spec"]["dataSource"]["name"])
            change = volumes.advance(live, peer, in_use=claim in used, moment=self._moment(live))
            yield (
                f"{_REPLICATION}/namespaces/{claim[0]}/volumereplications/{live['metadata']['name']}",
                live,
                change,
            )

    def _clusters(self) -> Iterator["_Step"]:
        known: dict[str, list[JsonObject] | None] = {}
        for live in self._list(f"{_POSTGRES}/clusters"):
            site = (live["spec"].get("replica") or {}).get("source") or ""
            if site in self.peers and site not in known:
                known[site] = self._peer(self.peers[site], f"{_POSTGRES}/clusters")
            there = known.get(site)
            source = clusters.Source(there is not None, _same(live, there or []))
            space, name = live["metadata"]["namespace"], live["metadata"]["name"]
            change = clusters.advance(live, source, self._moment(live))
            yield f"{_POSTGRES}/namespaces/{space}/clusters/{name}", live, change

    def _fences(self) -> Iterator["_Step"]:
        for live in self._list(f"{_FENCES}/networkfences"):
            path = f"{_FENCES}/networkfences/{live['metadata']['name']}"
            yield path, live, fences.advance(live, self._moment(live))

    def _routes(self) -> Iterator["_Step"]:
        for plural, advance in (("gateways", routes.advance_gateway), ("httproutes", routes.advance_route)):
            for live in self._list(f"{_GATEWAY}/{plural}"):
                space, name = live["metadata"]["namespace"], live["metadata"]["name"]
                yield f"{_GATEWAY}/namespaces/{space}/{plural}/{name}", live, advance(live, self._moment(live))

    def _claims_in_use(self) -> set[tuple[str, str]]:
        """Claims that some pod of this site still mounts."""
        return {
            (pod["metadata"]["namespace"], volume["persistentVolumeClaim"]["claimName"])
            for pod in self._list("/api/v1/pods")
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
            for volume in pod["spec"].get("volumes") or ()
            if "persistentVolumeClaim" in volume
        }

    def _list(self, path: str) -> list[JsonObject]:
        items: list[JsonObject] = self.api.get(path + _CACHED)["items"]
        return [item for item in items if "deletionTimestamp" not in item["metadata"]]

    def _peer(self, api: Api, path: str) -> list[JsonObject] | None:
        """What a peer has; None when it does not answer."""
        try:
            items: list[JsonObject] = api.get(path + _CACHED)["items"]
        except NdcopsError:
            return None
        return items

    def _moment(self, live: JsonObject) -> Moment:
        key = (str(live["metadata"]["uid"]), int(live["metadata"]["generation"]))
        since = self.seen.setdefault(key, self.monotonic())
        return Moment(self.now(), self.monotonic() - since)

    def _write(self, path: str, live: JsonObject, change: Change) -> bool:
        """What is done first, what is told of it after. False when it came too late: the next look repeats it."""
        try:
            if change.annotations:
                version = {"resourceVersion": live["metadata"]["resourceVersion"]}
                live = self.api.merge(path, {"metadata": version | {"annotations": change.annotations}})
            if change.status is not None:
                version = {"resourceVersion": live["metadata"]["resourceVersion"]}
                status = _replacing(live.get("status") or {}, change.status)
                self.api.merge(f"{path}/status", {"metadata": version, "status": status})
        except NdcopsError as error:
            LOG.info("%s: %s (%s)", path, error.message, "; ".join(error.details))
            return False
        LOG.info("%s: %s", path, json.dumps(change.status or change.annotations, sort_keys=True)[:400])
        return True


_Step = tuple[str, JsonObject, Change | None]


def _replacing(before: JsonObject, after: JsonObject) -> JsonObject:
    """A merge patch that leaves nothing of `before` that `after` lacks."""
    return dict.fromkeys(before.keys() - after.keys()) | after


def _same(live: JsonObject, items: list[JsonObject]) -> JsonObject | None:
    """The object of the same namespace and name."""
    wanted = (live["metadata"]["namespace"], live["metadata"]["name"])
    return next(
        (each for each in items if (each["metadata"]["namespace"], each["metadata"]["name"]) == wanted), None
    )


def _volume_peer(live: JsonObject, others: list[list[JsonObject] | None]) -> volumes.Peer:
    """The other side: it stands on one of the peers; while it is found on none, a silent peer may have it."""
    for items in others:
        found = _same(live, items or [])
        if found is not None:
            return volumes.Peer(True, found)
    return volumes.Peer(all(items is not None for items in others))
