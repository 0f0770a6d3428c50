"""The stand-in for CloudNativePG: tokens, timelines, what a lost primary can and cannot do."""

import base64
import json
from typing import Any

import pytest

from ndcops.lab.players.clusters import LAG, position
from ndcops.lab.players.played import Moment, memory
from tests.failover_objects import cluster
from tests.unit.lab.players.three_sites import SITES, ThreeSites, condition

DATABASE = cluster()


def _of(site: str, primary: str = "ndc1") -> dict[str, Any]:
    return cluster(site, primary, tuple(other for other in SITES if other != site))


@pytest.fixture
def world() -> ThreeSites:
    """Primary at ndc1, replicas at ndc2 and ndc3."""
    found = ThreeSites()
    for site in SITES:
        found.add(site, _of(site))
    found.look()
    return found


def _status(world: ThreeSites, site: str) -> dict[str, Any]:
    found: dict[str, Any] = world.live(site, DATABASE)["status"]
    return found


def _lag(world: ThreeSites, site: str) -> str | None:
    return world.live(site, DATABASE)["metadata"]["annotations"].get(LAG)


def _position(world: ThreeSites, site: str) -> int:
    return position(world.live(site, DATABASE), Moment(world.now))


def _demote(world: ThreeSites, site: str, primary: str) -> str:
    replica = {"primary": primary, "source": primary, "promotionToken": None}
    world.patch(site, DATABASE, replica=replica)
    world.look()
    token: str = _status(world, site)["demotionToken"]
    return token


def _promote(world: ThreeSites, site: str, token: str | None) -> None:
    world.patch(site, DATABASE, replica={"primary": site, "promotionToken": token})
    world.look()


def _is_ready(world: ThreeSites, site: str) -> bool:
    return bool(condition(world.live(site, DATABASE), "Ready")["status"] == "True")


def test_replicas_are_cloned_and_stream(world: ThreeSites) -> None:
    assert all(_is_ready(world, site) for site in SITES)
    assert len({_status(world, site)["systemID"] for site in SITES}) == 1
    assert [_lag(world, site) for site in SITES] == [None, "0", "0"]
    before = _position(world, "ndc1")
    world.look()
    assert _position(world, "ndc1") > before


def test_a_demotion_goes_through_fencing_to_a_token(world: ThreeSites) -> None:
    world.patch("ndc1", DATABASE, replica={"primary": "ndc3", "source": "ndc3"})
    world.look(1, "ndc1")
    live = world.live("ndc1", DATABASE)
    assert live["metadata"]["annotations"]["cnpg.io/fencedInstances"] == '["*"]'
    assert live["status"]["switchReplicaClusterStatus"] == {"inProgress": True}
    assert condition(live, "ReplicaClusterSwitch")["status"] == "False"
    assert not live["status"].get("demotionToken")
    world.look(2, "ndc1")
    live = world.live("ndc1", DATABASE)
    assert "cnpg.io/fencedInstances" not in live["metadata"]["annotations"]
    assert live["status"]["switchReplicaClusterStatus"] == {"inProgress": False}
    assert condition(live, "ReplicaClusterSwitch")["status"] == "True"
    token = json.loads(base64.b64decode(live["status"]["demotionToken"]))
    assert token["latestCheckpointREDOLocation"] == f"0/{memory(live)['lsn']:X}"


def test_a_planned_switch_loses_nothing_and_goes_back(world: ThreeSites) -> None:
    for source, target in (("ndc1", "ndc3"), ("ndc3", "ndc1"), ("ndc1", "ndc3")):
        bystander = "ndc2"
        token = _demote(world, source, target)
        stood = _position(world, source)
        _promote(world, target, token)
        assert _status(world, target)["lastPromotionToken"] == token
        assert memory(world.live(target, DATABASE))["fork"] == stood
        world.patch(bystander, DATABASE, replica={"primary": target, "source": target})
        world.look()
        assert all(_is_ready(world, site) for site in SITES)
        assert [_lag(world, site) for site in (source, bystander, target)] == ["0", "0", None]
        assert _position(world, target) > stood


