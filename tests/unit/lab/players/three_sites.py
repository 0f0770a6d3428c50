"""Three sites' objects in memory, each with its player, and drivers' patches as an operator would send them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ndcops.lab.players.site_player import SitePlayer
from ndcops.model.errors import NdcopsError
from tests.failover_objects import path_of
from tests.fakes.objects_http import ObjectServer, merged

SITES = ("ndc1", "ndc2", "ndc3")


class Link:
    """One site's API as another sees it; a cut one does not answer."""

    def __init__(self, server: ObjectServer) -> None:
        self.server = server
        self.cut = False

    def get(self, path: str) -> dict[str, Any]:
        if self.cut:
            raise NdcopsError("no answer")
        group, _, plural = path.partition("?")[0].rpartition("/")
        items = [
            item
            for place, item in self.server.objects.items()
            if place.startswith(group) and place.split("/")[-2] == plural
        ]
        return {"items": items}

    def merge(self, path: str, changes: dict[str, Any]) -> dict[str, Any]:
        if self.cut:
            raise NdcopsError("no answer")
        place = path.removesuffix("/status")
        live = self.server.objects[place]
        if changes["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise NdcopsError("409")
        kept = {"status"} if path != place else {"metadata"}
        return self.server.put(place, merged(live, {key: changes[key] for key in kept if key in changes}))


@dataclass
class ThreeSites:
    """The world: `look` lets every player take steps, a second apart."""

    servers: dict[str, ObjectServer] = field(default_factory=lambda: {site: ObjectServer(site) for site in SITES})
    now: datetime = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.links = {(a, b): Link(self.servers[b]) for a in SITES for b in SITES}
        self.players = {
            site: SitePlayer(
                site,
                self.links[site, site],
                {other: self.links[site, other] for other in SITES if other != site},
                lambda: self.now,
                lambda: self.now.timestamp(),
            )
            for site in SITES
        }

    def isolate(self, site: str, cut: bool = True) -> None:
        for (one, other), link in self.links.items():
            if site in (one, other) and one != other:
                link.cut = cut

    def add(self, site: str, document: dict[str, Any]) -> None:
        self.servers[site].put(path_of(document), document)

    def live(self, site: str, document: dict[str, Any]) -> dict[str, Any]:
        return self.servers[site].objects[path_of(document)]

    def patch(self, site: str, document: dict[str, Any], **spec: Any) -> None:
        self.servers[site].put(path_of(document), merged(self.live(site, document), {"spec": spec}))

    def annotate(self, site: str, document: dict[str, Any], **notes: str | None) -> None:
        named = {f"players.ndc.gov.vn/{key.replace('_', '-')}": value for key, value in notes.items()}
        change = {"metadata": {"annotations": named}}
        self.servers[site].put(path_of(document), merged(self.live(site, document), change))

    def look(self, seconds: int = 6, *sites: str) -> None:
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            for site in sites or SITES:
                self.players[site].look()


def condition(live: dict[str, Any], kind: str) -> dict[str, Any]:
    """A condition; it must be there."""
    return next(each for each in live["status"]["conditions"] if each["type"] == kind)
