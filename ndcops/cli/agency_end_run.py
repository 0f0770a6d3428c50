"""What `agency accept` and `agency decommission` do: restore elsewhere, look, keep, certify."""

import threading
from pathlib import Path

from ndcops.cli import render
from ndcops.cli.agency_run import opened
from ndcops.cli.agency_switch_run import SwitchWords, switching_of
from ndcops.cli.agreement import agreed, ask
from ndcops.cli.options import Options
from ndcops.model.errors import ExitCode
from ndcops.wiring import switching as wired


def accept_system(options: Options, words: SwitchWords, site: str, into: str) -> int:
    """Restore at the other site, look how it ran, keep both; exit 5 while the gate stays shut."""
    stop = threading.Event()
    command = words.command.replace("cutover", "accept") + f" --at {site}"
    with opened(options) as room, switching_of(room, options, words, stop) as switching:
        acceptance = wired.acceptance(switching)
        room.reader.sources.check(into)
        proposal = acceptance.propose(words.agency, words.system, site=site, into=into)
        if not agreed(options, room.target.value, lambda as_json: render.show_acceptance_plan(proposal, as_json)):
            return ExitCode.DONE
        kept = acceptance.execute(proposal, command=command)
        render.show_standings(kept.reports, options.json)
    return ExitCode.DONE if all(report.is_open for report in kept.reports) else ExitCode.DIFFERENCES


def archive_source(options: Options, words: SwitchWords, site: str, into: str) -> int:
    """Restore the source a last time, and end the stream back; exit 5 while the gate stays shut."""
    stop = threading.Event()
    command = words.command.replace("cutover", "decommission") + f" --at {site}"
    with opened(options) as room, switching_of(room, options, words, stop) as switching:
        end = wired.decommission(switching)
        room.reader.sources.check(into)
        plan = end.propose_archive(words.agency, words.system, site=site, into=into)
        if not agreed(options, room.target.value, lambda as_json: render.show_archive_plan(plan, as_json)):
            return ExitCode.DONE
        kept = end.archive(words.agency, words.system, plan, command=command)
        render.show_standings(kept.reports, options.json)
    return ExitCode.DONE if all(report.is_open for report in kept.reports) else ExitCode.DIFFERENCES


def certify_erasure(options: Options, words: SwitchWords, person: str, key: Path) -> int:
    """One person's signature; the second one opens the gate. Exit 5 while it stays shut."""
    stop = threading.Event()
    command = words.command.replace("cutover", "decommission") + " --certify"
    with opened(options, key) as room, switching_of(room, options, words, stop) as switching:
        end = wired.decommission(switching)
        statement = end.statement(words.agency, words.system, person)
        if options.dry_run:
            render.show_json({"signs": statement.model_dump(mode="json")})
            return ExitCode.DONE
        ask(options, room.target.value)
        kept = end.certify(wired.signed_erasure(statement, key), command=command)
        render.show_standings(kept.reports, options.json)
    return ExitCode.DONE if all(report.is_open for report in kept.reports) else ExitCode.DIFFERENCES
