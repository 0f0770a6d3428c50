"""Keys, certificates and passwords of the databases; `databases.start` calls it."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from ndcops.lab.credentials import COMPONENTS
from ndcops.lab.folder import LabPaths
from ndcops.lab.pki import Authority, KeyPair, Subject, key_pair
from ndcops.lab.private_file import write_private
from ndcops.lab.state import LabService, LabState

ROLES = ("postgres", "replicator", "rewinder")
"""PostgreSQL's roles that Patroni uses; the service's own one is called as the service."""


@dataclass(frozen=True)
class DatabaseKeys:
    """The files that a site's member, its store and its clients use."""

    authority: KeyPair
    site: KeyPair
    client: KeyPair


def database_keys(paths: LabPaths, site: str) -> DatabaseKeys:
    """Where they are."""
    folder = paths.databases / "pki"
    return DatabaseKeys(key_pair(folder, "ca"), key_pair(folder, f"site-{site}"), key_pair(folder, "client"))


def write_database_credentials(paths: LabPaths, state: LabState, now: datetime) -> None:
    """An authority, a certificate a site (etcd, Patroni and PostgreSQL share it), the operator's, passwords."""
    authority = Authority(paths.databases / "pki", "ndcops lab databases", now)
    for site in state.sites:
        hosts = ("localhost", "127.0.0.1", state.service_address(site))
        authority.issue(f"site-{site.name}", Subject(f"databases-{site.name}", hosts=hosts))
    authority.issue("client", COMPONENTS["operator"])
    for service in state.services:
        _write_passwords(paths, service)


def _write_passwords(paths: LabPaths, service: LabService) -> None:
    path = paths.databases / "passwords" / f"{service.id}.json"
    if service.database and not path.exists():
        passwords = {role: secrets.token_urlsafe(24) for role in (*ROLES, service.id)}
        write_private(path, json.dumps(passwords, indent=2) + "\n")


def read_passwords(paths: LabPaths, service: str) -> dict[str, str]:
    """By role, as PostgreSQL calls them."""
    passwords: dict[str, str] = json.loads((paths.databases / "passwords" / f"{service}.json").read_text())
    return passwords
