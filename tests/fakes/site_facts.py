"""The port SiteFacts in memory: what each cluster would give, or why it does not."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ndcops.model.errors import NdcopsError
from ndcops.model.snapshot import FactsProgress, SiteSnapshot
from ndcops.model.target import ClusterRef


@dataclass
class FakeSiteFacts:
    """Facts by site; a site that has none does not answer."""

    facts: dict[str, SiteSnapshot] = field(default_factory=dict)

    def read_site_facts(self, cluster: ClusterRef, on_progress: Callable[[FactsProgress], None]) -> SiteSnapshot:
        if cluster.site not in self.facts:
            raise NdcopsError(
                f"cluster {cluster.site} (context {cluster.context}) does not answer",
                details=["connection refused"],
                resolution="ndcops doctor",
            )
        found = self.facts[cluster.site]
        pods = sum(group.pods for group in found.pods)
        on_progress(FactsProgress(cluster.site, "pods", pods, pods))
        return found
