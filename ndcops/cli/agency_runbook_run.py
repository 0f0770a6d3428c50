"""What `agency runbook` does: show and write it, or run a step: show → confirm → perform → keep."""

from pathlib import Path

from ndcops.cli import render
from ndcops.cli.agency_run import opened
from ndcops.cli.agreement import agreed
from ndcops.cli.options import Options
from ndcops.cli.own_commands import OwnCommands
from ndcops.model.errors import ExitCode, InvalidInput
from ndcops.onboarding.run.runbook import find_task, perform, propose_done, read_runbook


def show_runbook(
    options: Options,
    agency: str,
    system: str | None,
    *,
    html: Path | None,
    markdown: Path | None,
    language: str,
) -> int:
    """Every form that was asked for; a table besides."""
    from ndcops.cli.agency_plans import checked_language
    from ndcops.reports.page import write_page

    spoken = checked_language(language)
    with opened(options) as room:
        filled = read_runbook(room, agency, system)
    if html is not None:
        from ndcops.reports.runbook_page import runbook_page

        write_page(runbook_page(filled, target=options.target), html)
    if markdown is not None:
        from ndcops.reports.runbook_text import runbook_markdown

        write_page(runbook_markdown(filled, spoken, target=options.target), markdown, option="--markdown FILE")
    render.show_runbook(filled, options.json)
    return ExitCode.DONE


def run_step(options: Options, agency: str, system: str | None, step: str | None, subject: str | None) -> int:
    """Perform one step. The register is free meanwhile: the step's own command writes to it."""
    if subject is not None and step is None:
        raise InvalidInput("--subject goes with --run STEP", resolution="ndcops agency runbook --help")
    with opened(options) as room:
        filled = read_runbook(room, agency, system)
    task = find_task(filled, step, subject)
    if not agreed(options, options.target, lambda as_json: render.show_task(task, as_json)):
        return ExitCode.DONE
    done = perform(task, filled, OwnCommands(options))
    with opened(options) as room:
        room.execute(propose_done(room, done))
    render.show_done_step(task, done, options.json)
    return ExitCode.DONE
