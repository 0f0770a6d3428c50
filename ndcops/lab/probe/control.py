"""Starts and ends probes, and says what they saw; the command line and wiring call it."""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from os import SEEK_END
from pathlib import Path

from ndcops.adapters.dns_servers import Resolver
from ndcops.adapters.postgres_servers import Login, NumberedRows
from ndcops.lab.folder import LabPaths, hold_lab, lab_folder
from ndcops.lab.private_file import write_private
from ndcops.lab.probe.log import ProbeReport, parse, report
from ndcops.lab.probe.settings import ProbeSettings
from ndcops.lab.processes import ProcessSpec, end_processes, is_running, spawn
from ndcops.lab.state import LabState, StateFile, read_state, require_lab
from ndcops.model.errors import InvalidInput, NdcopsError

OUTSIDE = "outside"
"""Where probes run: on this machine's end of the bridge, in no site."""

END_GRACE_S = 5.0

_END_BYTES = 128 << 10


@dataclass(frozen=True)
class ProbeFindings:
    """What a probe saw, and whether it runs. lost: confirmed numbers that the database no longer has; None when it
    cannot be asked (`problem` says why).
    """

    service: str
    running: bool
    seen: ProbeReport
    lost: int | None
    address: str
    problem: str = ""


def start_probe(
    service: str, *, rate_per_s: float = 20.0, connections: int = 4, timeout_s: float = 2.0
) -> ProbeSettings:
    """Start a probe of a service, in the place of an earlier one. Raises InvalidInput for a service without name
    or database.
    """
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        file = StateFile(paths, require_lab(paths, held=held))
        chosen = file.state.service(service)
        if not chosen.database or not chosen.dns_names:
            raise InvalidInput(
                f"service '{service}' has no name or no database of its own in the lab: nothing to write to"
            )
        _end(file.state, service)
        run = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        settings = ProbeSettings(
            service=service,
            name=chosen.dns_names[0],
            servers=tuple(_servers(file.state)),
            port=chosen.postgres_port,
            database=service,
            user=service,
            password_file=paths.databases / "passwords" / f"{service}.json",
            run=run,
            log=paths.probes / f"{service}-{run}.jsonl",
            rate_per_s=rate_per_s,
            connections=connections,
            timeout_s=timeout_s,
        )
        write_private(_settings_file(paths, service), settings.model_dump_json(indent=2) + "\n")
        spec = ProcessSpec(
            site=OUTSIDE,
            name=_process_name(service),
            argv=(sys.executable, "-m", "ndcops.lab.probe.client", str(_settings_file(paths, service))),
            folder=paths.probes,
            log=paths.probes / f"{service}.log",
        )
        file.record_process(spawn(spec, paths.lab_id))
        return settings


def stop_probe(service: str) -> bool:
    """End a probe; gives whether it ran. What it saw stays."""
    paths = LabPaths(lab_folder())
    with hold_lab(paths.root) as held:
        return _end(require_lab(paths, held=held), service)


def findings(service: str, *, since: datetime | None = None) -> ProbeFindings | None:
    """What the service's last probe saw; None when it never had one. Takes no lock."""
    paths = LabPaths(lab_folder())
    state = read_state(paths)
    if state is None:
        raise NdcopsError("the lab is not up", resolution="ndcops lab up")
    file = _settings_file(paths, service)
    if not file.exists():
        return None
    settings = ProbeSettings.model_validate_json(file.read_bytes())
    running = _runs(state, service)
    attempts = parse(settings.log.read_bytes()) if settings.log.exists() else []
    last_ms = attempts[-1].at_ms if attempts else _now_ms()
    since_ms = None if since is None else round(since.timestamp() * 1000)
    seen = report(attempts, since_ms=since_ms, until_ms=max(_now_ms() if running else last_ms, since_ms or 0))
    confirmed = {each.sequence for each in attempts if not each.problem}
    lost, address, problem = _count_lost(settings, confirmed)
    return ProbeFindings(service, running, seen, lost, address, problem or seen.problem)


def waits_for(service: str, since: datetime) -> str:
    """Why the service's probe got no write through since then; empty when it did, or none runs."""
    paths = LabPaths(lab_folder())
    state, file = read_state(paths), _settings_file(paths, service)
    if state is None or not _runs(state, service) or not file.exists():
        return ""
    settings = ProbeSettings.model_validate_json(file.read_bytes())
    attempts = parse(_end_of(settings.log)) if settings.log.exists() else []
    since_ms = since.timestamp() * 1000
    if any(each.at_ms >= since_ms and not each.problem for each in attempts):
        return ""
    return (attempts[-1].problem if attempts else "") or "waiting"


def _end_of(log: Path) -> bytes:
    """The last whole lines: some seconds of a fast probe."""
    with log.open("rb") as file:
        begin = max(0, file.seek(0, SEEK_END) - _END_BYTES)
        file.seek(begin)
        found = file.read()
    return found.partition(b"\n")[2] if begin else found


def _count_lost(settings: ProbeSettings, confirmed: set[int]) -> tuple[int | None, str, str]:
    """How many confirmed numbers the database behind the name lacks; the address; why it could not be asked."""
    address = ""
    try:
        address = Resolver(settings.servers, timeout_s=0.5).address(settings.name)
        login = Login(address, settings.port, settings.database, settings.user, settings.password())
        rows = NumberedRows(login, settings.run, timeout_s=10.0)
        try:
            return len(confirmed - rows.all()), address, ""
        finally:
            rows.close()
    except NdcopsError as error:
        return None, address, error.message


def _end(state: LabState, service: str) -> bool:
    record = state.process(OUTSIDE, _process_name(service))
    return record is not None and end_processes([record], grace_s=END_GRACE_S) > 0


def _runs(state: LabState, service: str) -> bool:
    record = state.process(OUTSIDE, _process_name(service))
    return record is not None and is_running(record)


def _servers(state: LabState) -> list[str]:
    return [f"{site.address}:{site.ports.names}" for site in state.sites]


def _process_name(service: str) -> str:
    return f"probe-{service}"


def _settings_file(paths: LabPaths, service: str) -> Path:
    return paths.probes / f"{service}.json"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
