"""Writes the files that `agency roadmap` and `agency portfolio` are asked for."""

import json
from pathlib import Path

from ndcops.cli.options import Options
from ndcops.model.errors import InvalidInput
from ndcops.model.portfolio import Portfolio
from ndcops.model.roadmap import Roadmap
from ndcops.onboarding.run.portfolio import Portfolios
from ndcops.onboarding.run.roadmap import Roadmapping
from ndcops.reports.catalogue import LANGUAGES, Language
from ndcops.reports.page import write_page


def write_roadmap(
    room: Roadmapping,
    found: Roadmap,
    options: Options,
    *,
    html: Path | None,
    markdown: Path | None,
    ics: Path | None,
    language: str,
) -> None:
    """Every file that was asked for. Raises InvalidInput for another language, NdcopsError for a bad path."""
    from ndcops.reports.roadmap_calendar import roadmap_calendar
    from ndcops.reports.roadmap_page import roadmap_page
    from ndcops.reports.roadmap_text import roadmap_markdown

    spoken = checked_language(language)
    titles = {system.id: system.title for dossier in room.inventory.dossiers for system in dossier.systems}
    agencies = {dossier.id: dossier.title for dossier in room.inventory.dossiers}
    if html is not None:
        write_page(roadmap_page(found, room.rules(), agencies, titles, target=options.target), html)
    if markdown is not None:
        text = roadmap_markdown(found, room.rules(), agencies, titles, spoken)
        write_page(text, markdown, option="--markdown FILE")
    if ics is not None:
        write_page(roadmap_calendar(found, agencies, titles, spoken), ics, option="--ics FILE")


def record_roadmap(room: Roadmapping, found: Roadmap, options: Options) -> int:
    """Keep the roadmap and let in what it has nights for: plan, confirm, execute."""
    from ndcops.cli.agency_run import execute, opened
    from ndcops.onboarding.run.roadmap_keeping import propose_roadmap

    with opened(options) as onboarding:
        return execute(onboarding, propose_roadmap(onboarding, room.facts(), found), options)


def write_portfolio(
    room: Portfolios, found: Portfolio, options: Options, *, html: Path | None, dcat: Path | None
) -> None:
    """Every file that was asked for. Raises NdcopsError for a bad path."""
    from ndcops.reports.portfolio_page import portfolio_page

    if html is not None:
        write_page(portfolio_page(found, target=options.target), html)
    if dcat is not None:
        text = json.dumps(room.catalogue(), ensure_ascii=False, indent=2) + "\n"
        write_page(text, dcat, option="--dcat FILE")


def checked_language(language: str) -> Language:
    """The language. Raises InvalidInput for another than vi and en."""
    found = next((each for each in LANGUAGES if each == language), None)
    if found is None:
        raise InvalidInput(f"'{language}' is no language of the reports; expected vi or en")
    return found
