"""Numbered log events of three hardened hosts to the hardened SIEM, whose collector is killed in the middle."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ndcops.model.errors import NdcopsError
from ndcops.model.host import HostRole
from ndcops.wiring.lab_hosts import run_inside
from tests.bench.hardened_hosts import fleet
from tests.bench.numbered_events import Arrival, collected, judge, send
from tests.bench.result import Measured
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock

HOSTS = 3
EVENTS = 10_000
EVENTS_BESIDE = 2_000
SENDING_S = 120.0
AWAY_FROM_S = 30.0
AWAY_S = 60.0
CATCH_UP_TIMEOUT_S = 180.0
ROUNDS = 1
TARGETS = {"lost": 0, "reordered": 0, "catch_up_s": CATCH_UP_TIMEOUT_S}
NOTES = (
    "events enter through /dev/log like any service's and leave as RELP over mutual TLS; 10,000 from one host and "
    "2,000 from each of two others at the same time, evenly over 120 s",
    "the collector gets SIGKILL 30 s after the first event and stays stopped for 60 s; RELP delivers at least "
    "once, so what was not acknowledged comes again: duplicates are counted, not hidden",
    "catch_up_s: from the collector's start to the last event in its file, at least until the senders end",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """One fleet; a round is one kill."""
    with fleet(sandbox, HOSTS) as hosts:
        clock.say("hosts are up; hardening them and the SIEM")
        sandbox.ndcops("--json", "--yes", "harden", "apply", "--batch", "2", timeout_s=1500).required()
        collector = next(name for name, role in hosts.roles.items() if role is HostRole.SIEM)
        rounds = [_round(hosts.names, collector, clock, number) for number in clock.rounds("kill")]
    arrivals = [arrival for each in rounds for arrival in each["arrivals"].values()]
    figures = {
        "sent": sum(arrival.sent for arrival in arrivals),
        "lost": sum(arrival.lost for arrival in arrivals),
        "reordered": sum(arrival.reordered for arrival in arrivals),
        "duplicates": sum(arrival.duplicates for arrival in arrivals),
        "catch_up_s": max(each["catch_up_s"] for each in rounds),
    }
    samples = [
        {**each, "arrivals": {host: vars(arrival) for host, arrival in each["arrivals"].items()}}
        for each in rounds
    ]
    return Measured(figures, {"rounds": samples}, NOTES, len(rounds) >= clock.wanted)


def _round(senders: tuple[str, ...], collector: str, clock: Clock, number: int) -> dict[str, Any]:
    tag = f"numbered{number}"
    counts = {host: EVENTS_BESIDE if at else EVENTS for at, host in enumerate(senders)}
    with ThreadPoolExecutor(len(counts)) as pool:
        sending = [pool.submit(send, host, count, duration_s=SENDING_S, tag=tag) for host, count in counts.items()]
        began = take_away(collector, after_s=AWAY_FROM_S, for_s=AWAY_S)
        clock.say("the collector is back")
        for each in sending:
            each.result()
    arrivals = await_all(collector, counts, tag=tag, timeout_s=CATCH_UP_TIMEOUT_S)
    catch_up_s = round(time.monotonic() - began, 1)
    clock.say(f"kill {number}: {arrivals}")
    return {"arrivals": arrivals, "catch_up_s": catch_up_s}


def take_away(collector: str, *, after_s: float, for_s: float) -> float:
    """Kill the collector, keep it stopped, start it again; returns when it started (time.monotonic).

    Raises BenchFailed when it was not gone meanwhile.
    """
    time.sleep(after_s)
    killed = "systemctl kill --signal=KILL rsyslog.service && systemctl stop rsyslog.service syslog.socket"
    _must(collector, killed)
    time.sleep(for_s)
    if "rsyslogd" in run_inside(collector, ("ps", "-eo", "comm")).stdout:
        raise BenchFailed("the collector was not away")
    _must(collector, "systemctl start rsyslog.service")
    return time.monotonic()


def await_all(collector: str, counts: dict[str, int], *, tag: str, timeout_s: float) -> dict[str, Arrival]:
    """How the events of every host arrived, as soon as none is missing or the time is over."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = {host: judge(count, collected(collector, host, tag=tag)) for host, count in counts.items()}
        if not any(arrival.lost for arrival in found.values()) or time.monotonic() > deadline:
            return found
        time.sleep(1)


def _must(host: str, script: str) -> None:
    done = run_inside(host, ("sh", "-c", script))
    if done.exit_code != 0:
        raise NdcopsError(f"{host}: '{script}' ended with {done.exit_code}", details=done.stderr.splitlines()[-5:])
