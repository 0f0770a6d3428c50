"""Numbered events in the system log of a host, and how they lie in the collector's file."""

from collections.abc import Iterable
from dataclasses import dataclass

from ndcops.model.errors import NdcopsError
from ndcops.wiring.lab_hosts import run_inside

TAG = "numbered"
_SENDER = """
import sys, syslog, time
tag, count, period_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
syslog.openlog(tag)
began = time.monotonic()
for number in range(count):
    syslog.syslog(syslog.LOG_INFO, f"event {number} end")
    time.sleep(max(0.0, began + (number + 1) * period_s - time.monotonic()))
"""


@dataclass(frozen=True)
class Arrival:
    """How the events of one host arrived. reordered: first arrivals after one with a higher number."""

    sent: int
    lost: int
    reordered: int
    duplicates: int


def send(host: str, count: int, *, duration_s: float, tag: str = TAG) -> None:
    """Log `count` numbered events through /dev/log, as any service does, evenly over `duration_s`.

    Raises NdcopsError when the sender does not come to its end.
    """
    argv = ("python3", "-c", _SENDER, tag, str(count), str(duration_s / count))
    done = run_inside(host, argv, timeout_s=duration_s + 120)
    if done.exit_code != 0:
        raise NdcopsError(f"{host} did not log its events", details=done.stderr.splitlines()[-5:])


def collected(collector: str, host: str, *, tag: str = TAG) -> tuple[int, ...]:
    """Numbers of a host's events in the order of the collector's file; empty while there is none."""
    script = f"cat /var/log/siem/{host}/events.log 2>/dev/null | grep -F ' {tag}' || true"
    lines = run_inside(collector, ("sh", "-c", script)).stdout.splitlines()
    return tuple(numbers_of(lines))


def numbers_of(lines: Iterable[str]) -> Iterable[int]:
    """The number in each line that holds a whole event; one that was cut off in the middle counts as lost."""
    for line in lines:
        words = line.split()
        if words[-1:] == ["end"] and words[-3:-2] == ["event"] and words[-2].isdigit():
            yield int(words[-2])


def judge(sent: int, found: Iterable[int]) -> Arrival:
    """What is missing, out of order or twice among the numbers below `sent`."""
    seen: set[int] = set()
    highest, reordered, duplicates = -1, 0, 0
    for number in found:
        if number in seen:
            duplicates += 1
            continue
        seen.add(number)
        reordered += number < highest
        highest = max(highest, number)
    return Arrival(sent, sent - len(seen & set(range(sent))), reordered, duplicates)
