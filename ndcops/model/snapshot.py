"""What a site's clusters held at one moment: the file from which every capacity answer can be repeated."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ndcops.model.document import Document, Value
from ndcops.model.record import JsonObject


class SiteSnapshot(Value):
    """One site's objects as its API gave them, by plural kind (`nodes`, `pods`, ...)."""

    site: str
    cluster_uid: str
    resource_version: str
    objects: dict[str, tuple[JsonObject, ...]] = Field(default_factory=dict)


class Snapshot(Document):
    """The sites of one target at one moment; `taken_at` in UTC."""

    KIND = "Snapshot"

    kind: Literal["Snapshot"] = "Snapshot"
    target: str
    taken_at: datetime
    sites: tuple[SiteSnapshot, ...]
