"""Builds what roadmap and portfolio need: the inventory, the ledger of a target, the room of its centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ndcops.model.inventory import Inventory
    from ndcops.model.roadmap import SiteRoom
    from ndcops.model.site import Site
    from ndcops.onboarding.ports import SiteRooms
    from ndcops.onboarding.run.portfolio import Portfolios
    from ndcops.onboarding.run.roadmap import Roadmapping
    from ndcops.workflow.journal import Journal

FILL_LIMIT_PERMILLE = 800
"""Of what a centre's tiers hold: beyond four fifths Ceph slows down and refuses backfill (nearfull, 85%)."""


def register_ledger(kind: str, chosen_inventory: Path | None) -> "Journal":
    """The ledger that holds the register of a target; see `onboarding` for who keeps it."""
    from ndcops.wiring.onboarding import ledger_of, records_folder

    return ledger_of(kind, chosen_inventory, records_folder(kind), "")


def roadmapping(
    kind: str, chosen_inventory: Path | None, *, history: Path | None = None, prometheus: str | None = None
) -> "Roadmapping":
    """The roadmap of a target; with a history of usage, room is foretold. Raises InvalidInput."""
    from ndcops.onboarding.run.roadmap import Roadmapping
    from ndcops.wiring import read_inventory

    inventory = read_inventory(chosen_inventory)
    declared = DeclaredRooms(inventory, date.min)
    foretold = history is not None or prometheus is not None
    return Roadmapping(
        inventory=inventory,
        ledger=register_ledger(kind, chosen_inventory),
        rooms=_foretold(inventory, declared, history, prometheus) if foretold else declared,
        today=lambda: datetime.now(UTC).date(),
    )


def _foretold(
    inventory: "Inventory", declared: "SiteRooms", history: Path | None, prometheus: str | None
) -> "SiteRooms":
    from ndcops.model.errors import InvalidInput
    from ndcops.wiring.capacity import usage_history
    from ndcops.wiring.forecast_rooms import ForecastRooms, calendar_days

    rules = inventory.roadmap
    if rules is None:
        raise InvalidInput(
            "the inventory has no roadmap.yaml", resolution="ndcops inventory schema --kind RoadmapRules"
        )
    now = datetime.now(UTC)
    return ForecastRooms(
        declared=declared,
        inventory=inventory,
        source=usage_history(history, prometheus),
        now=lambda: now,
        horizon_days=calendar_days(rules.first_day, rules.waves, rules.wave_weeks, now.date()),
        fill_permille=FILL_LIMIT_PERMILLE,
    )


def portfolios(kind: str, chosen_inventory: Path | None) -> "Portfolios":
    """The portfolio of a target. Raises InvalidInput for a bad inventory."""
    from ndcops.onboarding.run.portfolio import Portfolios
    from ndcops.wiring import read_inventory

    return Portfolios(
        inventory=read_inventory(chosen_inventory),
        ledger=register_ledger(kind, chosen_inventory),
        today=lambda: datetime.now(UTC).date(),
    )


@dataclass(frozen=True)
class DeclaredRooms:
    """Room by declaration: what replicated tiers hold, less what hosted services take at home and standby."""

    inventory: "Inventory"
    since: date

    def rooms(self) -> "Sequence[SiteRoom]":
        """One room for each built site, the same on every day: purchases are not declared."""
        from ndcops.model.roadmap import SiteRoom

        return [
            SiteRoom(site=site.name, since=self.since, free_bytes=self._free_bytes(site))
            for site in self.inventory.built_sites()
        ]

    def _free_bytes(self, site: "Site") -> int:
        from ndcops.model.quantity import parse_quantity
        from ndcops.model.site import Replication

        tiers = {
            tier.name: int(parse_quantity(tier.usable))
            for tier in site.tiers
            if tier.replication is not Replication.NONE
        }
        taken = 0
        for service in self.inventory.services_at(site.name):
            sizes = [
                (each.volume.tier, each.volume.size, each.replicas) for each in service.workloads if each.volume
            ]
            if service.database is not None:
                members = service.database.members_per_site
                sizes.append((service.database.tier, service.database.size, members))
            taken += sum(int(parse_quantity(size)) * count for tier, size, count in sizes if tier in tiers)
        return max(sum(tiers.values()) * FILL_LIMIT_PERMILLE // 1000 - taken, 0)
