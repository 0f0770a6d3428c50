"""`ndcops failover report`: writes a run's report and journal, and checks a report that somebody hands in."""

from pathlib import Path

from pydantic import ValidationError

from ndcops.cli import render
from ndcops.cli.failover_run import opened
from ndcops.cli.options import Options
from ndcops.failover.plan.story import tell
from ndcops.model.errors import ExitCode, InvalidInput, Refused
from ndcops.model.record import Record, canonical_json
from ndcops.reports.failover_page import failover_markdown, failover_page, matches
from ndcops.reports.page import write_page


def write_report(
    options: Options, run: str, *, html: Path | None, markdown: Path | None, records: Path | None
) -> int:
    """Write what is asked for, and show the run. Raises NdcopsError for a path that cannot be written."""
    with opened(options) as (room, _):
        found = room.records(run)
    if html is not None:
        write_page(failover_page(run, found), html)
    if markdown is not None:
        write_page(failover_markdown(run, found), markdown, option="--markdown FILE")
    if records is not None:
        lines = (canonical_json(record.model_dump(mode="json")).decode() for record in found)
        write_page("".join(f"{line}\n" for line in lines), records, option="--records FILE")
    render.show_run(tell(run, found), options.json)
    return ExitCode.DONE


def check_report(options: Options, run: str, report: Path, records: Path | None) -> int:
    """Exit 5 when the report is not what the journal tells. With `records` no store is asked."""
    if records is None:
        with opened(options) as (room, _):
            found = room.records(run)
    else:
        found = read_records(records)
    same = matches(_read(report), run, found)
    if options.json:
        render.show_json({"run": run, "report": str(report), "unchanged": same, "digest": found[-1].digest})
    else:
        render.say(f"{report} is {'what' if same else 'NOT what'} the journal of {run} tells")
    return ExitCode.DONE if same else ExitCode.DIFFERENCES


def read_records(path: Path) -> tuple[Record, ...]:
    """The journal that `report --records` wrote. Raises Refused for one that was changed."""
    lines = _read(path).split(b"\n")
    if lines[-1] != b"":
        raise Refused(f"{path}: its last line was cut off", resolution="ndcops failover report RUN --records FILE")
    found = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            record = Record.model_validate_json(line)
            as_written = canonical_json(record.model_dump(mode="json")) == line
        except (ValidationError, ValueError):
            as_written = False
        if not as_written:
            raise Refused(
                f"{path}: line {number} is not a record as it was written",
                details=["the journal was changed after it was written"],
                resolution="ndcops failover report RUN --records FILE",
            )
        found.append(record)
    if not found:
        raise InvalidInput(f"{path} holds no records", resolution="ndcops failover report RUN --records FILE")
    return tuple(found)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"cannot read {path}: {error.strerror}", resolution="ndcops failover report --help"
        ) from error
