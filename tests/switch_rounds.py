"""Rounds of cut-overs and ways back under load, with kills: what clients were told, held against what is there."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ndcops.model.cutover import End
from ndcops.onboarding.run.switching.execution import ended_with
from ndcops.workflow.journal_file import read_journal
from tests.move_servers import NAME, MovePair, Server
from tests.switch_clients import ACCOUNTS, APPLICATION, SCHEMA, TABLES

CLIENTS, RATE_PER_S = 8, 600
VICTIMS = ("source", "target", "walsender", "ndcops", "ndcops")
_MOST_TRIES = 12
_RUN_LIMIT_S = 120
_BEFORE_S, _AFTER_S = 0.5, 0.5


@dataclass(frozen=True)
class Kill:
    """Who dies, how long after the first step was begun, and for how long (servers)."""

    victim: str
    after_s: float
    down_s: float

    @classmethod
    def of(cls, chance: random.Random) -> "Kill":
        return cls(chance.choice(VICTIMS), chance.uniform(0, 0.35), chance.uniform(0, 0.8))


@dataclass(frozen=True)
class Seen:
    """What a change did to the clients. gap_s: the longest time without an acknowledged commit."""

    acknowledged: int
    lost: int
    doubled: int
    unbalanced: int
    gap_s: float
    per_s: float
    tries: int
    taken_back: int
    killed: str
    moment_s: float

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.unbalanced)


class Arena:
    """A pair of servers with the clients' schema."""

    def __init__(self, pair: MovePair, folder: Path, say: Any = lambda _: None) -> None:
        self.pair, self._folder, self._say = pair, folder, say
        self._count = 0

    def prepare(self) -> None:
        """Schema, role and rows, the same at both ends."""
        for server in (self.pair.source, self.pair.target):
            with server.connect() as session:
                session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APPLICATION)))
        grant = f'GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO "{APPLICATION}"'
        self.pair.schema(SCHEMA + grant)

    def begin(self) -> None:
        """Equal rows at both ends, and the forward stream, while nobody writes."""
        for server in (self.pair.source, self.pair.target):
            with server.connect(NAME) as session:
                session.execute("SET default_transaction_read_only = off")  # the target is closed from before
                session.execute(
                    f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY;"
                    f"INSERT INTO accounts (aid) SELECT g FROM generate_series(0, {ACCOUNTS - 1}) g"
                )
        self.pair.stream(*TABLES, copies=False)

    @contextmanager
    def clients(self) -> Iterator[Path]:
        """Writers at the source first, then wherever writes are taken; gives their log, whole after the block."""
        self._count += 1
        log = self._folder / f"acknowledged-{self._count}"
        log.touch()
        words = [self.pair.source.words(user=APPLICATION), self.pair.target.words(user=APPLICATION)]
        argv = [sys.executable, "-m", "tests.switch_clients", str(log), str(self._count), str(CLIENTS)]
        argv += [str(RATE_PER_S), *words]
        process = subprocess.Popen(argv, cwd=Path(__file__).parents[1])
        try:
            _until(lambda: log.stat().st_size > 0, "the clients write", 30)
            yield log
        finally:
            process.terminate()
            process.wait(30)

    def change(self, leaving: End, kill: Kill | None = None) -> dict[str, Any]:
        """One change to its end, run again as often as it needs; what was killed when, how often it was run."""
        self._count += 1
        order, tries, taken_back = self._order(leaving, 0), 0, 0
        struck = ""
        moment_s = 0.0
        while True:
            tries += 1
            process = self._start(order)
            if kill is not None and not struck:
                struck, moment_s = self._strike(kill, process, order)
            code = process.wait(_RUN_LIMIT_S)
            ended = ended_with(read_journal(Path(order["journal"]))) if Path(order["journal"]).exists() else ""
            if code == 0 and ended == "done":
                break
            self._say(f"  run {tries} ended with {code} ({ended or 'cut off'})")
            if ended == "taken back":
                taken_back += 1
                self._accepts(leaving)
                order = self._order(leaving, tries)
            if tries >= _MOST_TRIES:
                raise RuntimeError(f"not done after {tries} runs: {Path(order['said']).read_text()[-3000:]}")
        return {"tries": tries, "taken_back": taken_back, "killed": struck, "moment_s": round(moment_s, 3)}

    def judged(self, log: Path, server: Server, change: dict[str, Any], since: int = 0) -> Seen:
        """The clients' log against the rows of the server that takes writes. since: bytes of the log before."""
        acks = _acknowledged(log)
        with server.connect(NAME) as session:
            rows = session.execute("SELECT client, number, count(*) FROM history GROUP BY 1, 2").fetchall()
            receipts = Counter(session.execute("SELECT client, number FROM receipts").fetchall())
            sums = session.execute(
                "SELECT (SELECT sum(balance) FROM accounts) - (SELECT sum(delta) FROM history)"
            ).fetchone()
        there = {(client, number): count for client, number, count in rows}
        lost = [key for _, *key in acks if tuple(key) not in there or tuple(key) not in receipts]
        times = sorted(at for at, *_ in _acknowledged(log, since))
        gaps = [after - before for before, after in pairwise(times)]
        return Seen(
            acknowledged=len(acks),
            lost=len(lost),
            doubled=sum(count > 1 for count in (*there.values(), *receipts.values())),
            unbalanced=int(bool(sums and sums[0])) + abs(len(there) - len(receipts)),
            gap_s=round(max(gaps, default=0.0), 3),
            per_s=round(len(times) / max(times[-1] - times[0], 0.001), 1) if times else 0.0,
            **change,
        )

    def _order(self, leaving: End, number: int) -> dict[str, Any]:
        name = f"{self._count}-{leaving}-{number}"
        order = {
            "move": self.pair.move.model_dump(),
            "leaving": leaving.value,
            "journal": str(self._folder / f"{name}.jsonl"),
            "said": str(self._folder / f"{name}.said"),
            "file": str(self._folder / f"{name}.json"),
        }
        Path(order["file"]).write_text(json.dumps(order))
        return order

    def _start(self, order: dict[str, Any]) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "tests.switch_process", order["file"]]
        with Path(order["said"]).open("ab") as said:
            return subprocess.Popen(argv, cwd=Path(__file__).parents[1], stdout=said, stderr=said)

    def _strike(self, kill: Kill, process: "subprocess.Popen[bytes]", order: dict[str, Any]) -> tuple[str, float]:
        """Kill so long after the run began to act; empty when the run was over first."""
        journal = Path(order["journal"])
        while not (journal.exists() and b"step/begun" in journal.read_bytes()):
            if process.poll() is not None:
                return "", 0.0
            time.sleep(0.002)
        time.sleep(kill.after_s)
        if process.poll() is not None:
            return "", kill.after_s
        if kill.victim == "ndcops":
            process.kill()
        elif kill.victim == "walsender":
            self._kill_walsender()
        else:
            server = self.pair.source if kill.victim == "source" else self.pair.target
            server.kill()
            time.sleep(kill.down_s)
            server.start()
        return kill.victim, kill.after_s

    def _kill_walsender(self) -> None:
        """As kill -9 of any backend: its whole server restarts by itself."""
        for server in (self.pair.source, self.pair.target):
            with server.connect() as session:
                found = session.execute("SELECT pid FROM pg_stat_replication LIMIT 1").fetchone()
            if found is not None:
                with suppress(ProcessLookupError):
                    os.kill(found[0], signal.SIGKILL)
                return

    def _accepts(self, leaving: End) -> None:
        """After taking back, writes are taken where they were."""
        server = self.pair.source if leaving is End.SOURCE else self.pair.target

        def attempt() -> bool:
            with suppress(psycopg.Error), server.connect(NAME, APPLICATION) as session:
                session.execute("UPDATE accounts SET balance = balance WHERE aid = 0")
                return True
            return False

        _until(attempt, f"the {leaving} takes writes after all was taken back", 30)


def settle(seconds: float = _AFTER_S) -> None:
    """Clients write on for a while."""
    time.sleep(seconds)


@contextmanager
def arena(pair: MovePair, say: Any = lambda _: None) -> Iterator[Arena]:
    """The pair, prepared, with a folder for logs and journals."""
    with tempfile.TemporaryDirectory(prefix="ndcops-arena-") as folder:
        found = Arena(pair, Path(folder), say)
        found.prepare()
        yield found


def _acknowledged(log: Path, since: int = 0) -> list[tuple[float, int, int]]:
    with log.open() as file:
        file.seek(since)  # clients write whole lines at a time
        rows = [line.split() for line in file if line.endswith("\n")]
    return [(float(at), int(client), int(number)) for at, client, number, _ in rows]


def _until(check: Any, what: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not so within {timeout_s:g} s")
        time.sleep(0.02)
