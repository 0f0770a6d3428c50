"""Hands the lab's probes to the command line and to benchmarks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ndcops.lab.probe.control import ProbeFindings as ProbeFindings


def probe_start(service: str, rate_per_s: float) -> None:
    """Start a probe of a service. Raises InvalidInput for one without name or database in the lab."""
    from ndcops.lab.probe.control import start_probe

    start_probe(service, rate_per_s=rate_per_s)


def probe_stop(service: str) -> bool:
    """End a probe; gives whether it ran."""
    from ndcops.lab.probe.control import stop_probe

    return stop_probe(service)


def probe_findings(service: str, since: "datetime | None" = None) -> "ProbeFindings | None":
    """What a service's probe saw."""
    from ndcops.lab.probe.control import findings

    return findings(service, since=since)
