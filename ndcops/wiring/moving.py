"""Where databases move to: the service's Patroni cluster of the target, its leader asked anew each time."""

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.errors import Refused
from ndcops.model.target import TargetKind

if TYPE_CHECKING:
    from ndcops.adapters.patroni_clusters import PatroniClusters
    from ndcops.model.dossier import DossierSystem
    from ndcops.model.inventory import Inventory
    from ndcops.model.move import Move
    from ndcops.model.seed import LoadLimits
    from ndcops.model.slot_keeping import SlotKeeping
    from ndcops.onboarding.ports import MoveTargets
    from ndcops.onboarding.run import Onboarding
    from ndcops.onboarding.run.moving import Seeding
    from ndcops.onboarding.run.moving.pacing import OnCopied

ADMINISTRATOR = "NDCOPS_DATABASE_USER"
"""As whom production's clusters are entered; its password stands in PGPASSFILE."""


@dataclass(frozen=True)
class PatroniTargets:
    """login: libpq's words of who enters a service's cluster, and how; never a password."""

    clusters: "Callable[[], PatroniClusters]"
    login: Callable[[str], dict[str, str]]

    def leader(self, system: "DossierSystem", database: str) -> str:
        """Words for `database` on the member that leads now. Raises Refused, Unreachable."""
        from ndcops.adapters.postgres_servers.words import connection_words

        service = _service(system)
        host, port = self.clusters().leader_address(service)
        return connection_words(host=host, port=str(port), dbname=database, **self.login(service))

    def members(self, system: "DossierSystem", database: str) -> tuple[str, ...]:
        """Words for each. Raises Refused, Unreachable."""
        from ndcops.adapters.postgres_servers.words import connection_words

        service = _service(system)
        found, login = self.clusters().addresses(service).values(), self.login(service)
        return tuple(connection_words(host=host, port=str(port), dbname=database, **login) for host, port in found)

    def anywhere(self, system: "DossierSystem", database: str) -> str:
        """Words for every member; libpq takes the one that leads (`primary`, which a closed database is, too)."""
        from ndcops.adapters.postgres_servers.words import connection_words

        service = _service(system)
        found = self.clusters().addresses(service).values()
        return connection_words(
            host=",".join(host for host, _ in found),
            port=",".join(str(port) for _, port in found),
            target_session_attrs="primary",
            dbname=database,
            **self.login(service),
        )

    def slot_keeping(self, system: "DossierSystem") -> "SlotKeeping":
        """By the cluster's configuration. Raises Refused when it is not known, Unreachable."""
        return self.clusters().slot_keeping(_service(system))


def _service(system: "DossierSystem") -> str:
    """Raises Refused when the system names none."""
    if system.service is None:
        raise Refused(
            f"{system.id} names no service of the centre, so where its database goes is not known",
            resolution=f"declare `service` for {system.id} in the dossier, both sides sign it again",
        )
    return system.service


def move_targets(kind: str, inventory: "Inventory", folder: Path) -> "MoveTargets":
    """The clusters of a target. Whatever is missing is told when a leader is asked for."""
    from ndcops.wiring import target
    from ndcops.wiring.data_services import databases
    from ndcops.wiring.lab_services import lab_databases

    if kind == TargetKind.LAB:
        return PatroniTargets(lab_databases, _lab_login)
    return PatroniTargets(
        lambda: databases(target(kind, inventory), inventory, folder), lambda _: _login(inventory, folder)
    )


def _lab_login(service: str) -> dict[str, str]:
    """The lab's superuser; its password goes into a file that libpq reads, beside the lab's own."""
    from ndcops.lab.databases.credentials import read_passwords
    from ndcops.lab.folder import LabPaths, lab_folder
    from ndcops.lab.private_file import write_private

    paths = LabPaths(lab_folder())
    path = paths.databases / "passwords" / f"{service}.pgpass"
    write_private(path, f"*:*:*:postgres:{read_passwords(paths, service)['postgres']}\n")
    return {"user": "postgres", "passfile": str(path), "sslmode": "disable"}


def _login(inventory: "Inventory", folder: Path) -> dict[str, str]:
    """Production: certificates are checked against the store's authority."""
    if inventory.databases is None:
        raise Refused(
            "the inventory has no databases.yaml", resolution="ndcops inventory schema --kind DatabaseStore"
        )
    authority = folder / inventory.databases.ca_file
    return {
        "user": os.environ.get(ADMINISTRATOR, "postgres"),
        "sslmode": "verify-full",
        "sslrootcert": str(authority),
    }


def seeding(
    room: "Onboarding",
    kind: str,
    chosen_inventory: Path | None,
    *,
    limits: "LoadLimits",
    width: int,
    stop: threading.Event,
    on_copied: "OnCopied",
) -> "Seeding":
    """The seed on a target."""
    from ndcops.adapters.postgres_servers.moving import PostgresCopies, PostgresSource, PostgresTarget
    from ndcops.onboarding.run.moving import Seeding
    from ndcops.wiring import inventory_folder
    from ndcops.wiring.onboarding import records_folder

    folder = inventory_folder(chosen_inventory)
    return Seeding(
        room=room,
        targets=move_targets(kind, room.inventory(), folder),
        source=PostgresSource(),
        target=PostgresTarget(records_folder(kind) / "schemas"),
        copies=PostgresCopies(),
        limits=limits,
        width=width,
        stop=stop,
        on_copied=on_copied,
    )


def alone_on(kind: str, move: "Move") -> AbstractContextManager[None]:
    """One command at a time moves a database. Raises Refused when another one is at it on this machine."""
    from ndcops.wiring.onboarding import alone, records_folder

    return alone(records_folder(kind) / "moves" / f"{move.agency}.{move.database}.lock", move.id)
