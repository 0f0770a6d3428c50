"""Databases and names behind failover's ports, on either target: the lab's own, or what the inventory declares."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.target import Target, TargetKind

if TYPE_CHECKING:
    from ndcops.adapters.dns_servers import DnsServers
    from ndcops.adapters.patroni_clusters import PatroniClusters
    from ndcops.model.inventory import Inventory

DNS_PORT = 53


def databases(chosen: Target, inventory: "Inventory", inventory_folder: Path) -> "PatroniClusters":
    """The Patroni clusters of the target. Raises Refused when none are declared, InvalidInput without our keys."""
    from ndcops.wiring.lab_services import PatroniStore, lab_databases

    if chosen.kind is TargetKind.LAB:
        return lab_databases()
    from ndcops.adapters.etcd_store import EtcdAccess, EtcdStore
    from ndcops.adapters.patroni_clusters import MemberApi, PatroniClusters

    store = inventory.databases
    if store is None:
        raise Refused(
            "the inventory does not say where the databases' store is", resolution="add inventory/databases.yaml"
        )
    access = EtcdAccess(
        members=store.members,
        ca_file=_present(inventory_folder / store.ca_file),
        client_certificate_file=_present(_pki(chosen) / "databases-client.crt"),
        client_key_file=_private(_pki(chosen) / "databases-client.key"),
    )
    members = MemberApi(access.ca_file, access.client_certificate_file, access.client_key_file)
    return PatroniClusters(PatroniStore(EtcdStore(access)), members, namespace=store.namespace)


def names(chosen: Target, inventory: "Inventory") -> "DnsServers":
    """Every authoritative server of the target. Raises Refused without one, InvalidInput without a key."""
    from ndcops.adapters.dns_servers import AuthoritativeServer, DnsServers, read_key
    from ndcops.wiring.lab_services import lab_names

    if chosen.kind is TargetKind.LAB:
        return lab_names()
    sites = inventory.built_sites()
    addresses = [(site.name, address) for site in sites for address in site.dns.servers]
    if not addresses:
        raise Refused(
            "the inventory declares no authoritative server",
            resolution="add dns.servers to inventory/sites/*.yaml",
        )
    key = read_key(_present(Path(os.environ.get("NDCOPS_TSIG_KEY_FILE") or _pki(chosen) / "tsig.key")))
    servers = [AuthoritativeServer(site, address, DNS_PORT, key) for site, address in addresses]
    entries = {site.name: str(site.dns.entry) for site in sites if site.dns.entry is not None}
    return DnsServers(servers, entries)


def _pki(chosen: Target) -> Path:
    """Where the operator's keys are, as for hosts."""
    return Path(os.environ.get("NDCOPS_PKI_FOLDER") or chosen.state_dir / "pki")


def _present(path: Path) -> Path:
    if not path.is_file():
        raise InvalidInput(f"{path} is missing", resolution="put it there, or set NDCOPS_PKI_FOLDER")
    return path


def _private(path: Path) -> Path:
    """A key that only its owner may read. Raises Refused when others may."""
    if _present(path).stat().st_mode & 0o077:
        raise Refused(f"{path} can be read by others than its owner", resolution=f"chmod 600 {path}")
    return path
