"""One small lab for all live tests of a session, in a state folder of its own; gone afterwards."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ndcops.adapters.inventory_files.reader import read_inventory
from ndcops.adapters.kubernetes_api.api import KubernetesApi
from ndcops.lab.down import down
from ndcops.lab.state import LabState, lab_target
from ndcops.lab.up import up
from ndcops.model.inventory import Inventory
from ndcops.model.target import ClusterRef

REPOSITORY = Path(__file__).parents[2]
NODES_PER_POOL = 2


@dataclass(frozen=True)
class LabCluster:
    """The cluster that a test may write to, as ndcops-operator."""

    kubeconfig: Path
    context: str
    uid: str


def small_inventory() -> Inventory:
    """The sample inventory with two nodes a pool."""
    inventory = read_inventory(REPOSITORY / "inventory")
    sites = []
    for site in inventory.sites:
        pools = tuple(pool.model_copy(update={"nodes": NODES_PER_POOL}) for pool in site.pools)
        sites.append(site.model_copy(update={"pools": pools}))
    return inventory.model_copy(update={"sites": tuple(sites)})


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabState]:
    """The session's lab, up; the environment points at its state folder."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NDCOPS_STATE_DIR", str(tmp_path_factory.mktemp("live-state")))
        try:
            yield up(small_inventory())
        finally:
            down()


@pytest.fixture(scope="session")
def lab_cluster(request: pytest.FixtureRequest) -> LabCluster:
    """The lab's first site, or the cluster that $NDCOPS_TEST_KUBECONFIG and $NDCOPS_TEST_CONTEXT name."""
    kubeconfig = os.environ.get("NDCOPS_TEST_KUBECONFIG")
    if kubeconfig:
        context = os.environ["NDCOPS_TEST_CONTEXT"]
        unpinned = ClusterRef(site="test", kubeconfig=Path(kubeconfig), context=context, uid=None)
        return LabCluster(unpinned.kubeconfig, context, KubernetesApi().read_uid(unpinned))
    request.getfixturevalue("lab")
    first = lab_target().clusters[0]
    assert first.uid is not None
    return LabCluster(first.kubeconfig, first.context, first.uid)
