"""The capacity room: reads facts or reopens them, asks the planners, changes nothing in any cluster."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np

from ndcops.capacity.plan.buy import PurchasePlan, solve
from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.plan.exhaustion_question import capacities, planned_waves, samples_of
from ndcops.capacity.plan.fit import Cluster
from ndcops.capacity.plan.forecast import Forecast, clean, forecast
from ndcops.capacity.plan.losses import FeedLoss, RackLoss, feed_losses, rack_losses
from ndcops.capacity.plan.purchase_question import purchase_problem
from ndcops.capacity.plan.questions import FitAnswer, answer, unasked
from ndcops.capacity.plan.show import SiteRoom, site_room
from ndcops.capacity.plan.survive import Survival, survive
from ndcops.capacity.plan.verification import Verification, compare, pods_of
from ndcops.capacity.ports import OnFacts, OnReplay, RealScheduler, SiteFacts, SnapshotStore, UsageHistorySource
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.inventory import Inventory
from ndcops.model.price_list import PriceList
from ndcops.model.site import Site
from ndcops.model.snapshot import SiteSnapshot, Snapshot, Unread
from ndcops.model.target import ClusterRef, Target
from ndcops.model.wave_plan import WavePlan

HISTORY_YEARS = 3


@dataclass
class Capacity:
    """The room's entrance. `target` is None when a saved snapshot answers and no cluster is asked."""

    inventory: Inventory
    target: Target | None
    facts: SiteFacts
    store: SnapshotStore
    now: Callable[[], datetime]
    on_facts: OnFacts

    def read(self, asked: Sequence[str] = ()) -> Snapshot:
        """The facts of these sites of the target, of all when none is named, now.

        Raises Refused for a cluster that is not the pinned one, NdcopsError when one does not answer.
        """
        if self.target is None:
            raise InvalidInput("no cluster is chosen; expected a saved snapshot or a target")
        if lacking := [site for site in asked if self.target.cluster(site) is None]:
            raise InvalidInput(f"site '{lacking[0]}' has no cluster here", resolution="ndcops status")
        clusters = [cluster for cluster in self.target.clusters if not asked or cluster.site in asked]
        with ThreadPoolExecutor(max_workers=max(1, len(clusters))) as pool:
            sites = tuple(pool.map(self._read_site, clusters))
        return Snapshot(target=self.target.kind.value, taken_at=self.now(), sites=sites)

    def _read_site(self, cluster: ClusterRef) -> SiteSnapshot:
        found = self.facts.read_site_facts(cluster, self.on_facts)
        if cluster.uid is not None and found.cluster_uid != cluster.uid:
            raise Refused(
                f"site '{cluster.site}': context '{cluster.context}' leads to another cluster",
                details=[f"expected UID {cluster.uid}", f"found UID {found.cluster_uid}"],
                resolution="ndcops doctor",
            )
        return found

    def open(self, path: Path) -> Snapshot:
        """A snapshot that was saved."""
        return self.store.open(path)

    def save(self, snapshot: Snapshot, path: Path) -> str:
        """Write the facts to a file; gives its digest."""
        return self.store.save(snapshot, path)

    def questions(self, snapshot: Snapshot) -> "Questions":
        """What can be asked of those facts. Raises InvalidInput for sites that the inventory does not know."""
        unknown = [site.site for site in snapshot.sites if self.inventory.site(site.site) is None]
        if unknown:
            raise InvalidInput(
                f"the snapshot holds sites that the inventory does not know: {', '.join(unknown)}",
                resolution="ndcops --inventory DIR capacity show --snapshot FILE, with the inventory of that time",
            )
        return Questions(self.inventory, snapshot)


