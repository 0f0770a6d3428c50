"""What an `up` of lab hosts tells while it works; the command line shows it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ndcops.toolchain.progress import Stopwatch, remaining_s

IMAGE_S = 50.0
"""A root image: 35 to 50 s on two cores."""

HOST_S = 4.0
"""A host, several booting side by side on two cores."""


@dataclass(frozen=True)
class HostsProgress:
    """`done` of `total` steps of an image or a host; seconds left for everything."""

    subject: str
    phase: str
    done: int
    total: int
    remaining_s: float | None


ProgressSink = Callable[[HostsProgress], None]


class ProgressClock:
    """Adds up what images and hosts report; safe for several threads."""

    def __init__(self, sink: ProgressSink | None) -> None:
        self._sink = sink
        self._stopwatch = Stopwatch()
        self._expected_s: dict[str, float] = {}
        self._shares: dict[str, float] = {}
        self._lock = threading.Lock()

    def expect(self, subject: str, seconds: float) -> None:
        """Count an image or a host in."""
        with self._lock:
            self._expected_s[subject] = seconds

    def report(self, subject: str, phase: str, done: int, total: int) -> None:
        """Tell the sink how far a subject is."""
        with self._lock:
            self._shares[subject] = done / total
            whole_s = sum(self._expected_s.values())
            done_s = sum(self._expected_s.get(each, 0.0) * share for each, share in self._shares.items())
            left_s = remaining_s(
                done=round(done_s * 1000),
                total=round(whole_s * 1000),
                elapsed_s=self._stopwatch.elapsed_s(),
                expected_s=whole_s,
            )
            if self._sink is not None:
                self._sink(HostsProgress(subject, phase, done, total, left_s))
