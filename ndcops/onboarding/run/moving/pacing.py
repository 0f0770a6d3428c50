"""Lets copies wait while the source is busy, counts what went over, and ends them on Ctrl-C."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ndcops.model.errors import Interrupted
from ndcops.model.move import Move
from ndcops.model.seed import LoadLimits
from ndcops.onboarding.plan.moving.pace import waits_for
from ndcops.onboarding.ports.seeding import Pace, SourceEnd

_LOOK_EVERY_S = 1.0
_WAIT_S = 0.5

OnCopied = Callable[[str, int, int, float | None, str], None]
"""Table, bytes done, bytes in all (roughly), seconds left, and what it waits for."""


@dataclass
class CopyPacing:
    """One for all copies of a run; safe for several threads."""

    move: Move
    source: SourceEnd
    limits: LoadLimits
    stop: threading.Event
    on_copied: OnCopied
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _looked_s: float = float("-inf")
    _waits_for: str = ""

    def pace(self, label: str, size_bytes: int) -> Pace:
        """How one copy waits and is counted."""
        began_s = time.monotonic()
        done = 0

        def advance(sent_bytes: int) -> None:
            nonlocal done
            while why := self._busy():
                self.on_copied(label, done, size_bytes, None, why)
                self.stop.wait(_WAIT_S)
            done = min(done + sent_bytes, size_bytes)
            spent_s = time.monotonic() - began_s
            left_s = spent_s * (size_bytes - done) / done if done else None
            self.on_copied(label, done, size_bytes, left_s, "")

        return advance

    def wait(self, seconds: float) -> None:
        """Raises Interrupted after Ctrl-C."""
        if self.stop.wait(seconds):
            raise self._stopped()

    def _busy(self) -> str:
        """What all copies wait for; the source is asked once a second, by one of them."""
        if self.stop.is_set():
            raise self._stopped()
        with self._guard:
            now_s = time.monotonic()
            if now_s - self._looked_s < _LOOK_EVERY_S:
                return self._waits_for
            self._looked_s = now_s
        found = waits_for(self.source.load(self.move), self.limits)
        with self._guard:
            self._waits_for = found
            return found

    def _stopped(self) -> Interrupted:
        return Interrupted(
            f"{self.move.id}: stopped; tables that were copied whole stay",
            resolution=f"ndcops agency seed {self.move.agency} --database {self.move.database}",
        )
