"""The lab's coordination store: an etcd with one member on each of three sites; `site_start` and `up` call it."""

import json
from collections.abc import Sequence
from typing import Final

from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.control_plane import SitePrograms, etcd_tls_flags
from ndcops.lab.folder import LabPaths
from ndcops.lab.pki import key_pair
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import ProcessSpec
from ndcops.lab.state import LabState, SiteState

MEMBERS: Final = 3
"""Three members keep a majority when one site is lost; a fourth site would add none (etcd.io, FAQ)."""

COORDINATION: Final = "coordination"


def members(state: LabState) -> list[SiteState]:
    """The sites that hold a member."""
    return [site for site in state.sites if site.ports.coordination is not None]


def member(
    programs: SitePrograms, paths: LabPaths, site: SiteState, all_members: Sequence[SiteState]
) -> ProcessSpec:
    """The member of a site: clients and peers need certificates of the store's own authority."""
    ports = site.ports
    if ports.coordination is None or ports.coordination_peer is None:
        raise ValueError(f"site {site.name} holds no member")
    client, peer = _client_url(site), _peer_url(site)
    flags = (
        f"--name={site.name}",
        f"--data-dir={paths.coordination / 'data' / site.name}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        "--initial-cluster=" + ",".join(f"{each.name}={_peer_url(each)}" for each in all_members),
        f"--initial-cluster-token=ndcops-{paths.lab_id}",
        *etcd_tls_flags(paths.coordination, f"member-{site.name}"),
        "--unsafe-no-fsync",  # as the sites' own etcd: lab data
        "--log-level=warn",
    )
    return programs.spec(COORDINATION, "etcd", flags, (ports.coordination, ports.coordination_peer))


def _client_url(site: SiteState) -> str:
    return f"https://{site.address}:{site.ports.coordination}"


def _peer_url(site: SiteState) -> str:
    return f"https://{site.address}:{site.ports.coordination_peer}"


def write_coordination_file(paths: LabPaths, state: LabState) -> None:
    """`coordination.json`: where the store is and with what to log in."""
    client = key_pair(paths.coordination, "client")
    document = {
        "apiVersion": "ndcops/v1",
        "kind": "LabCoordination",
        "members": [{"site": site.name, "endpoint": _client_url(site)} for site in members(state)],
        "ca_file": str(paths.coordination / "ca.crt"),
        "client_certificate_file": str(client.certificate),
        "client_key_file": str(client.key),
    }
    write_private(paths.coordination_file, json.dumps(document, indent=2) + "\n")


def is_healthy(paths: LabPaths, site: SiteState, timeout_s: float = 2.0) -> bool:
    """Whether that site's member serves writes: it has a leader (etcd.io, /health)."""
    client = HttpsClient(
        site.address,
        site.ports.coordination or 0,
        paths.coordination / "ca.crt",
        key_pair(paths.coordination, "client"),
    )
    with client:
        return client.answers("/health", timeout_s=timeout_s)
