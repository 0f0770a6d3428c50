"""The ministry's counters while its database moves: a client that writes, wherever it is let in, and counts.

`python -m tests.demo.agency_counter FILE` writes until SIGTERM. It enters the agency's server, or the centre by
the service's name, whichever lets it in; a number whose answer was lost is neither repeated nor counted.
"""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from ndcops.adapters.dns_servers import Resolver
from ndcops.lab.probe.log import Attempt, ProbeReport, line, parse, report
from ndcops.model.document import Value
from ndcops.model.failover import Unreachable

FIRST = 1_000_000
"""Registrations of the counters; the sample's own numbers are below."""

AGENCY = "the agency"
_AGAIN_S = 0.02
_WRITE = "INSERT INTO ket_hon (so_dang_ky, so_quyet_dinh, cap_nhat) VALUES (%s, 'demo', now())"


class CounterSettings(Value):
    """agency: libpq's words. name, servers: how the centre is found; centre: libpq's words without an address."""

    agency: str
    name: str
    servers: tuple[str, ...]
    centre: str
    log: Path
    rate_per_s: float
    timeout_s: float

    def places(self) -> Iterator[tuple[str, Callable[[], tuple[str, str]]]]:
        """Each place, and how to ask for its address and words there. Asking raises Unreachable."""
        resolver = Resolver(self.servers, timeout_s=self.timeout_s / 4)

        def centre() -> tuple[str, str]:
            address = resolver.address(self.name)
            return address, psycopg.conninfo.make_conninfo(self.centre, host=address)

        yield AGENCY, lambda: (AGENCY, self.agency)
        yield self.name, centre


def write_on(settings: CounterSettings, stop: threading.Event) -> None:
    """Until told to stop, at a steady rate; late ones are not made up for."""
    log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    places = itertools.cycle(tuple(settings.places()))
    session: psycopg.Connection | None = None
    address, due_s = "", time.monotonic()
    for number in itertools.count(FIRST):
        if stop.wait(max(0.0, due_s - time.monotonic())):
            break
        due_s = max(due_s + 1 / settings.rate_per_s, time.monotonic())
        began_s = time.monotonic()
        try:
            if session is None:
                address, words = next(places)[1]()
                session = psycopg.connect(words, autocommit=True, connect_timeout=round(settings.timeout_s))
            session.execute(_WRITE, [number])
        except (psycopg.Error, Unreachable) as error:
            os.write(log, line(Attempt(_now_ms(), number, address, problem=str(error).partition("\n")[0])))
            if session is not None:
                with suppress(psycopg.Error):
                    session.close()
            session = None
            stop.wait(_AGAIN_S)
        else:
            os.write(log, line(Attempt(_now_ms(), number, address, (time.monotonic() - began_s) * 1000)))
    os.close(log)


class Counter:
    """The running client, and what it saw."""

    def __init__(self, settings: CounterSettings) -> None:
        self._settings = settings

    def seen(self, since_ms: int | None = None) -> ProbeReport:
        """From then on, or from its beginning."""
        return report(parse(self._settings.log.read_bytes()), since_ms=since_ms, until_ms=_now_ms())

    def lost(self) -> int:
        """Confirmed numbers that the centre's database does not have. Raises psycopg.Error, Unreachable."""
        *_, (_, centre) = self._settings.places()
        confirmed = set(self.seen().confirmed)  # before the rows: it goes on writing
        with psycopg.connect(centre()[1]) as session:
            rows = session.execute("SELECT so_dang_ky FROM ket_hon WHERE so_dang_ky >= %s", [FIRST]).fetchall()
        return len(confirmed - {number for (number,) in rows})


@contextmanager
def counter(settings: CounterSettings) -> Iterator[Counter]:
    """Writing until the block ends."""
    file = settings.log.with_suffix(".json")
    file.write_text(settings.model_dump_json())
    process = subprocess.Popen([sys.executable, "-m", "tests.demo.agency_counter", str(file)])
    try:
        deadline_s = time.monotonic() + 20
        while not settings.log.exists() or not settings.log.stat().st_size:
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError("the counters' client does not write")
            time.sleep(0.05)
        yield Counter(settings)
    finally:
        process.terminate()
        process.wait(20)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Run until SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    write_on(CounterSettings.model_validate_json(Path(sys.argv[1]).read_bytes()), stop)


if __name__ == "__main__":
    main()
