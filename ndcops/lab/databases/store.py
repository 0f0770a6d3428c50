"""The etcd that decides who leads the databases, one member a site; `databases.start` calls it.

It is not the coordination store: a full ledger there shall never demote a database.
"""

from typing import Final

from ndcops.lab import coordination_store
from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.control_plane import SitePrograms, etcd_tls_flags
from ndcops.lab.databases.credentials import database_keys
from ndcops.lab.folder import LabPaths
from ndcops.lab.processes import ProcessSpec
from ndcops.lab.state import LabState, SiteState

STORE: Final = "database-store"
PORT: Final = 22_379
PEER_PORT: Final = 22_380


def store_sites(state: LabState) -> list[SiteState]:
    """The sites with a member, and so with databases: those of the coordination store, for the same reasons."""
    return coordination_store.members(state)


def endpoint(state: LabState, site: SiteState) -> str:
    """Where clients reach the member of a site."""
    return f"https://{host_and_port(state, site)}"


def host_and_port(state: LabState, site: SiteState) -> str:
    """Address and port, as Patroni wants them."""
    return f"{state.service_address(site)}:{PORT}"


def store_member(programs: SitePrograms, paths: LabPaths, state: LabState, site: SiteState) -> ProcessSpec:
    """The member of a site."""
    keys = database_keys(paths, site.name)
    flags = (
        f"--name={site.name}",
        f"--data-dir={paths.databases / 'store' / site.name}",
        f"--listen-client-urls={endpoint(state, site)}",
        f"--advertise-client-urls={endpoint(state, site)}",
        f"--listen-peer-urls={_peer_url(state, site)}",
        f"--initial-advertise-peer-urls={_peer_url(state, site)}",
        "--initial-cluster=" + ",".join(f"{each.name}={_peer_url(state, each)}" for each in store_sites(state)),
        f"--initial-cluster-token=ndcops-databases-{paths.lab_id}",
        *etcd_tls_flags(keys.authority.certificate.parent, keys.site.certificate.stem),
        "--unsafe-no-fsync",  # as the sites' own etcd: lab data
        "--log-level=warn",
    )
    return programs.spec(STORE, "etcd", flags, (PORT, PEER_PORT))


def _peer_url(state: LabState, site: SiteState) -> str:
    return f"https://{state.service_address(site)}:{PEER_PORT}"


def is_healthy(paths: LabPaths, state: LabState, site: SiteState, timeout_s: float = 2.0) -> bool:
    """Whether that site's member has a leader (etcd.io, /health)."""
    keys = database_keys(paths, site.name)
    with HttpsClient(state.service_address(site), PORT, keys.authority.certificate, keys.client) as client:
        return client.answers("/health", timeout_s=timeout_s)
