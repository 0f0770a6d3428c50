"""The probe's process: `python -m ndcops.lab.probe.client FILE`; the lab starts it, SIGTERM ends it.

It writes at a steady rate from several connections, as a service's own pool does. After a failure a connection
asks for the address anew. It never repeats a number: one that was not confirmed may be there all the same.
"""

import itertools
import os
import signal
import sys
import threading
import time
from pathlib import Path

from ndcops.adapters.dns_servers import Resolver
from ndcops.adapters.postgres_servers import Login, NotWritable, NumberedRows
from ndcops.lab.probe.log import Attempt, line
from ndcops.lab.probe.settings import ProbeSettings
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Unreachable

PAUSE_AFTER_FAILURE_S = 0.05


class Client:
    """Connections that share one row of numbers and one log."""

    def __init__(self, settings: ProbeSettings, log: int, stop: threading.Event) -> None:
        self._settings = settings
        self._log = log
        self._stop = stop
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._numbers_lock = threading.Lock()
        self._prepared = False

    def run(self) -> None:
        """Until stopped."""
        threads = [
            threading.Thread(target=self._connection, args=(index,), name=f"connection-{index}")
            for index in range(self._settings.connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _connection(self, index: int) -> None:
        resolver = Resolver(self._settings.servers, timeout_s=self._settings.timeout_s / 4)
        period_s = self._settings.connections / self._settings.rate_per_s
        due_s = time.monotonic() + index * period_s / self._settings.connections
        rows: NumberedRows | None = None
        address = ""
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s = max(due_s + period_s, time.monotonic() - period_s)  # late ones are not made up for
            sequence = self._next()
            began_s = time.monotonic()
            try:
                if rows is None:
                    address = resolver.address(self._settings.name)
                    rows = self._connect(address)
                rows.write(sequence)
                if not rows.has(sequence):
                    raise NdcopsError(f"{address}: confirmed {sequence} and does not have it")
            except NdcopsError as error:
                self._write(Attempt(_now_ms(), sequence, address, problem=_short(error)))
                if rows is not None:
                    rows.close()
                rows, address = None, ""
                self._stop.wait(PAUSE_AFTER_FAILURE_S)
            else:
                self._write(Attempt(_now_ms(), sequence, address, (time.monotonic() - began_s) * 1000))
        if rows is not None:
            rows.close()

    def _connect(self, address: str) -> NumberedRows:
        settings = self._settings
        login = Login(address, settings.port, settings.database, settings.user, settings.password())
        rows = NumberedRows(login, settings.run, timeout_s=settings.timeout_s)
        with self._lock:  # two at once would both make the table, and one of them fail
            if not self._prepared:
                try:
                    rows.prepare()
                except NdcopsError:
                    rows.close()
                    raise
                self._prepared = True
        return rows

    def _next(self) -> int:
        with self._numbers_lock:
            return next(self._numbers)

    def _write(self, attempt: Attempt) -> None:
        os.write(self._log, line(attempt))  # O_APPEND: whole lines, also when this process is killed after it


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _short(error: NdcopsError) -> str:
    kind = (
        "not writable: " if isinstance(error, NotWritable) else "" if isinstance(error, Unreachable) else "wrong: "
    )
    return f"{kind}{error.message}"[:300]


def main(file: str) -> None:
    """Run a probe as its settings say."""
    settings = ProbeSettings.model_validate_json(Path(file).read_bytes())
    stop = threading.Event()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        Client(settings, log, stop).run()
    finally:
        os.close(log)


if __name__ == "__main__":
    main(sys.argv[1])
