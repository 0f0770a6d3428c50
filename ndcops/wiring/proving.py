"""Builds what `agency verify` needs: both ends of a move, sessions on them, a secret number for each proof."""

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ndcops.model.move import Move
    from ndcops.onboarding.ports import ProofLimits
    from ndcops.onboarding.run import Onboarding
    from ndcops.onboarding.run.proving import Prover, Verifying


def prover(
    limits: "ProofLimits", *, stop: threading.Event, on_progress: Callable[[str, int, int], None]
) -> "Prover":
    """Compares; keeps nothing."""
    from ndcops.adapters.postgres_servers.proving import PostgresProvenDatabases
    from ndcops.onboarding.run.proving import Prover

    return Prover(
        databases=PostgresProvenDatabases(),
        limits=limits,
        now=lambda: datetime.now(UTC),
        clock=time.monotonic,
        wait=stop.wait,
        seed=lambda: secrets.randbits(63),
        stop=stop,
        on_progress=on_progress,
    )


def verifying(room: "Onboarding", kind: str, chosen_inventory: Path | None) -> "Verifying":
    """Finds what is compared, and what it proves."""
    from ndcops.adapters.postgres_servers.moving import PostgresSource
    from ndcops.onboarding.run.moving import find_move
    from ndcops.onboarding.run.proving import Verifying
    from ndcops.wiring import inventory_folder
    from ndcops.wiring.moving import move_targets

    targets, source = move_targets(kind, room.inventory(), inventory_folder(chosen_inventory)), PostgresSource()

    def find(agency: str, database: str) -> "Move":
        return find_move(room.dossier(agency), database, targets, source)

    return Verifying(room, find)
