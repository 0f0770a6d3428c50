"""Live progress: one table for stacks, bars with time left for other long work."""

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ndcops.cli.render.console import err, say
from ndcops.model.stack_changes import StackProgress
from ndcops.workflow.runner import StepEvent

_STYLES = {"running": "cyan", "done": "green", "failed": "bold red", "blocked": "yellow", "waiting": "dim"}


@dataclass
class _Row:
    state: str = "waiting"
    handled: int = 0
    total: int | None = None
    line: str = ""
    began_s: float | None = None
    ended_s: float | None = None


@dataclass
class StackProgressTable:
    """A line a stack: state, objects handled, time left. Without a terminal, state changes as lines on stderr."""

    verb: str
    quiet: bool
    _rows: dict[str, _Row] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _live: Live | None = None

    def __enter__(self) -> Self:
        """Nothing is drawn before the first progress: questions come first."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw the last state and leave it standing."""
        with self._guard:
            if self._live is not None:
                self._live.update(self._table())
                self._live.stop()

    def advance(self, progress: StackProgress) -> None:
        """An engine handled one more object."""
        with self._guard:
            row = self._row(str(progress.stack))
            row.state = self.verb if row.state == "waiting" else row.state
            row.handled, row.total, row.line = progress.handled, progress.total, progress.line
            self._draw()

    def step(self, event: StepEvent) -> None:
        """A step of the plan changed its state."""
        with self._guard:
            row = self._row(event.key)
            if event.state != row.state:
                row.state = event.state
                if event.state == "running":
                    row.began_s, row.handled = time.monotonic(), 0
                elif row.began_s is not None:
                    row.ended_s = time.monotonic()
                if not self.quiet and not err.is_terminal:
                    say(f"{event.key}: {event.state}{_took(row)}")
            self._draw()

    def say(self, line: str) -> None:
        """One line above the table."""
        say(line)

    def _row(self, key: str) -> _Row:
        return self._rows.setdefault(key, _Row(began_s=time.monotonic()))

    def _draw(self) -> None:
        if self.quiet or not err.is_terminal:
            return
        if self._live is None:
            self._live = Live(console=err, refresh_per_second=8, get_renderable=self._table, transient=False)
            self._live.start()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for key, row in sorted(self._rows.items()):
            style = _STYLES.get(row.state, "cyan")
            count = f"{row.handled}/{row.total}" if row.total else str(row.handled or "")
            table.add_row(
                key,
                f"[{style}]{row.state}[/]",
                count,
                _left(row),
                escape(row.line) if row.ended_s is None else "",
            )
        return table


def _took(row: _Row) -> str:
    return f" after {row.ended_s - row.began_s:.1f} s" if row.began_s and row.ended_s else ""


def _left(row: _Row) -> str:
    if row.began_s is None:
        return ""
    elapsed = (row.ended_s or time.monotonic()) - row.began_s
    if row.ended_s is None and row.total and 0 < row.handled < row.total:
        return f"{elapsed * (row.total - row.handled) / row.handled:.0f} s left"
    return f"{elapsed:.1f} s"


class WorkProgress:
    """Bars for work in named parts, each with what it is doing and the time left; lines without a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=err,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last: dict[str, tuple[str, float]] = {}
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        """Start drawing when there is a terminal."""
        if not self._quiet and err.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing, if it was begun: rich ends with a line break in either case."""
        if self._bars.live.is_started:
            self._bars.stop()

    def advance(self, part: str, phase: str, done: int, total: int, remaining_s: float | None) -> None:
        """One part is `done` of `total` through `phase`."""
        left = f"{remaining_s:.0f} s left" if remaining_s is not None else ""
        with self._guard:
            if self._quiet:
                return
            if not err.is_terminal:
                self._line(part, phase, done, total, left)
                return
            if part not in self._tasks:
                self._tasks[part] = self._bars.add_task(part, total=total, left=left)
            self._bars.update(
                self._tasks[part],
                description=escape(f"{part}: {phase}"),
                completed=done,
                total=total or None,
                left=left,
            )

    def _line(self, part: str, phase: str, done: int, total: int, left: str) -> None:
        """A new phase always, else a line every ten seconds: a log stays readable."""
        last_phase, last_s = self._last.get(part, ("", 0.0))
        if phase != last_phase or time.monotonic() - last_s > 10:
            self._last[part] = (phase, time.monotonic())
            say(f"{part}: {phase} {f'{done}/{total} ' if total else ''}{left}".rstrip())