@dataclass
class Questions:
    """One snapshot and what can be asked of it; every answer follows from the two alone."""

    inventory: Inventory
    snapshot: Snapshot

    @cached_property
    def clusters(self) -> dict[str, Cluster]:
        """The sites' clusters as columns, made once."""
        return {site.site: Cluster.of(site.objects, site.pods) for site in self.snapshot.sites}

    @cached_property
    def sites(self) -> dict[str, Site]:
        """The declared sites of the snapshot, by name."""
        found = (self.inventory.site(site.site) for site in self.snapshot.sites)
        return {site.name: site for site in found if site is not None}

    def chosen(self, names: Sequence[str]) -> list[str]:
        """The sites asked for, all when none is. Raises InvalidInput for an unknown one."""
        unknown = [name for name in names if name not in self.sites]
        if unknown:
            known = ", ".join(self.sites)
            raise InvalidInput(f"no facts of site '{unknown[0]}'; there are facts of: {known}")
        return list(names or self.sites)

    def unread(self) -> list[str]:
        """Kinds that the reader was not allowed to list: answers that need them may be wrong."""
        return [
            f"{site.site}: {kind}"
            for site in self.snapshot.sites
            for kind, why in site.unread.items()
            if why is Unread.FORBIDDEN
        ]

    def rooms(self, names: Sequence[str]) -> tuple[SiteRoom, ...]:
        """`capacity show`."""
        services = self.inventory.services
        return tuple(site_room(self.sites[name], self.clusters[name], services) for name in self.chosen(names))

    def fits(self, names: Sequence[str], demands: Callable[[Site], Sequence[Demand]]) -> tuple[FitAnswer, ...]:
        """`capacity fit`: the demands at each site; a site that cannot be asked says why."""
        self._refuse_unread()
        return tuple(self._fit(name, demands) for name in self.chosen(names))

    def _fit(self, name: str, demands: Callable[[Site], Sequence[Demand]]) -> FitAnswer:
        try:
            wanted = demands(self.sites[name])
        except LookupError as error:
            return unasked(name, str(error.args[0]))
        return answer(name, self.clusters[name], wanted)

    def survivals(self, names: Sequence[str]) -> tuple[Survival, ...]:
        """`capacity survive`: each site lost in turn. Raises Refused when a standby's facts are unknown."""
        self._refuse_unread()
        lost = self.chosen(names)
        missing = {
            each.standby
            for each in self.inventory.services
            if each.home in lost and each.standby not in self.clusters
        }
        if missing:
            raise Refused(
                f"facts of standby sites are unknown: {', '.join(sorted(missing))}",
                resolution="ndcops status, then the same command once every site answers",
            )
        services = self.inventory.services
        return tuple(survive(self.sites, self.clusters, services, name) for name in lost)

    def rack_losses(self, names: Sequence[str]) -> tuple[RackLoss, ...]:
        """Each rack of the sites lost in turn."""
        return tuple(loss for name in self.chosen(names) for loss in rack_losses(name, self.clusters[name]))

    def feed_losses(self, names: Sequence[str]) -> tuple[FeedLoss, ...]:
        """A power feed of each site, then of each hall, lost in turn."""
        return tuple(
            loss for name in self.chosen(names) for loss in feed_losses(self.sites[name], self.clusters[name])
        )

    def forecasts(
        self,
        names: Sequence[str],
        source: UsageHistorySource,
        waves: WavePlan | None,
        horizon_days: int,
        seed: int,
    ) -> tuple[Forecast, ...]:
        """`capacity forecast`: when each series of usage passes what the sites have."""
        end = self.snapshot.taken_at
        usage = source.read(end - timedelta(days=365 * HISTORY_YEARS), end)
        chosen = self.chosen(names)
        series = [each for each in usage.series if each.key.site in chosen]
        if not series:
            raise InvalidInput(f"the history holds no series of {', '.join(chosen)}")
        history = clean((samples_of(each) for each in series), end.date())
        limits = np.array(capacities(history.series, self.sites, self.clusters), dtype=np.float64)
        planned = planned_waves(waves, self.sites) if waves is not None else ()
        return forecast(history, limits, planned, horizon_days, seed)

    def verified(
        self,
        names: Sequence[str],
        demands: Callable[[Site], Sequence[Demand]],
        scheduler: RealScheduler,
        on_progress: OnReplay,
    ) -> tuple[Verification, ...]:
        """`capacity verify`: our answer beside the real scheduler's, on a copy of each site."""
        found = []
        for name in self.chosen(names):
            try:
                wanted = self._without_claims(name, demands(self.sites[name]))
            except LookupError as error:
                raise InvalidInput(
                    str(error.args[0]), resolution="choose sites that have it with --site"
                ) from error
            site = next(each for each in self.snapshot.sites if each.site == name)
            ours = answer(name, self.clusters[name], wanted)
            found.append(compare(wanted, ours, scheduler.replay(site, pods_of(wanted), on_progress)))
        return tuple(found)

    def _without_claims(self, name: str, demands: Sequence[Demand]) -> Sequence[Demand]:
        """Raises InvalidInput for demands whose claims a controller would have to make first."""
        with_claims = [demand.name for demand in demands if demand.claims]
        if with_claims:
            raise InvalidInput(
                f"{name}: {with_claims[0]} brings volume claims, which a scratch control plane does not make",
                resolution="ask for workloads without volumeClaimTemplates, or for pods that name existing claims",
            )
        return demands

    def purchase(
        self, prices: PriceList, waves: WavePlan | None, begin: date, time_limit_s: float
    ) -> PurchasePlan:
        """`capacity buy`: the cheapest proven purchase. Raises Refused naming what forbids every one."""
        planned = waves.waves if waves is not None else ()
        sites = list(self.sites.values())
        problem = purchase_problem(sites, self.clusters, self.inventory.services, planned, prices, begin)
        return solve(problem, time_limit_s=time_limit_s)

    def _refuse_unread(self) -> None:
        unread = self.unread()
        if unread:
            raise Refused(
                "facts that the answer needs may not be read",
                details=unread,
                resolution="bind the ClusterRole ndcops-operator to the reader and run the same command again",
            )
