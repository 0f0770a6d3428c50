"""The stand-in for csi-addons: roles, synchronisation, and what the published controller itself does wrong."""

import pytest

from ndcops.lab.players.played import SIMULATED
from tests.failover_objects import NAMESPACE, pod, volume_replication
from tests.unit.lab.players.three_sites import ThreeSites, condition

VOLUME = volume_replication()


@pytest.fixture
def world() -> ThreeSites:
    """A volume of ndc1, replicated to ndc3."""
    found = ThreeSites()
    found.add("ndc3", volume_replication(role="secondary"))
    found.add("ndc1", VOLUME)
    found.look()
    return found


def _told(world: ThreeSites, site: str) -> tuple[str, str, str]:
    live = world.live(site, VOLUME)
    kinds = ("Completed", "Degraded")
    return live["status"]["state"], *(condition(live, kind)["status"] for kind in kinds)


def test_a_replicated_volume_tells_its_last_synchronisation_on_its_primary_only(world: ThreeSites) -> None:
    assert _told(world, "ndc1") == ("Primary", "True", "False")
    assert _told(world, "ndc3") == ("Secondary", "True", "False")
    first = world.live("ndc1", VOLUME)["status"]["lastSyncTime"]
    world.look()
    assert world.live("ndc1", VOLUME)["status"]["lastSyncTime"] > first
    assert "lastSyncTime" not in world.live("ndc3", VOLUME)["status"]
    assert world.live("ndc1", VOLUME)["metadata"]["annotations"][SIMULATED] == "true"


def test_a_planned_switch(world: ThreeSites) -> None:
    world.patch("ndc1", VOLUME, replicationState="secondary")
    world.look(1, "ndc1")
    assert _told(world, "ndc1") == ("Secondary", "True", "True")
    world.look(1, "ndc1")
    assert _told(world, "ndc1") == ("Secondary", "True", "False")
    live = world.live("ndc1", VOLUME)
    assert condition(live, "Completed")["observedGeneration"] == live["metadata"]["generation"]
    assert "lastSyncTime" not in live["status"]
    world.patch("ndc3", VOLUME, replicationState="primary")
    world.look()
    assert _told(world, "ndc3") == ("Primary", "True", "False")
    assert _told(world, "ndc1") == ("Secondary", "True", "False")


def test_a_volume_in_use_cannot_be_demoted(world: ThreeSites) -> None:
    user = pod("trial-store-0", "trial-store")
    user["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-trial-store-0"}}]
    world.servers["ndc1"].put(f"/api/v1/namespaces/{NAMESPACE}/pods/trial-store-0", user)
    world.patch("ndc1", VOLUME, replicationState="secondary")
    world.look()
    assert _told(world, "ndc1") == ("Primary", "False", "True")
    assert world.live("ndc1", VOLUME)["status"]["message"] == "volume is in use"
    del world.servers["ndc1"].objects[f"/api/v1/namespaces/{NAMESPACE}/pods/trial-store-0"]
    world.look()
    assert _told(world, "ndc1") == ("Secondary", "True", "False")


def test_a_promotion_without_demotion_is_forced_and_makes_two_primaries(world: ThreeSites) -> None:
    world.patch("ndc3", VOLUME, replicationState="primary")
    world.look()
    assert _told(world, "ndc3") == _told(world, "ndc1") == ("Primary", "True", "False")


def test_the_side_that_was_lost_must_be_synchronised_anew(world: ThreeSites) -> None:
    world.isolate("ndc1")
    world.patch("ndc3", VOLUME, replicationState="primary")
    world.look()
    world.isolate("ndc1", cut=False)
    world.patch("ndc1", VOLUME, replicationState="secondary")
    world.look(10)
    assert _told(world, "ndc1") == ("Secondary", "True", "True")
    assert "split-brain" in world.live("ndc1", VOLUME)["status"]["message"]
    world.patch("ndc1", VOLUME, autoResync=True)
    world.look(1)
    assert condition(world.live("ndc1", VOLUME), "Resyncing")["status"] == "True"
    world.look()
    assert _told(world, "ndc1") == ("Secondary", "True", "False")
    assert condition(world.live("ndc1", VOLUME), "Resyncing")["status"] == "False"
    # And back, planned: nothing is left of the old quarrel.
    world.patch("ndc3", VOLUME, replicationState="secondary")
    world.look()
    world.patch("ndc1", VOLUME, replicationState="primary", autoResync=False)
    world.look()
    assert _told(world, "ndc3") == ("Secondary", "True", "False")
    assert _told(world, "ndc1") == ("Primary", "True", "False")


def test_a_demoted_volume_stays_degraded_while_its_peer_is_cut_off(world: ThreeSites) -> None:
    world.isolate("ndc3")
    world.patch("ndc1", VOLUME, replicationState="secondary")
    world.look()
    assert _told(world, "ndc1") == ("Secondary", "True", "True")
    world.isolate("ndc3", cut=False)
    world.look()
    assert _told(world, "ndc1") == ("Secondary", "True", "False")


@pytest.mark.parametrize(("role", "fault"), [("secondary", "demote"), ("primary", "promote")])
def test_a_fault_is_told_and_ends(world: ThreeSites, role: str, fault: str) -> None:
    site = "ndc1" if fault == "demote" else "ndc3"
    if fault == "promote":
        world.patch("ndc1", VOLUME, replicationState="secondary")
        world.look()
    world.annotate(site, VOLUME, fail=fault)
    world.patch(site, VOLUME, replicationState=role)
    world.look()
    assert condition(world.live(site, VOLUME), "Completed")["reason"] == f"FailedTo{fault.capitalize()}"
    world.annotate(site, VOLUME, fail=None)
    world.look()
    assert _told(world, site) == (role.capitalize(), "True", "False")


def test_an_operation_takes_as_long_as_it_is_told(world: ThreeSites) -> None:
    world.annotate("ndc1", VOLUME, delay_s="4")
    world.patch("ndc1", VOLUME, replicationState="secondary")
    world.look(3)
    assert world.live("ndc1", VOLUME)["status"]["state"] == "Primary"
    world.look(4)
    assert world.live("ndc1", VOLUME)["status"]["state"] == "Secondary"


def test_nothing_is_written_when_nothing_changes(world: ThreeSites) -> None:
    world.patch("ndc1", VOLUME, replicationState="secondary")
    world.look()
    before = world.live("ndc1", VOLUME)["metadata"]["resourceVersion"]
    world.look(20)
    assert world.live("ndc1", VOLUME)["metadata"]["resourceVersion"] == before
