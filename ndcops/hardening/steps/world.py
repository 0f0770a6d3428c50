"""What the steps act on, and a node's drain around them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from ndcops.hardening.ports import GuardedHosts, NodeDrain, OnTask, Playbooks
from ndcops.model.control import Catalogue
from ndcops.model.errors import NdcopsError
from ndcops.model.hardening import HostTarget
from ndcops.model.record import JsonObject
from ndcops.model.target import ClusterRef
from ndcops.workflow.journal import Journal
from ndcops.workflow.step import Report


@dataclass(frozen=True)
class HardenWorld:
    """What the steps act on. clusters: by host, for nodes to drain. stopped: Ctrl-C was pressed."""

    hosts: GuardedHosts
    playbooks: Playbooks
    drain: NodeDrain
    targets: Mapping[str, HostTarget]
    clusters: Mapping[str, ClusterRef]
    variables: Mapping[str, Mapping[str, JsonValue]]
    catalogue: Catalogue
    evidence: Journal
    on_task: OnTask
    stopped: Callable[[], bool]
    evict_unmanaged: bool = False


def drain_node(world: HardenWorld, host: str, report: Report) -> JsonObject:
    """Cordon and evict; the node is as it was when that fails. Raises NdcopsError, Refused."""
    cluster = world.clusters[host]
    report("cordon")
    ours = world.drain.cordon(cluster, host)
    try:
        found = world.drain.drain(cluster, host, evict_unmanaged=world.evict_unmanaged, on_wait=report)
    except NdcopsError:
        if ours:
            world.drain.uncordon(cluster, host)
        raise
    return {"cordoned": ours, "evicted": list(found.evicted), "left": list(found.left)}


def uncordon_node(world: HardenWorld, host: str, drained: JsonObject) -> None:
    """A node that somebody else had cordoned stays so."""
    if drained.get("cordoned"):
        world.drain.uncordon(world.clusters[host], host)