def test_a_token_is_waited_for_and_a_wrong_one_is_final(world: ThreeSites) -> None:
    world.annotate("ndc3", DATABASE, keep_back_bytes="500000")
    token = _demote(world, "ndc1", "ndc3")
    _promote(world, "ndc3", token)
    assert _status(world, "ndc3")["phase"] == "Promoting to primary cluster"
    forged = json.loads(base64.b64decode(token)) | {"latestCheckpointREDOLocation": "0/10"}
    _promote(world, "ndc3", base64.b64encode(json.dumps(forged).encode()).decode())
    assert _status(world, "ndc3")["phase"] == "Cluster is unrecoverable and needs manual intervention"
    other = json.loads(base64.b64decode(token)) | {"databaseSystemIdentifier": "1"}
    _promote(world, "ndc3", base64.b64encode(json.dumps(other).encode()).decode())
    assert _status(world, "ndc3")["phase"] == "Cluster is unrecoverable and needs manual intervention"
    _promote(world, "ndc3", "no token")
    assert _status(world, "ndc3")["phase"] == "Promoting to primary cluster"
    assert memory(world.live("ndc3", DATABASE))["role"] == "replica"


def test_a_replica_that_catches_up_takes_its_token(world: ThreeSites) -> None:
    world.annotate("ndc3", DATABASE, keep_back_bytes="500000")
    token = _demote(world, "ndc1", "ndc2")
    world.patch("ndc3", DATABASE, replica={"primary": "ndc3", "source": "ndc1", "promotionToken": token})
    world.look()
    assert memory(world.live("ndc3", DATABASE))["role"] == "replica"
    world.patch("ndc3", DATABASE, replica={"primary": "ndc1", "source": "ndc1", "promotionToken": None})
    world.annotate("ndc3", DATABASE, keep_back_bytes=None)
    world.look()
    _promote(world, "ndc3", token)
    assert memory(world.live("ndc3", DATABASE))["role"] == "primary"


def test_a_lost_primary_is_apart_until_it_is_made_anew(world: ThreeSites) -> None:
    world.isolate("ndc1")
    world.look()
    assert _lag(world, "ndc3") is None
    _promote(world, "ndc3", None)
    assert _is_ready(world, "ndc3")
    world.isolate("ndc1", cut=False)
    _demote(world, "ndc1", "ndc3")
    world.look()
    assert _lag(world, "ndc1") is None
    del world.servers["ndc1"].objects["/apis/postgresql.cnpg.io/v1/namespaces/ndc-contract/clusters/trial"]
    world.add("ndc1", _of("ndc1", "ndc3"))
    world.look()
    assert _lag(world, "ndc1") == "0"
    assert _status(world, "ndc1")["systemID"] == _status(world, "ndc3")["systemID"]


def test_a_fenced_primary_writes_nothing(world: ThreeSites) -> None:
    key = "cnpg.io/fencedInstances"
    live = world.live("ndc1", DATABASE)
    live["metadata"]["annotations"][key] = '["*"]'
    world.look()
    stood = _position(world, "ndc1")
    world.look()
    assert _position(world, "ndc1") == stood
    assert not _is_ready(world, "ndc1")
    del world.live("ndc1", DATABASE)["metadata"]["annotations"][key]
    world.look()
    assert _is_ready(world, "ndc1")
    assert stood < _position(world, "ndc1") < stood + 10 * 4096


def test_a_demotion_that_hangs(world: ThreeSites) -> None:
    world.annotate("ndc1", DATABASE, fail="demote")
    world.patch("ndc1", DATABASE, replica={"primary": "ndc3", "source": "ndc3"})
    world.look(10)
    assert _status(world, "ndc1")["switchReplicaClusterStatus"] == {"inProgress": True}
    world.annotate("ndc1", DATABASE, fail=None)
    world.look()
    assert _status(world, "ndc1")["demotionToken"]


def test_a_player_killed_between_deed_and_word_goes_on(world: ThreeSites, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second write is lost with the player: the token is the same in the end as it would have been."""
    link = world.links["ndc1", "ndc1"]
    real, calls = link.merge, []

    def merge(path: str, changes: dict[str, Any]) -> dict[str, Any]:
        calls.append(path)
        if len(calls) % 2 == 0:
            return world.live("ndc1", DATABASE)
        return real(path, changes)

    monkeypatch.setattr(link, "merge", merge)
    world.patch("ndc1", DATABASE, replica={"primary": "ndc3", "source": "ndc3"})
    world.look(12)
    monkeypatch.undo()
    world.look(6)
    token = _status(world, "ndc1")["demotionToken"]
    _promote(world, "ndc3", token)
    assert memory(world.live("ndc3", DATABASE))["role"] == "primary"


def test_nothing_is_written_while_all_is_well(world: ThreeSites) -> None:
    world.look(3)
    before = world.live("ndc1", DATABASE)["metadata"]["resourceVersion"]
    world.look(8, "ndc1")
    assert world.live("ndc1", DATABASE)["metadata"]["resourceVersion"] == before
