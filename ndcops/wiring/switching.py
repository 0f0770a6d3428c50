"""Builds what changes the writing end on a target: ends, names, journals."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ndcops.model.errors import Interrupted, NdcopsError, Refused

if TYPE_CHECKING:
    from ndcops.adapters.etcd_store import StoredJournals
    from ndcops.model.cutover import End
    from ndcops.model.dossier import Dossier, DossierSystem
    from ndcops.model.move import Move
    from ndcops.model.service_names import ServiceNames
    from ndcops.onboarding.plan.switching.erasure import ErasureSignature
    from ndcops.onboarding.ports import MoveTargets
    from ndcops.onboarding.ports.switching import MoveEnd
    from ndcops.onboarding.run import Onboarding
    from ndcops.onboarding.run.moving import MoveWords
    from ndcops.onboarding.run.proving import CopyProver
    from ndcops.onboarding.run.switching import Acceptance, Decommission, Rehearsing, Switching
    from ndcops.workflow.journal_file import FileJournal

LEASE_S = 15
"""How long a system stays taken when the machine that changed it died, where the inventory does not say."""


@contextmanager
def switching(
    room: "Onboarding", kind: str, chosen_inventory: Path | None, *, words: "MoveWords", stop: threading.Event
) -> "Iterator[Switching]":
    """The change on a target; its connections end with the block."""
    from ndcops.adapters.postgres_servers.moving import PostgresTarget
    from ndcops.onboarding.run.switching import Switching
    from ndcops.wiring import inventory_folder
    from ndcops.wiring.moving import move_targets
    from ndcops.wiring.onboarding import records_folder

    targets = move_targets(kind, room.inventory(), inventory_folder(chosen_inventory))
    found = Switching(
        room=room,
        moves=_moves(targets, words),
        end=_end,
        copy_large_objects=copy_large_objects,
        give_door=PostgresTarget(records_folder(kind) / "schemas").open,
        names=_names(kind, room),
        journals=_journals(kind, chosen_inventory, room),
        clock=StoppableClock(stop),
        stop=stop,
        keeping=targets.slot_keeping,
    )
    try:
        yield found
    finally:
        found.close()


def rehearsing(found: "Switching") -> "Rehearsing":
    """The rehearsal of what `found` would do."""
    from ndcops.adapters.postgres_servers.switching import PostgresClones
    from ndcops.onboarding.run.switching import Rehearsing

    return Rehearsing(found, PostgresClones())


def acceptance(found: "Switching") -> "Acceptance":
    """The acceptance of what was cut over."""
    from ndcops.adapters.postgres_servers.restoring import PostgresRestores
    from ndcops.onboarding.run.switching import Acceptance

    return Acceptance(found, PostgresRestores(), _copy_proofs(found))


def decommission(found: "Switching") -> "Decommission":
    """The end of the source of what was accepted."""
    from ndcops.adapters.postgres_servers.restoring import PostgresRestores
    from ndcops.onboarding.run.switching import Decommission

    return Decommission(found, PostgresRestores(), _copy_proofs(found))


def _copy_proofs(found: "Switching") -> "CopyProver":
    """What `agency verify` compares by, telling its pages as the restore's own step does."""
    from ndcops.onboarding.ports import ProofLimits
    from ndcops.onboarding.run.proving import CopyProver
    from ndcops.wiring.proving import prover
    from ndcops.workflow.runner import StepEvent

    def progress(table: str, done: int, of: int) -> None:
        found.room.on_step(StepEvent(f"comparing {table}", "running", f"{done} of {of} pages"))

    return CopyProver(prover(ProofLimits(), stop=found.stop, on_progress=progress))


def signed_erasure(statement: "ErasureSignature", key: Path) -> "ErasureSignature":
    """The statement with the signature of a private key (PEM). Raises InvalidInput when it cannot be read."""
    from ndcops.adapters.signatures import sign

    return statement.model_copy(update={"signature": sign(key, statement.signed_bytes())})


def _journals(kind: str, chosen_inventory: Path | None, room: "Onboarding") -> "JournalFolder | StoredJournals":
    """In the coordination store of the target; on this machine where the target has none."""
    from ndcops.adapters.etcd_store import EtcdStore, StoredJournals
    from ndcops.lab.folder import LabPaths, lab_folder
    from ndcops.model.target import TargetKind
    from ndcops.wiring import inventory_folder, target
    from ndcops.wiring.cluster_drivers import store_access
    from ndcops.wiring.onboarding import records_folder

    inventory = room.inventory()
    is_lab = kind == TargetKind.LAB
    if not (LabPaths(lab_folder()).coordination_file.exists() if is_lab else inventory.coordination):
        return JournalFolder(records_folder(kind) / "journal", _actor_of(room))
    access = store_access(inventory, target(kind, inventory), inventory_folder(chosen_inventory))
    lease_s = inventory.coordination.lease_s if inventory.coordination is not None else LEASE_S
    return StoredJournals(EtcdStore(access), _actor_of(room), lease_s)


