"""Journals of earlier runs: which one a command goes on with, and how far all of them have come."""

from collections.abc import Iterable
from datetime import datetime

from ndcops.model.cutover import End
from ndcops.model.dossier import Dossier, DossierSystem
from ndcops.onboarding.ports.switching import Journals
from ndcops.onboarding.run.switching.execution import TAKEN_BACK, ended_with, is_aborting, is_fenced, planned
from ndcops.workflow.journal import Journal


def title_of(dossier: Dossier, system: DossierSystem, leaving: End) -> str:
    """Of plan and journal."""
    verb = "cutover" if leaving is End.SOURCE else "rollback"
    return f"agency {verb} {dossier.id} {system.id}"


def open_journal(journals: Journals, title: str, *, since: datetime | None) -> Journal | None:
    """The last run's, when it belongs to the state that the system is in `since` then and stopped writes: one that
    did not is planned anew, against the facts of now.
    """
    found = journals.last(title)
    records = found.records() if found is not None else ()
    if not records or ended_with(records) == TAKEN_BACK or (since is not None and records[0].time < since):
        return None
    if is_aborting(records):
        return found
    plan = planned(records)
    return found if plan is not None and is_fenced(plan, records) else None


def last_written(journals: Journals, titles: Iterable[str]) -> tuple[str, ...]:
    """The digest of the last record of each title's newest run; empty where there is none."""
    found = [journals.last(title) for title in titles]
    chains = [each.records() if each is not None else () for each in found]
    return tuple(chain[-1].digest if chain else "" for chain in chains)
