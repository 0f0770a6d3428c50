"""Which sites the room asks for their facts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.snapshot_files import SnapshotFiles
from ndcops.capacity.run import Capacity
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.snapshot import SiteSnapshot
from ndcops.model.target import ClusterRef, Target, TargetKind
from tests.conftest import small_inventory
from tests.fakes.site_facts import FakeSiteFacts

NOW = datetime(2026, 11, 29, tzinfo=UTC)
LIVING = SiteSnapshot(site="ndc2", cluster_uid="2", resource_version="7", objects={}, pods=(), unread={})


def room(tmp_path: Path) -> Capacity:
    """Of two sites, the first is lost."""
    clusters = tuple(
        ClusterRef(site=site, kubeconfig=tmp_path, context=site, uid=None) for site in ("ndc1", "ndc2")
    )
    return Capacity(
        inventory=small_inventory(),
        target=Target(kind=TargetKind.LAB, clusters=clusters, state_dir=tmp_path),
        facts=FakeSiteFacts({"ndc2": LIVING}),
        store=SnapshotFiles(),
        now=lambda: NOW,
        on_facts=lambda _: None,
    )


def test_a_lost_site_does_not_hide_the_room_of_another(tmp_path: Path) -> None:
    """Found on the lab: the loss of a site made the room of the other ones unknown, and its evacuation refused."""
    assert room(tmp_path).read(["ndc2"]).sites == (LIVING,)
    with pytest.raises(NdcopsError, match="does not answer"):
        room(tmp_path).read()


def test_a_site_without_a_cluster_is_no_site_to_ask(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="ndc9"):
        room(tmp_path).read(["ndc9"])
