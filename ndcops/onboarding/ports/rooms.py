"""Space at the centres, as the roadmap needs it."""

from collections.abc import Sequence
from typing import Protocol

from ndcops.model.roadmap import SiteRoom


class SiteRooms(Protocol):
    """How much the centres can still take, now and later; the capacity room or the declared tiers know."""

    def rooms(self) -> Sequence[SiteRoom]:
        """Free bytes by site and day. Raises NdcopsError when that is not known."""
        ...
