"""The hardening baseline against hosts and sites: sources, the collector and single hosts are all declared."""

from collections.abc import Iterator

from ndcops.model.baseline import Baseline, Source, is_network
from ndcops.model.cross_checks.problem import Problem, not_among
from ndcops.model.host import HostRole
from ndcops.model.inventory import Inventory

_KIND = Baseline.KIND
_Path = tuple[str | int, ...]


def check_baseline(inventory: Inventory) -> list[Problem]:
    """Names that nobody declares, and a collector that a site with hosts lacks."""
    baseline = inventory.baseline
    if baseline is None:
        return []
    return [
        *_source_problems(baseline, inventory),
        *_collector_problems(baseline, inventory),
        *_host_problems(baseline, inventory),
    ]


def _source_problems(baseline: Baseline, inventory: Inventory) -> Iterator[Problem]:
    zones = {zone.name for site in inventory.sites for zone in site.network.zones}
    known = [*zones, *(role.value for role in HostRole)]
    for path, source in _sources(baseline):
        if not is_network(source) and zones and source not in known:
            yield Problem(_KIND, path, not_among(source, "zone or role", known))


def _sources(baseline: Baseline) -> Iterator[tuple[_Path, Source]]:
    for index, source in enumerate(baseline.admin_sources):
        yield ("admin_sources", index), source
    for role, own in baseline.roles.items():
        for number, flow in enumerate(own.flows):
            for index, source in enumerate(flow.sources):
                yield ("roles", role.value, "flows", number, "sources", index), source


def _collector_problems(baseline: Baseline, inventory: Inventory) -> Iterator[Problem]:
    """Without a template the name may be one that is no host of ours."""
    if "{" not in baseline.siem.host:
        return
    hosts = {host.name: host for host in inventory.hosts}
    for site in sorted({host.site for host in inventory.hosts}):
        name = baseline.siem.host.replace("{site}", site)
        if name not in hosts:
            yield Problem(_KIND, ("siem", "host"), not_among(name, "host", hosts))
        elif hosts[name].role is not HostRole.SIEM:
            message = f"host '{name}' is a {hosts[name].role}; expected a siem"
            yield Problem(_KIND, ("siem", "host"), message)


def _host_problems(baseline: Baseline, inventory: Inventory) -> Iterator[Problem]:
    known = [host.name for host in inventory.hosts]
    for name in baseline.hosts:
        if known and name not in known:
            yield Problem(_KIND, ("hosts", name), not_among(name, "host", known))
