"""Builds the onboarding room: sources, dossiers, ledger and signatures of a target."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.target import TargetKind

if TYPE_CHECKING:
    from ndcops.model.dossier import Approval
    from ndcops.onboarding.run import Onboarding
    from ndcops.workflow.journal import Journal
    from ndcops.workflow.runner import StepEvent

KEY_VARIABLE = "NDCOPS_SIGNING_KEY"
"""A file with the operator's private key: who acts is who holds it."""


def records_folder(kind: str) -> Path:
    """Where ledger and journals of a target are kept on this machine."""
    from ndcops.lab.folder import lab_folder
    from ndcops.toolchain.folders import state_dir

    return (lab_folder() if kind == TargetKind.LAB else state_dir() / "production") / "onboarding"


@contextmanager
def onboarding(
    kind: str,
    chosen_inventory: Path | None,
    *,
    stop: threading.Event,
    on_progress: Callable[[str, int, int], None],
    on_step: "Callable[[StepEvent], None]",
    key: Path | None = None,
) -> "Iterator[Onboarding]":
    """The room, alone on its ledger until the block ends. key: of who acts. Raises Refused when another has it."""
    from ndcops import __version__
    from ndcops.adapters.inventory_files import DossierFolder
    from ndcops.adapters.postgres_servers.sources import PostgresSources
    from ndcops.adapters.signatures import DetachedSignatures
    from ndcops.onboarding.ports import ProbeLimits
    from ndcops.onboarding.run import Onboarding, SourceReader
    from ndcops.wiring import inventory_folder, read_inventory
    from ndcops.workflow.journal_file import FileJournal

    folder, actor = records_folder(kind), _actor(kind, key)
    inventory = inventory_folder(chosen_inventory)

    def open_journal(title: str) -> FileJournal:
        path = folder / "journal" / f"{_now():%Y%m%dT%H%M%S.%f}-{title.replace(' ', '-')}.jsonl"
        return FileJournal(path, actor=actor, now=_now)

    with alone(folder / "lock", "this register"):  # two would fork its chain
        yield Onboarding(
            target=TargetKind(kind),
            inventory=cache(lambda: read_inventory(inventory)),
            files=DossierFolder(inventory),
            ledger=ledger_of(kind, chosen_inventory, folder, actor),
            signatures=DetachedSignatures(),
            reader=SourceReader(PostgresSources(now=_now), ProbeLimits(), date.today, on_progress),
            open_journal=open_journal,
            now=_now,
            version=__version__,
            stop=stop,
            on_step=on_step,
        )


def signed_approval(approval: "Approval", key: Path) -> "Approval":
    """The approval with the signature of a private key (PEM). Raises InvalidInput when it cannot be read."""
    from ndcops.adapters.signatures import sign

    return approval.model_copy(update={"signature": sign(key, approval.signed_bytes())})


def sign_gate_waiver(chosen_inventory: Path | None, waiver_id: str, key: Path) -> str:
    """The owner's signature over an exception to a gate's check, in base64. Raises InvalidInput."""
    from ndcops.adapters.signatures import sign
    from ndcops.model.errors import InvalidInput
    from ndcops.wiring import read_inventory

    document = read_inventory(chosen_inventory).waivers
    gates = document.gates if document is not None else ()
    found = next((each for each in gates if each.id == waiver_id), None)
    if found is None:
        raise InvalidInput(
            f"no exception to a gate is called '{waiver_id}'",
            details=[f"known: {', '.join(each.id for each in gates) or 'none'}"],
            resolution="declare it under `gates` in inventory/waivers.yaml first",
        )
    return sign(key, found.signed_bytes())


def dossier_template(language: str) -> str:
    """A commented dossier to fill in."""
    from ndcops.adapters.inventory_files import dossier_template as template

    return template(language)


def agency_of(text: str) -> str:
    """The id that a dossier's text gives to its agency. Raises InvalidInput when it gives none."""
    from ndcops.adapters.inventory_files import agency_of as found

    return found(text)


def _actor(kind: str, key: Path | None) -> str:
    """Who acts: the fingerprint of a signing key, never `$USER`. Raises InvalidInput: production needs one."""
    from ndcops.adapters.signatures import fingerprint
    from ndcops.model.errors import InvalidInput

    named = os.environ.get(KEY_VARIABLE)
    chosen = key if key is not None else Path(named) if named else None
    if chosen is not None:
        return f"key sha256:{fingerprint(chosen)}"
    if kind == TargetKind.LAB:
        return "lab, no key"
    raise InvalidInput(
        "who acts is not known: the register of production is kept under a signing key",
        resolution=f"{KEY_VARIABLE}=FILE ndcops --target production agency …",
    )


def ledger_of(kind: str, chosen_inventory: Path | None, folder: Path, actor: str) -> "Journal":
    """The ledger that all centres keep; without a lab a rehearsal has a file of its own, on this machine alone."""
    from ndcops.lab.folder import LabPaths, lab_folder
    from ndcops.wiring.ledger import ledger
    from ndcops.workflow.journal_file import FileJournal

    if kind == TargetKind.LAB and not LabPaths(lab_folder()).coordination_file.exists():
        return FileJournal(folder / "ledger.jsonl", actor=actor, now=_now)
    return ledger(kind, chosen_inventory, actor=actor)


@contextmanager
def alone(lock: Path, what: str) -> Iterator[None]:
    """One command at a time, by a lock on this machine. Raises Refused when another one is at work on `what`."""
    from ndcops.model.errors import Refused

    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"another ndcops agency command is at work on {what}; nothing was changed",
                resolution="wait for it to end, then run the same command again",
            ) from error
        yield
    finally:
        os.close(descriptor)


def _now() -> datetime:
    return datetime.now(UTC)
