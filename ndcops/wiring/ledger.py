"""Builds the ledger of a target: the lab's own, or production's as `inventory/ledger.yaml` declares it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ndcops.model.target import TargetKind

if TYPE_CHECKING:
    from ndcops.adapters.etcd_store import EtcdAccess
    from ndcops.adapters.ledger_files.offline_verifier import Judgement
    from ndcops.adapters.signatures.notes import NoteSigningKey
    from ndcops.model.inventory import Inventory
    from ndcops.model.ledger import LedgerDeclaration
    from ndcops.onboarding.run import Ledger

KEY_FILE = "NDCOPS_LEDGER_KEY"


@dataclass(frozen=True)
class _Declared:
    """A target's ledger: who signs, where copies lie and whether their folders may be made, where the store is."""

    declaration: "LedgerDeclaration"
    sites: tuple[str, ...]
    signer: "NoteSigningKey | None"
    access: "EtcdAccess"
    may_create: bool

    @property
    def actor(self) -> str:
        """The key that signs; nobody where nothing is recorded."""
        return f"key {self.signer.key.key_id.hex()} of {self.signer.name}" if self.signer else ""


def ledger(kind: str, chosen_inventory: Path | None, *, actor: str = "") -> "Ledger":
    """The ledger of a target. actor: who records, else the key that signs its heads.

    Raises InvalidInput when it is not declared, NdcopsError when the lab is not up.
    """
    from ndcops.adapters.etcd_store import EtcdLedger, EtcdStore
    from ndcops.adapters.ledger_files import LedgerFolder
    from ndcops.adapters.signatures.notes import is_valid_note_signature
    from ndcops.onboarding.plan.ledger.verification import HeadRules
    from ndcops.onboarding.run import Ledger

    found = _of_lab() if kind == TargetKind.LAB else _of_production(chosen_inventory)
    declared = found.declaration
    return Ledger(
        store=EtcdLedger(EtcdStore(found.access)),
        mirrors=[LedgerFolder(site, Path(declared.folder_of(site)), found.may_create) for site in found.sites],
        rules=HeadRules(
            declared.origin, declared.note_keys(), declared.signatures_needed, is_valid_note_signature
        ),
        signer=found.signer,
        actor=actor or found.actor,
        now=lambda: datetime.now(UTC),
    )


def _of_lab() -> _Declared:
    """The lab's ledger: a key of its own, and a folder below each site, which goes when the site goes."""
    from ndcops.adapters.etcd_store import read_access
    from ndcops.adapters.signatures.notes import kept_signing_key
    from ndcops.lab.folder import LabPaths, lab_folder
    from ndcops.lab.state import lab_target
    from ndcops.model.ledger import LedgerDeclaration

    paths = LabPaths(lab_folder())
    sites = tuple(cluster.site for cluster in lab_target().clusters)
    origin = f"lab-{paths.lab_id}/register"
    signer = kept_signing_key(paths.root / "ledger" / "key.pem", origin)
    declaration = LedgerDeclaration(
        origin=origin,
        keys=(signer.key.text(),),
        copies_folder=str(paths.site("{site}") / "ledger"),
    )
    return _Declared(declaration, sites, signer, read_access(paths.coordination_file), may_create=True)


def _of_production(chosen_inventory: Path | None) -> _Declared:
    from ndcops.model.errors import InvalidInput
    from ndcops.wiring import inventory_folder, read_inventory

    folder = inventory_folder(chosen_inventory)
    inventory = read_inventory(folder)
    if inventory.ledger is None:
        raise InvalidInput(
            "the inventory has no ledger.yaml: who signs and where copies lie is not known",
            resolution="ndcops inventory schema --kind Ledger",
        )
    return _Declared(
        inventory.ledger,
        tuple(site.name for site in inventory.built_sites()),
        _production_signer(inventory.ledger),
        _production_access(folder, inventory),
        may_create=False,
    )


def _production_signer(declared: "LedgerDeclaration") -> "NoteSigningKey | None":
    """The key of the environment, under its declared name; None where only reading is wanted."""
    from ndcops.adapters.signatures.notes import note_signing_key

    file = os.environ.get(KEY_FILE)
    if not file:
        return None
    found = note_signing_key(Path(file), declared.origin)
    name = next((key.name for key in declared.note_keys() if key.public == found.key.public), declared.origin)
    return note_signing_key(Path(file), name)


def _production_access(folder: Path, inventory: "Inventory") -> "EtcdAccess":
    """The coordination store's members; certificate and key come from the environment alone."""
    from ndcops.adapters.etcd_store import EtcdAccess
    from ndcops.model.errors import InvalidInput
    from ndcops.wiring.cluster_drivers import CERTIFICATE, KEY

    certificate, key = os.environ.get(CERTIFICATE), os.environ.get(KEY)
    if inventory.coordination is None or not certificate or not key:
        raise InvalidInput(
            "the coordination store of production cannot be reached",
            details=[] if inventory.coordination else ["the inventory has no coordination.yaml"],
            resolution=f"{CERTIFICATE}=FILE {KEY}=FILE ndcops --target production …",
        )
    return EtcdAccess(
        members=inventory.coordination.members,
        ca_file=folder / inventory.coordination.ca_file,
        client_certificate_file=Path(certificate),
        client_key_file=Path(key),
    )


def export_ledger(book: "Ledger", copy_name: str | None, path: Path, verifier: Path | None) -> int:
    """Write one copy, after it was checked, into one file, and the program that verifies it; gives its bytes.

    Raises Refused when the copy does not hold.
    """
    from ndcops.adapters.ledger_files import write_export, write_verifier
    from ndcops.model.errors import InvalidInput

    checkpoint, segments = book.whole(copy_name)
    if checkpoint is None:
        raise InvalidInput("the ledger is empty; there is nothing to export", resolution="ndcops ledger show")
    write_export(path, checkpoint, book.rules.keys, segments)
    if verifier is not None:
        write_verifier(verifier)
    return sum(len(segment.data) for segment in segments)


def judge_export(path: Path, keys: Sequence[str], heads: Sequence[Path]) -> "Judgement":
    """What the offline verifier says. Raises Refused when the export does not hold, InvalidInput, NdcopsError."""
    from ndcops.adapters.ledger_files.offline_verifier import CannotJudge, Tampered, verify_export
    from ndcops.model.errors import InvalidInput, NdcopsError, Refused
    from ndcops.model.signed_note import BadNote, NoteKey

    try:
        trusted = [NoteKey.parse(key) for key in keys]
    except BadNote as error:
        raise InvalidInput(str(error), resolution="give NAME+HASH+KEY, as inventory/ledger.yaml has it") from error
    try:
        return verify_export(path, trusted, [head.read_text() for head in heads])
    except Tampered as error:
        raise Refused(f"{path} does not hold: {error}", resolution="export it anew, at another site") from error
    except CannotJudge as error:
        raise NdcopsError(f"{path}: {error}", resolution="apt-get install openssl") from error
