"""A snapshot as etcd keeps it, transactions that etcd takes, and what a pod's status tells."""

import json
from typing import Any

import pytest

from ndcops.lab.scratch.control_plane import remove_abandoned
from ndcops.lab.scratch.decisions import decision
from ndcops.lab.scratch.object_store import MOST_BYTES, MOST_OPERATIONS, batches
from ndcops.lab.scratch.stored_objects import stored, stored_site
from ndcops.model.errors import InvalidInput
from ndcops.model.replay import Replayed
from ndcops.model.snapshot import PodGroup, SiteSnapshot

TEMPLATE = {"metadata": {"namespace": "web"}, "spec": {"containers": [{"name": "main"}]}}


def site(*groups: PodGroup, **objects: Any) -> SiteSnapshot:
    return SiteSnapshot(site="ndc1", cluster_uid="u", resource_version="1", objects=objects, pods=groups)


@pytest.mark.parametrize(
    ("plural", "namespace", "key"),
    [
        ("nodes", "", "/registry/minions/one"),
        ("pods", "web", "/registry/pods/web/one"),
        ("csistoragecapacities", "web", "/registry/csistoragecapacities/web/one"),
    ],
)
def test_objects_have_the_api_servers_keys(plural: str, namespace: str, key: str) -> None:
    metadata = {"name": "one"} | ({"namespace": namespace} if namespace else {})
    assert stored(plural, {"metadata": metadata})[0] == key


def test_an_object_keeps_its_uid_or_always_gets_the_same() -> None:
    def uid(metadata: dict[str, str]) -> str:
        return str(json.loads(stored("nodes", {"metadata": metadata})[1])["metadata"]["uid"])

    assert uid({"name": "one", "uid": "kept"}) == "kept"
    assert uid({"name": "one"}) == uid({"name": "one"}) != uid({"name": "two"})


def test_a_kind_that_cannot_be_replayed_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'gadgets' cannot be replayed"):
        stored("gadgets", {"metadata": {"name": "one"}})


def test_groups_become_bound_pods_and_waiting_ones_stay_out() -> None:
    loaded = dict(stored_site(site(PodGroup(template=TEMPLATE, nodes={"n1": 2, "n2": 1, "": 4}), services=({},))))
    pods = [json.loads(value) for key, value in loaded.items() if key.startswith("/registry/pods/")]
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == ["n1", "n1", "n2"]
    assert len({pod["metadata"]["uid"] for pod in pods}) == 3
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}


def test_batches_keep_to_etcds_limits_and_lose_nothing() -> None:
    pairs = [(f"k{number}", b"x" * (MOST_BYTES // 3 if number % 50 == 0 else 9)) for number in range(400)]
    found = list(batches(pairs))
    assert [pair for batch in found for pair in batch] == pairs
    assert max(map(len, found)) <= MOST_OPERATIONS
    assert all(sum(len(value) for _, value in batch) <= MOST_BYTES for batch in found)


@pytest.mark.parametrize(
    ("spec", "status", "found"),
    [
        ({}, {}, None),
        ({"nodeName": "n1"}, {}, Replayed("n1", "")),
        ({}, {"nominatedNodeName": "n2"}, Replayed("n2", "")),
        (
            {},
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]},
            Replayed(None, "0/1 nodes"),
        ),
        ({}, {"conditions": [{"type": "Ready", "status": "False", "message": "no"}]}, None),
    ],
)
def test_a_status_tells_the_decision(spec: Any, status: Any, found: Replayed | None) -> None:
    assert decision({"spec": spec, "status": status}) == found


def test_what_a_killed_replay_left_is_removed(tmp_path: Any) -> None:
    (tmp_path / "17-abc" / "sites").mkdir(parents=True)
    assert remove_abandoned(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
