"""A client of a rehearsal: writes numbered rows to whichever end takes them, and remembers what was confirmed."""

import threading
import time

from ndcops.adapters.postgres_servers.session import Session, StatementFailed
from ndcops.model.cutover import WriterFindings
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Unreachable

WRITTEN = "ndcops_rehearsal.written"
"""In a schema like the agency's own ones: what stands in ours is not published back."""

WRITTEN_MADE = ("CREATE SCHEMA ndcops_rehearsal", f"CREATE TABLE {WRITTEN} (number bigint PRIMARY KEY)")

_READ = "SELECT number FROM ndcops_rehearsal.written"
_WRITE = "INSERT INTO ndcops_rehearsal.written VALUES ($1)"
_PERIOD_S = 0.005
_TIMEOUT_S = 2.0


class CloneWriter:
    """source, target: libpq's words, tried in turn."""

    def __init__(self, source: str, target: str) -> None:
        self._ends = (source, target)
        self._confirmed: list[int] = []
        self._longest_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rehearsal-writer", daemon=True)

    def start(self) -> None:
        """Returns once the first row is confirmed. Raises NdcopsError when none is in time."""
        self._thread.start()
        deadline = time.monotonic() + 10 * _TIMEOUT_S
        while not self._confirmed:
            if time.monotonic() > deadline:
                self.stop(None)
                raise NdcopsError("the copy that plays the source takes no writes")
            time.sleep(_PERIOD_S)

    def stop(self, holder: str | None) -> WriterFindings:
        """holder: the end that must have every confirmed row now; None to only end."""
        self._stopping.set()
        self._thread.join(10 * _TIMEOUT_S)
        lost = 0
        if holder is not None:
            with Session(holder, timeout_s=5 * _TIMEOUT_S) as session:
                there = {int(number or 0) for (number,) in session.run(_READ)}
            lost = len(set(self._confirmed) - there)
        return WriterFindings(
            confirmed=len(self._confirmed), lost=lost, longest_gap_ms=round(self._longest_s * 1000)
        )

    def _run(self) -> None:
        number, at, last_s = 0, 0, time.monotonic()
        session: Session | None = None
        while not self._stopping.wait(_PERIOD_S):
            try:
                if session is None or not session.is_open:
                    session = Session(self._ends[at], timeout_s=_TIMEOUT_S)
                number += 1
                session.run(_WRITE, [number])
            except (Unreachable, StatementFailed):
                at = 1 - at
                if session is not None:
                    session.close()
                session = None
                continue
            now_s = time.monotonic()
            if self._confirmed:
                self._longest_s = max(self._longest_s, now_s - last_s)
            last_s = now_s
            self._confirmed.append(number)
        if session is not None:
            session.close()
