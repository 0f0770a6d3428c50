"""A fake API server, and the provider that an engine has configured for it."""

from collections.abc import Iterator

import pytest

from tests.fakes.kubernetes_http import SYSTEM_UID, FakeCluster, fake_cluster
from tests.unit.provider.rpc import Engine, engine


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with fake_cluster() as running:
        yield running


@pytest.fixture
def pulumi(cluster: FakeCluster) -> Iterator[Engine]:
    with engine() as running:
        running.configure(kubeconfig=cluster.kubeconfig, clusterIdentifier=SYSTEM_UID)
        yield running
