"""What the verbs of `ndcops harden` share: opening the room, Ctrl-C, and plan → confirm → execute → evidence."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ndcops.cli import render
from ndcops.cli.agreement import Show, agreed_plan
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.hardening.run import Hardening, Proposal, Selection
from ndcops.hardening.steps import HardenWorld
from ndcops.model.errors import ExitCode, InvalidInput
from ndcops.model.hardening import TaskProgress
from ndcops.model.scan import Scan
from ndcops.reports.evidence_page import write_evidence_page
from ndcops.wiring import hardening as wired
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import StepEvent

Select = Callable[[list[str] | None, list[str] | None, list[str] | None], Selection]


def new_run() -> str:
    """The name of a run: its time, to the second; hosts keep their snapshots under it."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


@contextmanager
def opened(options: Options, *, evict_unmanaged: bool = False) -> Iterator[tuple[Hardening, Select]]:
    """The room, with live progress, and stopped cleanly by Ctrl-C, SIGTERM or a closed terminal."""
    stop = threading.Event()
    with render.WorkProgress(quiet=options.json) as bars:
        pace = _Pace(bars)
        room = wired.hardening(
            options.target,
            options.inventory,
            stop=stop,
            on_task=pace.task,
            on_step=pace.step,
            evict_unmanaged=evict_unmanaged,
        )

        def select(hosts: list[str] | None, roles: list[str] | None, controls: list[str] | None) -> Selection:
            return Selection(options.sites, tuple(hosts or ()), tuple(roles or ()), tuple(controls or ()))

        def interrupt() -> None:
            stop.set()
            render.say("stopping: the host in hand is put back as it was")

        with stopping(interrupt):
            yield room, select


class _Pace:
    """Feeds the bars: a line a host, with the control in hand and the time left at the pace so far."""

    def __init__(self, bars: render.WorkProgress) -> None:
        self._bars = bars
        self._began: dict[str, datetime] = {}
        self._done: dict[str, int] = {}

    def task(self, progress: TaskProgress) -> None:
        """A task began or ended on a host."""
        now = datetime.now(UTC)
        if progress.done < self._done.get(progress.host, 0):
            self._began.pop(progress.host, None)
        began = self._began.setdefault(progress.host, now)
        self._done[progress.host] = progress.done
        left = None
        if progress.total and progress.done:
            left = (now - began).total_seconds() / progress.done * (progress.total - progress.done)
        control = progress.control or progress.task
        self._bars.advance(progress.host, control, progress.done, progress.total, left)

    def step(self, event: StepEvent) -> None:
        """A host's step changed its state, or says how far it is."""
        if event.state != "running" or event.line:
            self._bars.advance(event.key, event.line or event.state, 0, 0, None)


def execute_hardening(room: Hardening, proposal: Proposal, options: Options, *, batch: int) -> int:
    """Show the plan, ask, execute that very plan, and say what was done."""
    return _execute(
        room, proposal.plan, lambda as_json: render.show_hardening_plan(proposal, as_json), options, batch
    )


def execute_rollback(room: Hardening, plan: Plan[HardenWorld], options: Options, batch: int) -> int:
    """The same for a rollback."""
    return _execute(room, plan, lambda as_json: render.show_rollback_plan(plan, as_json), options, batch)


def _execute(room: Hardening, plan: Plan[HardenWorld], show: Show, options: Options, batch: int) -> int:
    if not agreed_plan(options, plan, show, stop=room.stop):
        return ExitCode.DONE
    result = room.execute(plan, batch=batch)
    render.show_hardening_result(plan, result, options.json)
    return ExitCode.DONE


def scan_hosts(
    room: Hardening, selection: Selection, content: Path, profile: str, options: Options
) -> Sequence[Scan]:
    """Let independent scanners judge the hosts; what they say joins the evidence. Raises InvalidInput."""
    if not content.is_file():
        raise InvalidInput(
            f"{content} is no file; expected an SCAP data stream", resolution="harden verify --help"
        )
    with render.WorkProgress(quiet=options.json) as bars:
        return room.scan(
            selection, content, profile, on_host=lambda host, at, of: bars.advance(host, "scanners", at, of, None)
        )


def signature_of(options: Options, waiver_id: str, key: Path | None) -> str:
    """The owner's signature over a waiver, for its `signature` field. Raises InvalidInput."""
    if key is None:
        raise InvalidInput(
            "--sign needs the owner's private key", resolution=f"add --key FILE to sign {waiver_id}"
        )
    return wired.sign_waiver(options.inventory, waiver_id, key)


def show_evidence(options: Options, html: Path | None) -> int:
    """The chain of evidence, checked first: as a page, as JSON, or summed up."""
    records = wired.hardening_evidence(options.target)
    if html is not None:
        found = wired.evidence_of(options.target, options.inventory)
        write_evidence_page(
            found.records,
            found.controls,
            found.waivers,
            html,
            target=options.target,
            taken_at=found.taken_at,
            hosts=found.hosts,
        )
    if options.json:
        render.show_json({"records": [record.model_dump(mode="json") for record in records]})
    else:
        render.show_evidence(records, html)
    return ExitCode.DONE
