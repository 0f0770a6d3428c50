"""Reads what a roadmap is made from, and plans it; `roadmap_keeping` records it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from ndcops.model.errors import InvalidInput
from ndcops.model.inventory import Inventory
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.record import Record
from ndcops.model.register import ROADMAP_PLANNED
from ndcops.model.roadmap import Roadmap, RoadmapRules
from ndcops.model.standing import standings
from ndcops.onboarding.plan.roadmap import RoadmapFacts, plan_roadmap
from ndcops.onboarding.ports import SiteRooms
from ndcops.workflow.journal import Journal


@dataclass
class Roadmapping:
    """The entrance. The former roadmap and the states of systems come from the ledger, never from memory."""

    inventory: Inventory
    ledger: Journal
    rooms: SiteRooms
    today: Callable[[], date]

    def plan(self, *, anew: bool = False) -> Roadmap:
        """The roadmap, near the former one unless `anew`. Raises InvalidInput, Refused."""
        return plan_roadmap(self.facts(anew=anew))

    def facts(self, *, anew: bool = False) -> RoadmapFacts:
        """What it is made from. Raises InvalidInput."""
        records = self.ledger.records()
        return RoadmapFacts(
            dossiers=self.inventory.dossiers,
            states=_states(records),
            rules=self.rules(),
            room=self.rooms.rooms(),
            former=None if anew else former_roadmap(records),
            as_of=self.today(),
        )

    def rules(self) -> RoadmapRules:
        """The declared rules. Raises InvalidInput when there are none."""
        if self.inventory.roadmap is None:
            raise InvalidInput(
                "the inventory has no roadmap.yaml: calendar, nights and teams are not known",
                resolution="ndcops inventory schema --kind RoadmapRules",
            )
        return self.inventory.roadmap


def former_roadmap(records: tuple[Record, ...]) -> Roadmap | None:
    """The last roadmap that was recorded. Raises InvalidInput when this release cannot read it."""
    last = next((record for record in reversed(records) if record.kind == ROADMAP_PLANNED), None)
    if last is None:
        return None
    try:
        return Roadmap.model_validate(last.body)
    except ValidationError as error:
        raise InvalidInput(
            f"the roadmap of ledger record {last.sequence} cannot be read ({error.error_count()} fields wrong)",
            resolution="plan without it: ndcops agency roadmap --anew",
        ) from error


def _states(records: tuple[Record, ...]) -> dict[tuple[str, str], LifecycleState]:
    return {(each.agency, each.system): each.state for each in standings(records).values()}
