"""What a target's clusters held at one moment: the file from which every capacity answer can be repeated."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from ndcops.model.document import Document, Value
from ndcops.model.record import JsonObject

PodCount = Annotated[int, Field(ge=1)]


class PodGroup(Value):
    """Pods that no scheduler can tell apart, and where they are.

    template: a pod as the API gives it, without name, UID, node name and whatever the scheduler does not read.
    nodes: pods by node name; `""` counts those not bound yet.
    """

    template: JsonObject
    nodes: dict[str, PodCount] = Field(min_length=1)

    @property
    def pods(self) -> int:
        """How many pods the group has."""
        return sum(self.nodes.values())


class Unread(StrEnum):
    """Why a site's objects of a kind are not known."""

    NOT_SERVED = "not served"
    """The API has no such kind (404), so there can be no such object."""

    FORBIDDEN = "forbidden"
    """The reader may not list them (403): there may be some, and answers that need them must say so."""


class SiteSnapshot(Value):
    """One site: objects by lower-case plural (`nodes`, `storageclasses`, ...), cut down to what scheduling reads.

    resource_version: that of the list of pods. Each kind is of one moment; kinds are some seconds apart, so a pod
    may name a node that came or went meanwhile. Objects are taken as they are: checking 90,000 of them would cost
    more than all answers.
    """

    site: str
    cluster_uid: str
    resource_version: str
    objects: dict[str, tuple[JsonObject, ...]] = Field(default_factory=dict)
    pods: tuple[PodGroup, ...] = ()
    unread: dict[str, Unread] = Field(default_factory=dict)


class Snapshot(Document):
    """The sites of one target; `taken_at` is when the reading began."""

    KIND = "Snapshot"

    kind: Literal["Snapshot"] = "Snapshot"
    target: str
    taken_at: AwareDatetime
    sites: tuple[SiteSnapshot, ...]

    def site(self, name: str) -> SiteSnapshot | None:
        """The snapshot of that site, if there is one."""
        return next((one for one in self.sites if one.site == name), None)


@dataclass(frozen=True)
class FactsProgress:
    """How far the reading of one kind is. `total` is what the API expects by now, None when it does not say."""

    site: str
    kind: str
    read: int
    total: int | None
