"""Fixtures of the lab hosts' unit tests: folders of their own, and three planned hosts."""

from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ndcops.lab.hosts.addresses import plan_hosts
from ndcops.lab.hosts.layout import HostsPaths, HostsState, Release, hosts_paths


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostsPaths:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NDCOPS_CACHE_DIR", str(tmp_path / "cache"))
    return hosts_paths()


@pytest.fixture
def state() -> HostsState:
    """Three hosts and the SIEM."""
    subnet = IPv4Network("198.18.7.0/24")
    return HostsState(
        kind="LabHostsState",
        lab_id="abcdef",
        release=Release.TRIXIE,
        subnet=str(subnet),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        hosts=plan_hosts(3, subnet, Path("/image"), Path("/siem-image")),
    )
