"""What the ledger keeps of a roadmap: the roadmap, the services, evidence for systems' gates; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from ndcops.model.dossier import DossierSystem
from ndcops.model.record import JsonObject, Record
from ndcops.model.register import SERVICES_DECLARED
from ndcops.model.roadmap import Cutover, PlannedMove, ReasonKind, Roadmap
from ndcops.model.service import Service
from ndcops.onboarding.plan.ledger.growth import Entry
from ndcops.onboarding.plan.register.entries import services_entry
from ndcops.onboarding.plan.roadmap.planning import RoadmapFacts, recheck

LOCAL_TIME = timezone(timedelta(hours=7))
"""Of every centre: Vietnam has one time, without a summer."""


def roadmap_values(facts: RoadmapFacts, found: Roadmap, agency: str, system: DossierSystem) -> JsonObject | None:
    """Evidence `roadmap` of a system; None when it has no night.

    violations: of the whole roadmap, for a plan that breaks a rule anywhere is none. capacity_fits: the room
    of its home and standby is known, and nothing overdraws it.
    """
    move = found.move_of(agency, system.id)
    if move is None:
        return None
    cutover = _cutover(move, agency, system.id)
    begins = datetime.fromisoformat(f"{cutover.night}T{cutover.starts}").replace(tzinfo=LOCAL_TIME)
    wrong = recheck(facts, found)
    known = {room.site for room in facts.room}
    overdrawn = any(
        f": {ReasonKind.ROOM} {site}" in line for line in wrong for site in (system.home, system.standby)
    )
    return {
        "violations": len(wrong),
        "capacity_fits": {system.home, system.standby} <= known and not overdrawn,
        "window_start": begins.isoformat(),
        "window_end": (begins + timedelta(hours=cutover.hours)).isoformat(),
        "wave": move.ends + 1,
    }


def _cutover(move: PlannedMove, agency: str, system: str) -> Cutover:
    return next(each for each in move.cutovers if (each.agency, each.system) == (agency, system))


def services_news(services: Sequence[Service], records: Sequence[Record]) -> Entry | None:
    """The record of the centres' services when the ledger's last one says something else, or there is none."""
    entry = services_entry(services)
    last = next((record for record in reversed(records) if record.kind == SERVICES_DECLARED), None)
    return entry if last is None or last.body != entry.body else None
