"""What a reader of the status page must look at first, worst first; pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from ndcops.model.document import Text
from ndcops.model.stack_changes import Operation, StackChanges
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.status_facts import Health, ServiceFacts, SiteFacts, SiteState, StatusFacts

_WORST = {Health.DOWN}
_QUIET = {Health.WHOLE, Health.UNKNOWN}
"""Of an unknown system its centre speaks: one line for the centre, not one for each of its systems."""


@dataclass(frozen=True)
class Matter:
    """One thing to look at; `severe` when something is down or unknown, else something is short of its plan."""

    severe: bool
    about: str
    text: Text


def matters(
    facts: StatusFacts, drift: tuple[StackChanges, ...], words: Catalogue, *, full_scale: bool
) -> tuple[Matter, ...]:
    """All matters, severe ones first. `full_scale`: nodes short of the declared number count (not in a lab)."""
    found = [Matter(True, name, words.text("matter.stranger")) for name in facts.strangers]
    for site in facts.sites:
        found.extend(_of_site(site, words, full_scale))
    for service in facts.services:
        if service.health not in _QUIET:
            found.append(_of_service(service, words))
    for changes in drift:
        differing = sum(change.operation is not Operation.SAME for change in changes.changes)
        if differing:
            found.append(Matter(False, str(changes.stack), words.counted("matter.drift", differing)))
    return tuple(sorted(found, key=lambda matter: not matter.severe))


def _of_site(site: SiteFacts, words: Catalogue, full_scale: bool) -> Iterator[Matter]:
    name = site.site.name
    if site.state is SiteState.SILENT:
        at_home = sum(placement.at_home for placement in site.placements)
        reason = site.problem or words.text("matter.no_reason")
        yield Matter(True, name, words.counted("matter.silent", at_home, reason=reason))
        return
    if site.state is not SiteState.ANSWERS or site.report is None or site.report.condition is None:
        return
    if site.problem:
        yield Matter(True, name, words.text("matter.problem", reason=site.problem))
    yield from _of_pools(site, words, full_scale)
    for status in site.report.condition.pools:
        if site.site.pool(status.pool) is None:
            text = words.counted("matter.pool_undeclared", status.nodes, pool=status.pool or "—")
            yield Matter(False, name, text)
    for layer, count in site.report.objects.items():
        if count is None:
            yield Matter(False, name, words.text("matter.layer", layer=words.named("layer", layer)))


def _of_pools(site: SiteFacts, words: Catalogue, full_scale: bool) -> Iterator[Matter]:
    name = site.site.name
    for pool in site.pools:
        if pool.status is None:
            yield Matter(True, name, words.text("matter.pool_missing", pool=pool.pool.name))
        elif pool.status.ready < pool.status.nodes:
            text = words.text("matter.pool", pool=pool.pool.name, ready=pool.status.ready, nodes=pool.status.nodes)
            yield Matter(pool.status.ready == 0, name, text)
        elif full_scale and pool.status.nodes < pool.pool.nodes:
            text = words.text(
                "matter.pool_short", pool=pool.pool.name, nodes=pool.status.nodes, declared=pool.pool.nodes
            )
            yield Matter(False, name, text)


def _of_service(facts: ServiceFacts, words: Catalogue) -> Matter:
    service, status = facts.service, facts.status
    text = words.text(
        f"matter.service.{facts.health}",
        title=service.title,
        home=service.home.upper(),
        standby=service.standby.upper(),
        ready=status.ready if status else 0,
        replicas=status.replicas if status else 0,
    )
    return Matter(facts.health in _WORST, service.id, text)
