"""The command lines of a site: security settings, addresses, no secret in an argument."""

import datetime
import json
from pathlib import Path

import pytest

from ndcops.lab import coordination_store, credentials
from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.folder import LabPaths
from ndcops.lab.state import LabMode, LabState, SitePorts, SiteState

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)


def sample_site_state(index: int = 0, address: str = "198.18.0.11") -> SiteState:
    ports = SitePorts(api=6443, etcd=2379, etcd_peer=2380, coordination=12379, coordination_peer=12380)
    return SiteState(
        name=f"ndc{index + 1}",
        index=index,
        address=address,
        ports=ports,
        pod_cidr="10.1.0.0/16",
        service_cidr="10.2.0.0/20",
    )


def programs(paths: LabPaths, mode: LabMode = LabMode.NETNS) -> SitePrograms:
    site = sample_site_state(address="198.18.0.11" if mode is LabMode.NETNS else "127.0.0.1")
    return SitePrograms(paths, mode, site, Path("/engines"), 42 if mode is LabMode.NETNS else None)


def flags(argv: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, _, value in (each.partition("=") for each in argv[1:])}


def test_the_api_server_is_hardened(tmp_path: Path) -> None:
    spec = programs(LabPaths(tmp_path)).apiserver()
    given = flags(spec.argv)
    assert given["--authorization-mode"] == "RBAC"
    assert given["--anonymous-auth"] == "false"
    assert given["--profiling"] == "false"
    assert given["--service-cluster-ip-range"] == "10.2.0.0/20"
    assert {"--client-ca-file", "--audit-policy-file", "--audit-log-path", "--encryption-provider-config"} <= set(
        given
    )
    assert "--token-auth-file" not in given
    assert "--disable-admission-plugins" not in given
    assert spec.network_pid == 42


@pytest.mark.parametrize("name", ["etcd", "coordination"])
def test_every_etcd_asks_clients_and_peers_for_certificates(tmp_path: Path, name: str) -> None:
    paths = LabPaths(tmp_path)
    site = sample_site_state()
    spec = programs(paths).etcd()
    if name == "coordination":
        spec = coordination_store.member(programs(paths), paths, site, [site])
    given = flags(spec.argv)
    assert {"--client-cert-auth", "--peer-client-cert-auth", "--trusted-ca-file", "--peer-trusted-ca-file"} <= set(
        given
    )
    assert all("http://" not in value for value in given.values())
    assert spec.name == name


def test_on_loopback_nothing_listens_elsewhere(tmp_path: Path) -> None:
    given = flags(programs(LabPaths(tmp_path), LabMode.LOOPBACK).apiserver().argv)
    assert given["--bind-address"] == "127.0.0.1"
    assert not given["--advertise-address"].startswith("127.")


def test_kwok_plays_kubelet_for_lab_nodes_only(tmp_path: Path) -> None:
    given = flags(programs(LabPaths(tmp_path)).kwok().argv)
    assert given["--manage-all-nodes"] == "false"
    assert given["--manage-nodes-with-annotation-selector"] == "kwok.x-k8s.io/node=fake"


def test_members_know_each_other_by_their_sites(tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    members = [sample_site_state(index, f"198.18.0.{11 + index}") for index in range(3)]
    given = flags(coordination_store.member(programs(paths), paths, members[0], members).argv)
    assert given["--initial-cluster"] == ",".join(
        f"ndc{index + 1}=https://198.18.0.{11 + index}:12380" for index in range(3)
    )
    no_member = members[0].model_copy(update={"ports": SitePorts(api=1, etcd=2, etcd_peer=3)})
    with pytest.raises(ValueError, match="no member"):
        coordination_store.member(programs(paths), paths, no_member, members)


def test_credentials_are_private_and_in_no_argument(tmp_path: Path) -> None:
    paths = LabPaths(tmp_path)
    site = sample_site_state()
    state = LabState(lab_id="abcdef", mode=LabMode.NETNS, created_at=NOW, sites=(site,))
    credentials.write_site_credentials(paths, site, NOW)
    credentials.write_coordination_credentials(paths, state, NOW)
    credentials.write_kubeconfigs(paths, state)
    coordination_store.write_coordination_file(paths, state)

    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o600}
    encryption = json.loads((paths.site("ndc1") / "encryption.json").read_text())
    key = encryption["resources"][0]["providers"][0]["secretbox"]["keys"][0]["secret"]
    plane = programs(paths)
    specs = [plane.etcd(), plane.apiserver(), plane.controller_manager(), plane.scheduler(), plane.kwok()]
    assert all(key not in argument for spec in specs for argument in spec.argv)
    operator = json.loads(paths.kubeconfig.read_text())
    assert operator["current-context"] == "lab-ndc1"
    assert operator["clusters"][0]["cluster"]["server"] == "https://198.18.0.11:6443"
    assert "client-key-data" in operator["users"][0]["user"]
    assert json.loads(paths.admin_kubeconfig.read_text())["current-context"] == "lab-ndc1-admin"
    for file in ("ca_file", "client_certificate_file", "client_key_file"):
        assert Path(json.loads(paths.coordination_file.read_text())[file]).is_file()


def test_a_second_up_keeps_the_encryption_key(tmp_path: Path) -> None:
    paths, site = LabPaths(tmp_path), sample_site_state()
    credentials.write_site_credentials(paths, site, NOW)
    before = (paths.site("ndc1") / "encryption.json").read_text()
    credentials.write_site_credentials(paths, site, NOW)
    assert (paths.site("ndc1") / "encryption.json").read_text() == before
