"""A real Prometheus on a loopback port, with samples written into its past by promtool; ended by its handle."""

import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3

READY_TIMEOUT_S = 60.0
Sample = tuple[str, dict[str, str], int, float]
"""Metric, labels, Unix seconds, value."""


@contextmanager
def prometheus_with(samples: Iterable[Sample], folder: Path) -> Iterator[str]:
    """The server's address."""
    data = folder / "data"
    _backfill(list(samples), folder, data)
    configuration = folder / "prometheus.yml"
    configuration.write_text("scrape_configs: []\n")
    address = f"127.0.0.1:{_free_port()}"
    argv = [
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address={address}",
        "--query.lookback-delta=5m",
    ]
    log_path = folder / "prometheus.log"
    with log_path.open("w") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        _wait_ready(server, f"http://{address}", log_path)
        yield f"http://{address}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _backfill(samples: list[Sample], folder: Path, data: Path) -> None:
    """OpenMetrics text, a family at a time, as promtool wants it."""
    lines: list[str] = []
    for metric in sorted({sample[0] for sample in samples}):
        lines.append(f"# TYPE {metric} gauge")
        for _, labels, stamp, value in (each for each in samples if each[0] == metric):
            pairs = ",".join(f'{name}="{text}"' for name, text in labels.items())
            lines.append(f"{metric}{{{pairs}}} {value} {stamp}")
    text = folder / "samples.om"
    text.write_text("\n".join([*lines, "# EOF", ""]))
    argv = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)]
    subprocess.run(
        [*argv[:3], "--max-block-duration=8760h", *argv[3:]], check=True, capture_output=True, timeout=60
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_ready(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    with urllib3.PoolManager(retries=False, timeout=2) as pool:
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise AssertionError(f"prometheus ended: {log.read_text()[-2000:]}")
            try:
                if pool.request("GET", f"{url}/-/ready").status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.1)
    raise AssertionError(f"prometheus was not ready after {READY_TIMEOUT_S:.0f} s: {log.read_text()[-2000:]}")
