"""Makes the question of a forecast: usage as samples, what sites have as limits, planned waves as steps."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ndcops.capacity.plan.fit.cluster import Cluster
from ndcops.capacity.plan.forecast import Samples, SeriesId, Wave
from ndcops.capacity.plan.show import site_room
from ndcops.model.errors import InvalidInput
from ndcops.model.quantity import parse_quantity
from ndcops.model.site import Site
from ndcops.model.usage_history import UsageSeries
from ndcops.model.wave_plan import WaveDemand, WavePlan

_TIER = "storage/"


def samples_of(series: UsageSeries) -> Samples:
    """A series of usage as the forecast takes it."""
    stamps = np.asarray(series.stamps_s, dtype=np.float64)
    return Samples(SeriesId(series.key.site, series.key.resource), stamps, np.asarray(series.values))


def capacities(
    series: Iterable[SeriesId], sites: Mapping[str, Site], clusters: Mapping[str, Cluster]
) -> list[float]:
    """What each series may grow to, in its own unit (cores, bytes, watts, pods, pieces).

    Raises InvalidInput for a resource that the site has none of: a limit of nought would be full for ever.
    """
    return [_limit(each, sites[each.site], clusters[each.site]) for each in series]


def _limit(series: SeriesId, site: Site, cluster: Cluster) -> float:
    resource = series.resource
    if resource.startswith(_TIER):
        tier = site.tier(resource.removeprefix(_TIER))
        limit = float(parse_quantity(tier.usable)) if tier is not None else 0.0
    elif resource == "storage":
        limit = float(sum(parse_quantity(tier.usable) for tier in site.tiers))
    elif resource == "power":
        limit = site.power.it_load_mw * 1e6
    else:
        found = site_room(site, cluster).total.amount(resource)
        limit = float(found.allocatable) if found is not None else 0.0
        limit = limit / 1000 if resource == "cpu" else limit
    if limit <= 0:
        raise InvalidInput(f"the history holds '{resource}' of site '{site.name}', which has none of it")
    return limit


def planned_waves(plan: WavePlan, sites: Mapping[str, Site]) -> tuple[Wave, ...]:
    """The steps of every wave, site by site and resource by resource; a standby's copy of storage counts there."""
    found = []
    for wave in plan.waves:
        for part in wave.demand:
            for (site, resource), amount in _amounts(part).items():
                if site in sites:
                    found.append(Wave(wave.day, site, resource, amount, wave.name))
    return tuple(found)


def _amounts(part: WaveDemand) -> dict[tuple[str, str], float]:
    total: dict[tuple[str, str], float] = defaultdict(float)
    for workload in part.workloads:
        for resource, each in (("cpu", workload.cpu), ("memory", workload.memory)):
            total[(part.home, resource)] += workload.replicas * float(parse_quantity(each))
        total[(part.home, "pods")] += workload.replicas
        if workload.gpus:
            total[(part.home, "nvidia.com/gpu")] += workload.replicas * workload.gpus
    for site in _holders(part):
        for stored in part.storage:
            for resource in ("storage", f"{_TIER}{stored.tier}"):
                total[(site, resource)] += float(parse_quantity(stored.size))
    return total


def _holders(part: WaveDemand) -> Iterator[str]:
    yield part.home
    if part.standby is not None:
        yield part.standby
