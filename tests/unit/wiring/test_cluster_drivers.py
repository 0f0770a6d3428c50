"""How the coordination store and the drivers are built from an inventory."""

from ipaddress import ip_network
from itertools import combinations
from pathlib import Path

import pytest

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.target import ClusterRef, Target, TargetKind
from ndcops.wiring.cluster_drivers import CERTIFICATE, KEY, coordination, network_fences, site_objects
from tests.conftest import REPOSITORY, small_inventory

FOLDER = REPOSITORY / "inventory"


def _target(folder: Path) -> Target:
    (folder / "kubeconfig").write_text("{}")
    clusters = (ClusterRef(site="ndc1", kubeconfig=folder / "kubeconfig", context="ndc1", uid="u"),)
    return Target(kind=TargetKind.PRODUCTION, clusters=clusters, state_dir=folder)


def test_production_wants_the_operators_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CERTIFICATE, raising=False)
    monkeypatch.setenv(KEY, "/etc/key.pem")
    with pytest.raises(InvalidInput) as caught:
        coordination(small_inventory(), _target(tmp_path), FOLDER)
    assert caught.value.details == (f"not set: {CERTIFICATE}",)


def test_an_inventory_without_a_store(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no coordination store"):
        coordination(small_inventory().model_copy(update={"coordination": None}), _target(tmp_path), FOLDER)


def test_members_that_are_not_there_are_told_and_nothing_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (CERTIFICATE, KEY):
        monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
    inventory = small_inventory()
    assert inventory.coordination is not None
    nobody = [
        each.model_copy(update={"endpoint": "https://127.0.0.1:1"}) for each in inventory.coordination.members
    ]
    store = inventory.coordination.model_copy(update={"members": tuple(nobody)})
    found = coordination(inventory.model_copy(update={"coordination": store}), _target(tmp_path), FOLDER)
    status = found.status()
    assert [member.answers for member in status.members] == [False] * 3
    assert all(member.problem for member in status.members)


def test_a_fence_against_one_site_spares_the_others(tmp_path: Path) -> None:
    fences = network_fences(site_objects(_target(tmp_path)), small_inventory())
    networks = {site: [ip_network(each) for each in found] for site, found in fences._addresses.items()}
    assert all(networks.values())
    for one, other in combinations(networks, 2):
        assert not any(a.overlaps(b) for a in networks[one] for b in networks[other])


def test_a_site_that_the_target_lacks(tmp_path: Path) -> None:
    with pytest.raises(NdcopsError, match="ndc9"):
        site_objects(_target(tmp_path)).cluster("ndc9")
