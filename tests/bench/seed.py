"""A database of 2 GB moved by `agency seed`'s own plan and by three peers, in turns, on the same two servers."""

import random
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

from ndcops.adapters.postgres_servers.moving import PostgresCopies, PostgresSource, PostgresTarget
from ndcops.adapters.postgres_servers.sources import PostgresSources
from ndcops.model.seed import LoadLimits
from ndcops.model.target import TargetKind
from ndcops.onboarding.plan.moving.seeding import plan_watch
from ndcops.onboarding.ports import ProbeLimits
from ndcops.onboarding.run import SourceReader
from ndcops.onboarding.run.moving.pacing import CopyPacing
from ndcops.onboarding.run.moving.seed import SeedProposal, execute_seed, propose_seed
from ndcops.workflow.journal import Journal
from ndcops.workflow.journal_file import FileJournal
from ndcops.workflow.runner import StepEvent
from tests.bench.moving_peers import PEERS, pgcopydb_version
from tests.bench.moving_servers import DATABASE, counts, drop, fill, two_servers
from tests.bench.result import Measured, middle
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock
from tests.moving_database import move_between
from tests.onboarding_world import dossier
from tests.postgres_source import PostgresSource as Server

TARGETS = {"ratio_vs_best": 1.0, "in_sync_1gb_s": 90, "rows_differ": 0}
ROUNDS = 2
"""Each moves the database four times, in another order."""

SIZE_MB = 2000
WIDTH = 4
_HOLD_S = 5

NOTES = (
    "seed: from the first question to both ends until every table streams, with guard, foreign keys, statistics; "
    "dump_restore: pg_dump -Fd -j2, then pg_restore -j2; subscription_copy: PostgreSQL's own initial copy with "
    "four workers, indexes afterwards with -j2; pgcopydb: clone with tables split at 64 MB, without VACUUM; only "
    "the seed and the subscription go on to stream",
    "ratio_vs_best: the seed's median over the fastest peer's; rows_differ: tables whose row counts differ after "
    "any of the moves",
    f"in_sync_1gb_s: a dossier drafted from the live 1 GB database, seeded, both schemas compared, and the stream "
    f"seen in step for {_HOLD_S} s; the proof of rows is a bench of its own",
    "both servers: PostgreSQL 18 on loopback, fsync off, on the same two cores",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Fill once, move in turns, then the whole way with half the rows."""
    with two_servers() as (source, target):
        size_bytes = fill(source, DATABASE, SIZE_MB * 10 // 12, clock.seed)
        clock.say(f"source filled: {size_bytes / 1e9:.2f} GB")
        took, differing = _compare(source, target, sandbox.root, clock)
        drop(source, DATABASE)
        small_bytes = fill(source, DATABASE, SIZE_MB * 5 // 12, clock.seed)
        clock.say(f"in sync: {small_bytes / 1e9:.2f} GB")
        in_sync_s = to_in_sync(source, target, sandbox.root)
        differing += _differing(source, target)
    medians = {name: middle(each) for name, each in took.items()}
    best_s = min(medians[name] for name in PEERS)
    figures = {
        "ratio_vs_best": round(medians["seed"] / best_s, 3),
        "in_sync_1gb_s": round(in_sync_s, 1),
        "rows_differ": differing,
        "size_gb": round(size_bytes / 1e9, 2),
        "in_sync_size_gb": round(small_bytes / 1e9, 2),
        **{f"{name}_s": median for name, median in medians.items()},
    }
    samples = {"seconds": took, "pgcopydb": pgcopydb_version()}
    return Measured(figures, samples, NOTES, complete=len(took["seed"]) >= clock.wanted)


def _compare(source: Server, target: Server, folder: Path, clock: Clock) -> tuple[dict[str, list[float]], int]:
    took: dict[str, list[float]] = {name: [] for name in ("seed", *PEERS)}
    differing = 0
    for number in clock.rounds("seed", share=0.8):
        order = list(took)
        random.Random(f"{clock.seed}/{number}").shuffle(order)
        for name in order:
            seconds = seed(source, target, folder) if name == "seed" else PEERS[name](source, target, folder)
            clock.say(f"{name}: {seconds:.1f} s")
            took[name].append(round(seconds, 3))
            differing += _differing(source, target)
            clear(source, target, folder)
    return took, differing


def _differing(source: Server, target: Server) -> int:
    """Tables whose row counts differ."""
    here, there = counts(source.connection(DATABASE)), counts(target.connection(DATABASE))
    return sum(here.get(name) != there.get(name) for name in here.keys() | there.keys())


def clear(source: Server, target: Server, folder: Path) -> None:
    """As before any move."""
    move = move_between(source, target, DATABASE)
    if PostgresTarget(folder / "schemas").facts(move).ours:
        PostgresTarget(folder / "schemas").remove(move)
        PostgresSource().remove(move)
    drop(target, DATABASE)


def seed(source: Server, target: Server, folder: Path) -> float:
    """The room's own plan; seconds until every table streams."""
    move = move_between(source, target, DATABASE)
    began_s = time.monotonic()
    proposal = propose_seed(
        move, PostgresSource(), PostgresTarget(folder / "schemas"), keeping=None, kind=TargetKind.LAB, width=WIDTH
    )
    _execute(proposal, folder)
    return time.monotonic() - began_s


def to_in_sync(source: Server, target: Server, folder: Path) -> float:
    """From a dossier that knows nothing but how to connect, to a stream that is seen in step; seconds."""
    move = move_between(source, target, DATABASE)
    end, there = PostgresSource(), PostgresTarget(folder / "schemas")
    reader = SourceReader(PostgresSources(now=lambda: datetime.now(UTC)), ProbeLimits(), date.today, _silent)
    began_s = time.monotonic()
    reader.draft(dossier(), move.system, move.database, move.source)
    proposal = propose_seed(move, end, there, keeping=None, kind=TargetKind.LAB, width=WIDTH)
    _execute(proposal, folder)
    if end.schema(move) != there.schema(move):
        raise BenchFailed("the schemas differ")
    watch = plan_watch(move, kind="lab", hold_s=_HOLD_S, bound_bytes=16 << 20, limit_bytes=8 << 30)
    _execute(SeedProposal(watch, move, end.facts(move), there.facts(move)), folder)
    return time.monotonic() - began_s


class _Journals:
    """A file a run, fsynced as the command's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.failed: list[str] = []

    def open_journal(self, title: str) -> Journal:
        path = self._folder / "journals" / f"{time.monotonic_ns()}-{title.replace(' ', '-')}.jsonl"
        path.parent.mkdir(exist_ok=True)
        return FileJournal(path, actor="bench", now=lambda: datetime.now(UTC))

    def on_step(self, event: StepEvent) -> None:
        if event.state == "failed":
            self.failed.append(f"{event.key}: {event.line}")


def _execute(proposal: SeedProposal, folder: Path) -> None:
    end = PostgresSource()
    pacing = CopyPacing(proposal.move, end, LoadLimits(), threading.Event(), lambda *_: None)
    journals = _Journals(folder)
    execute_seed(
        proposal, end, PostgresTarget(folder / "schemas"), PostgresCopies(), pacing, journals, width=WIDTH
    )


def _silent(what: str, done: int, of: int) -> None:
    del what, done, of
