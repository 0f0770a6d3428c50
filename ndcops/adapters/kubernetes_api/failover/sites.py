"""Whether a site's cluster answers and is the one that was pinned; the failover room's port Sites."""

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.site_objects import SiteObjects
from ndcops.model.errors import NdcopsError, Refused


class PinnedSites:
    """The target's clusters, each pinned by the UID of its kube-system namespace."""

    def __init__(self, objects: SiteObjects) -> None:
        self._objects = objects

    def check(self, site: str) -> None:
        """Return when the cluster is the right one. Raises Unreachable, Refused for another or an unpinned one."""
        cluster = self._objects.cluster(site)
        with shape_checked(cluster):
            live = self._objects.get(site, "/api/v1/namespaces/kube-system")
            if live is None:
                raise NdcopsError(f"cluster {site} has no namespace kube-system", resolution="ndcops doctor")
            uid = str(live["metadata"]["uid"])
        if cluster.uid is None:
            raise Refused(
                f"cluster {site} is not pinned: nobody has said which cluster it must be",
                details=[f"the one that answers has UID {uid}"],
                resolution=f"ndcops inventory show   (kubernetes.uid of inventory/sites/{site}.yaml)",
            )
        if uid != cluster.uid:
            raise Refused(
                f"cluster {site} (context {cluster.context}) is another cluster than the one that was pinned",
                details=[f"pinned: {cluster.uid}", f"found: {uid}"],
                resolution="ndcops doctor",
            )
