"""Databases, names and probes of the lab's services, behind failover's ports; the room and benches use it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.errors import NdcopsError

if TYPE_CHECKING:
    from ndcops.adapters.dns_servers import DnsServers
    from ndcops.adapters.etcd_store import EtcdStore
    from ndcops.adapters.patroni_clusters import PatroniClusters, StoredValue
    from ndcops.model.failover import ProbeState
    from ndcops.model.record import JsonObject
    from ndcops.model.service import Service


class PatroniStore:
    """The client of an etcd as Patroni's configuration store."""

    def __init__(self, etcd: "EtcdStore") -> None:
        self._etcd = etcd

    def read(self, prefix: str) -> "Mapping[str, StoredValue]":
        """Every key that begins so. Raises Unreachable."""
        from ndcops.adapters.patroni_clusters import StoredValue

        return {
            each.key: StoredValue(each.value.decode(), each.mod_revision, each.lease)
            for each in self._etcd.list_keys(prefix)
        }

    def lease_left_s(self, lease: int) -> int | None:
        """Seconds until it lapses. Raises Unreachable."""
        return self._etcd.lease_left_s(lease)

    def write_if(self, conditions: "Mapping[str, StoredValue | None]", values: Mapping[str, str]) -> bool:
        """One transaction. Raises Unreachable."""
        from ndcops.adapters.etcd_store import Compare, Put

        compares = [
            Compare(key, "create_revision", 0) if found is None else Compare(key, "mod_revision", found.revision)
            for key, found in conditions.items()
        ]
        return self._etcd.transact(compares, [Put(key, value.encode()) for key, value in values.items()]).succeeded


class LabProbes:
    """What the lab's probes saw: failover's port `Probes`."""

    def read(self, service: "Service", *, since: datetime | None = None) -> "ProbeState | None":
        """What the service's probe saw since then; None without one that runs."""
        from ndcops.lab.probe.control import findings
        from ndcops.model.failover import ProbeState

        found = findings(service.id, since=since)
        if found is None or not found.running:
            return None
        seen, last = found.seen, max(found.seen.confirmed, default=0)
        return ProbeState(
            service=service.id,
            since=datetime.fromtimestamp(seen.first_ms / 1000, UTC),
            last_ok_at=None if seen.last_ok_ms is None else datetime.fromtimestamp(seen.last_ok_ms / 1000, UTC),
            last_write=last,
            last_read=last,
            lost=found.lost,
            outage_ms=seen.outage_ms,
            address=found.address,
            problem=found.problem,
        )

    def waits_for(self, service: "Service", since: datetime) -> str:
        """By the end of the probe's log alone."""
        from ndcops.lab.probe.control import waits_for

        return waits_for(service.id, since)


def lab_databases() -> "PatroniClusters":
    """The lab's Patroni clusters. Raises NdcopsError when it has none."""
    from ndcops.adapters.etcd_store import EtcdAccess, EtcdStore
    from ndcops.adapters.patroni_clusters import MemberApi, PatroniClusters
    from ndcops.lab.folder import LabPaths, lab_folder

    document = _read(LabPaths(lab_folder()).databases_file)
    wanted = {name: document[name] for name in EtcdAccess.model_fields}
    access = EtcdAccess.model_validate(wanted)
    members = MemberApi(access.ca_file, access.client_certificate_file, access.client_key_file)
    return PatroniClusters(PatroniStore(EtcdStore(access)), members, namespace=str(document["namespace"]))


def lab_names() -> "DnsServers":
    """The lab's authoritative servers. Raises NdcopsError when it has none."""
    from ndcops.adapters.dns_servers import AuthoritativeServer, DnsServers, read_key
    from ndcops.lab.folder import LabPaths, lab_folder

    document = _read(LabPaths(lab_folder()).names_file)
    key = read_key(Path(document["key_file"]))
    servers = [
        AuthoritativeServer(each["site"], each["address"], each["port"], key) for each in document["servers"]
    ]
    return DnsServers(servers, document["entries"])


def _read(path: Path) -> "JsonObject":
    try:
        document: JsonObject = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NdcopsError(
            "the lab has no service with real parts", resolution="ndcops lab up --service NAME"
        ) from error
    return document
