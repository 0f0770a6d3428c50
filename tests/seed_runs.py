"""Runs a seed between two servers as the command does; as a program it dies in the middle, by SIGKILL."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ndcops.adapters.postgres_servers.moving import PostgresCopies, PostgresSource, PostgresTarget
from ndcops.model.move import Move
from ndcops.model.seed import LoadLimits
from ndcops.model.target import TargetKind
from ndcops.onboarding.run.moving.pacing import CopyPacing
from ndcops.onboarding.run.moving.seed import SeedProposal, execute_seed, propose_seed
from ndcops.workflow.journal import Journal
from ndcops.workflow.journal_file import FileJournal
from ndcops.workflow.runner import RunResult, StepEvent
from tests.moving_database import move_between
from tests.postgres_source import PostgresSource as Server


class Journals:
    """A file a run."""

    def __init__(self, folder: Path, on_step: Callable[[StepEvent], None]) -> None:
        self._folder = folder
        self.on_step = on_step

    def open_journal(self, title: str) -> Journal:
        path = self._folder / f"{datetime.now(UTC):%H%M%S.%f}.jsonl"
        return FileJournal(path, actor="test", now=lambda: datetime.now(UTC))


def propose(move: Move, folder: Path, *, width: int = 2) -> SeedProposal:
    """Facts and plan."""
    return propose_seed(
        move, PostgresSource(snapshot_s=10), PostgresTarget(folder), keeping=None, kind=TargetKind.LAB, width=width
    )


def run(
    proposal: SeedProposal,
    folder: Path,
    *,
    width: int = 2,
    on_copied: Callable[[str], None] = lambda _: None,
    on_step: Callable[[StepEvent], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> RunResult:
    """Execute a plan; on_copied(label) is called with every block that goes over."""
    source = PostgresSource(snapshot_s=10)
    pacing = CopyPacing(
        proposal.move, source, LoadLimits(), stop or threading.Event(), lambda label, *_: on_copied(label)
    )
    return execute_seed(
        proposal, source, PostgresTarget(folder), PostgresCopies(), pacing, Journals(folder, on_step), width=width
    )


@contextmanager
def seeded(source: Server, target: Server, name: str, folder: Path) -> Iterator[Move]:
    """A move that was run to its end; taken away afterwards."""
    move = move_between(source, target, name)
    try:
        run(propose(move, folder), folder)
        yield move
    finally:
        PostgresTarget(folder).remove(move)
        PostgresSource().remove(move)


def wait_until(check: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


def main() -> None:
    """MOVE (JSON), FOLDER, LABEL: die while LABEL is copied."""
    move, folder, label = Move.model_validate_json(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

    def die(copied: str) -> None:
        if copied.startswith(label):
            os.kill(os.getpid(), signal.SIGKILL)

    run(propose(move, folder, width=1), folder, width=1, on_copied=die)


if __name__ == "__main__":
    main()
