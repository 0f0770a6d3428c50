"""An inventory with one agency that both sides signed, and its way through the gates in a target's own ledger."""

import json
import shutil
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import yaml

from ndcops.model.dossier import Dossier, dossier_digest
from ndcops.model.lifecycle import STATE_ENTERED, LifecycleState, StateEntry
from ndcops.model.record import JsonObject
from ndcops.onboarding.plan.moves import gate_evidence
from ndcops.onboarding.run import Onboarding
from ndcops.wiring import onboarding as wired
from tests.onboarding_world import PROOFS, WANTED, Keys, dossier

REPOSITORY = Path(__file__).parents[1]
AGENCY, SYSTEM, DATABASE = "agency-x", "x-records", "x-db"


def agency_inventory(folder: Path, connection: str, *, service: str = "identity") -> tuple[Path, Dossier]:
    """The sample inventory with this one agency instead of its own; its database is at `connection`."""
    inventory = Path(shutil.copytree(REPOSITORY / "inventory", folder / "inventory"))
    shutil.rmtree(inventory / "agencies")
    keys = Keys(AGENCY)
    system = {**dossier().systems[0].model_dump(mode="json", exclude_none=True), "service": service}
    database = {"id": DATABASE, "system": SYSTEM, "engine": "postgresql", "connection": connection}
    signed = keys.signed(dossier(systems=[system], databases=[database]))
    (inventory / "agencies" / AGENCY).mkdir(parents=True)
    document = signed.model_dump(mode="json", by_alias=True, exclude_none=True)
    (inventory / "agencies" / AGENCY / "dossier.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    signers = json.loads(keys.signers.model_dump_json(by_alias=True, exclude_none=True))
    (inventory / "signers.yaml").write_text(yaml.safe_dump(signers, allow_unicode=True))
    return inventory, signed


def room_of(inventory: Path) -> AbstractContextManager[Onboarding]:
    """The room on the lab."""
    return wired.onboarding(
        "lab", inventory, stop=threading.Event(), on_progress=lambda *_: None, on_step=lambda _: None
    )


def walk(
    inventory: Path, signed: Dossier, until: LifecycleState, *, since: LifecycleState = LifecycleState.DRAFT
) -> None:
    """Let the system in, state after state, with evidence as the gates want it. since: where it is."""
    with room_of(inventory) as room:
        for following in list(LifecycleState)[since.rank + 1 : until.rank + 1]:
            for check in WANTED.get(following, ()):
                values = _assessed(signed) if check == "assessment" else PROOFS[check]
                evidence = gate_evidence(signed, SYSTEM, check, values, command="test", version="1")
                room.ledger.append("agency/evidence", evidence.model_dump(mode="json"))
            (report,) = room.status(AGENCY)
            assert report.is_open, [check for check in report.checks if not check.passed]
            entry = StateEntry(
                agency=AGENCY,
                system=SYSTEM,
                state=following,
                dossier_sha256=dossier_digest(room.dossier(AGENCY)),
                checks=report.checks,
            )
            room.ledger.append(STATE_ENTERED, entry.model_dump(mode="json"))


def _assessed(found: Dossier) -> JsonObject:
    return {
        "dossier_sha256": dossier_digest(found),
        "sources_without_answer": 0,
        "differences": 0,
        "importance_wrong": 0,
        "unlabelled_fields": 0,
        "blockers": [],
    }