@dataclass(frozen=True)
class JournalFolder:
    """Journals in files, named by when they began and by the command that writes them."""

    folder: Path
    actor: str

    @property
    def place(self) -> str:
        """For people."""
        return f"files in {self.folder}: no coordination store is there, only this machine goes on with a run"

    def alone(self, title: str) -> AbstractContextManager[None]:
        """By a lock on this machine. Raises Refused when another command holds it."""
        from ndcops.wiring.onboarding import alone

        subject = "-".join(title.split()[2:])
        return alone(self.folder / f"{subject}.lock", subject)

    def new(self, title: str) -> "FileJournal":
        """An empty one."""
        return self._open(self.folder / f"{_now():%Y%m%dT%H%M%S.%f}-{_words(title)}.jsonl")

    def last(self, title: str) -> "FileJournal | None":
        """The newest of that title; None when there is none."""
        found = sorted(
            path for path in self.folder.glob("*.jsonl") if path.stem.partition("-")[2] == _words(title)
        )
        return self._open(found[-1]) if found else None

    def _open(self, path: Path) -> "FileJournal":
        from ndcops.workflow.journal_file import FileJournal

        return FileJournal(path, actor=self.actor, now=_now)


class StoppableClock:
    """This machine's clock. A sleep ends by itself after Ctrl-C: whoever takes back must still be able to wait."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when Ctrl-C comes in a long one."""
        if self._stop.is_set() or seconds < 1:
            time.sleep(seconds)
        elif self._stop.wait(seconds):
            raise Interrupted("interrupted", resolution="run the same command again")


def _moves(targets: "MoveTargets", words: "MoveWords") -> "Callable[[Dossier, DossierSystem], Sequence[Move]]":
    from ndcops.onboarding.run.moving import find_move

    def found(dossier: "Dossier", system: "DossierSystem") -> "Sequence[Move]":
        databases = dossier.databases_of(system.id)
        return tuple(find_move(dossier, one.id, targets, _EndNames(), words) for one in databases)

    return found


class _EndNames:
    """What a database is called at its server, also behind a door that a killed run left barred."""

    def database_name(self, connection: str) -> str:
        """Raises Unreachable when the server does not answer."""
        from ndcops.adapters.postgres_servers.switching import PostgresEnd

        end = PostgresEnd(connection, "ndcops")
        try:
            return end.database()
        finally:
            end.close()


def _end(move: "Move", end: "End") -> "MoveEnd":
    from ndcops.adapters.postgres_servers.switching import PostgresEnd
    from ndcops.model.cutover import End

    if end is End.SOURCE:
        return PostgresEnd(move.source, move.names.schema)
    others = [words for words in move.target_members if words != move.target]
    return PostgresEnd(move.target, move.names.schema, others=others)


def copy_large_objects(move: "Move", leaving: "End") -> int:
    """Make those of the other end the same; gives how many were written."""
    from ndcops.adapters.postgres_servers.moving import PostgresCopies
    from ndcops.model.cutover import End

    turned = move.model_copy(update={"source": move.target, "target": move.source})
    return PostgresCopies().large_objects(move if leaving is End.SOURCE else turned, None)


def _names(kind: str, room: "Onboarding") -> "ServiceNames":
    from ndcops.wiring import target
    from ndcops.wiring.data_services import names

    inventory = room.inventory()
    try:
        return names(target(kind, inventory), inventory)
    except NdcopsError as error:
        found: ServiceNames = _NoServers(error)
        return found


class _NoServers:
    """Stands for name servers that the target lacks: a system that needs them is refused, others are not."""

    def __init__(self, why: NdcopsError) -> None:
        self._why = why

    def __getattr__(self, name: str) -> "Callable[..., Any]":
        def refuse(*_: object, **__: object) -> NoReturn:
            raise Refused(self._why.message, details=self._why.details, resolution=self._why.resolution)

        return refuse


def _actor_of(room: "Onboarding") -> str:
    """Who acts, as the ledger names it."""
    return str(getattr(room.ledger, "actor", "") or "onboarding")


def _words(title: str) -> str:
    return title.replace(" ", "-")


def _now() -> datetime:
    return datetime.now(UTC)
