"""The identity of the cluster is settled once, by one caller, for all."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ndcops.model.errors import NdcopsError, Refused
from ndcops.provider.cluster_api import ClusterApi
from ndcops.provider.discovery import ObjectKind
from ndcops.provider.errors import ApiError, Unreachable
from tests.fakes.kubernetes_http import SYSTEM_UID

KIND = ObjectKind("v1", "ConfigMap", "configmaps", namespaced=True)


def test_callers_that_wait_for_an_unreachable_cluster_fail_together() -> None:
    attempts: list[float] = []
    together = threading.Barrier(8)

    def connect() -> Any:
        attempts.append(time.monotonic())
        time.sleep(0.2)
        raise Unreachable("down")

    api = ClusterApi(connect, "")

    def call(_: int) -> None:
        together.wait()
        with pytest.raises(NdcopsError, match="down"):
            api.get(KIND, "a", "b")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(8)))
    assert len(attempts) == 1
    with pytest.raises(Unreachable):
        api.get(KIND, "a", "b")
    assert len(attempts) == 2


def test_an_identity_that_may_not_be_read_is_refused() -> None:
    class Client:
        def request(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
            raise ApiError(403, "Forbidden", "namespaces is forbidden")

    with pytest.raises(Refused, match="cannot be read"):
        ClusterApi(Client, SYSTEM_UID).get(KIND, "a", "b")
