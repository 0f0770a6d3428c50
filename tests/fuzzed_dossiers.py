"""Seeded nonsense: dossiers spoilt as text and as values, and journeys driven by good and bad evidence."""

import copy
import json
import random
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ndcops.adapters.inventory_files import DossierFolder, read_document
from ndcops.model.dossier import Dossier, dossier_digest
from ndcops.model.errors import NdcopsError
from ndcops.model.lifecycle import EVIDENCE, GateEvidence, LifecycleState, StateEntry
from ndcops.onboarding.plan.assessment import SourceFacts, assess
from tests.onboarding_world import BEGAN, PROOFS, SITES, WANTED, Journey, Keys

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1.5, "", " ", "x" * 5000, "2026-02-30", "../../etc/passwd", "Nguyễn 'Văn\" An\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), [], {}, [[[]]], {"a": {"b": []}}, "ndc9",
    "core", "draft", "accepted", "*a", "&a", "!!python/object:os.system", "999999999999999999999", "no", "0755",
)  # fmt: skip
_TEXTS = (
    "\t",
    "\x00",
    "\ufeff",
    "---\n",
    "&a [*a]\n",
    "{",
    "}",
    ": ",
    "- ",
    "'",
    '"',
    "\r",
    "!!set ",
    "<<: *x\n",
    "é",
    "\u2028",
)


@cache
def _parsed(sample: str) -> Any:
    return YAML(typ="safe").load(sample)


class FuzzedDossier:
    """One case of a seed: a text, and the random choices that follow it."""

    def __init__(self, seed: int, sample: str) -> None:
        self.chance = random.Random(seed)
        kind = self.chance.random()
        if kind < 0.25:
            self.raw = self._spoilt_text(sample.encode())
        elif kind < 0.8:
            self.raw = self._spoilt_values(sample)
        else:
            self.raw = sample.encode()

    def _spoilt_text(self, raw: bytes) -> bytes:
        for _ in range(self.chance.randrange(1, 4)):
            at = self.chance.randrange(len(raw))
            choice = self.chance.randrange(5)
            if choice == 0:
                raw = raw[:at] + bytes([self.chance.randrange(256)]) + raw[at + 1 :]
            elif choice == 1:
                raw = raw[:at] + self.chance.choice(_TEXTS).encode() + raw[at:]
            elif choice == 2:
                raw = raw[:at] or b"x"
            elif choice == 3:
                raw = raw[:at] + raw[at + self.chance.randrange(200) :] or b"x"
            else:
                raw = raw.decode("utf-8", "replace").encode(self.chance.choice(("utf-16", "utf-8")), "replace")
        return raw

    def _spoilt_values(self, sample: str) -> bytes:
        document = copy.deepcopy(_parsed(sample))
        for _ in range(self.chance.randrange(1, 3)):
            holder, key = self._place(document)
            choice = self.chance.randrange(4)
            if choice == 0:
                holder[key] = copy.deepcopy(self.chance.choice(_VALUES))
            elif choice == 1:
                del holder[key]
            elif choice == 2 and isinstance(holder, dict):
                holder[f"{key}x"] = holder.pop(key)
            elif isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
        return json.dumps(document, default=str, ensure_ascii=False).encode("utf-8", "replace")

    def _place(self, document: Any) -> tuple[Any, Any]:
        """A random place: deeper ones as likely as those at the top."""
        places: list[tuple[Any, Any]] = []
        waiting = [document]
        while waiting:
            holder = waiting.pop()
            keys = holder.keys() if isinstance(holder, dict) else range(len(holder))
            for key in keys:
                places.append((holder, key))
                if isinstance(holder[key], dict | list) and holder[key]:
                    waiting.append(holder[key])
        return self.chance.choice(places)


def read_fuzzed(case: FuzzedDossier, folder: Path) -> Dossier | None:
    """The dossier, if it is one; None when it was refused with a message. Anything else is a traceback."""
    path = folder / "dossier.yaml"
    path.write_bytes(case.raw)
    found = _read(path)
    if found is None:
        return None
    facts = [SourceFacts(database.id, problem="not asked") for database in found.databases]
    assess(found, facts, taken_at=BEGAN)
    if case.chance.random() < 0.1:  # writing takes the most time
        path.write_text(DossierFolder(folder).render(found), encoding="utf-8")
        assert dossier_digest(read_document(path, Dossier)) == dossier_digest(found)
    return found


def _read(path: Path) -> Dossier | None:
    try:
        return read_document(path, Dossier)
    except NdcopsError as error:
        refused = error
    assert int(refused.exit_code) in (2, 3)
    assert refused.message
    assert all(detail.isprintable() for detail in refused.details)
    return None


def drive(case: FuzzedDossier, of: Dossier, keys: Keys) -> Journey | None:
    """Try to bring its first system to `accepted`, with evidence that is often good and sometimes not."""
    if not of.systems:
        return None
    signed = of if case.chance.random() < 0.1 else keys.signed(of)
    waivers = keys.waivers(case.chance.choice(list(PROOFS)), system=of.systems[0].id)
    journey = Journey(keys, signed, waivers if case.chance.random() < 0.3 else None)
    honest = case.chance.random() < 0.5
    for _ in range(40):
        following = journey.standing().state.next
        if following is None or journey.standing().state is LifecycleState.ACCEPTED:
            break
        for check in WANTED.get(following, ()):
            _prove(case, journey, check, honest=honest)
        journey.ledger.now += timedelta(days=case.chance.choice((0, 8, 8, 8)))
        if following is LifecycleState.ACCEPTED and case.chance.random() < 0.9:
            journey.accept()
        journey.go_on()
    return journey


def _prove(case: FuzzedDossier, journey: Journey, check: str, *, honest: bool) -> None:
    if case.chance.random() < (0.02 if honest else 0.1):
        return
    values = dict(journey.good(check))
    if not honest and case.chance.random() < 0.2:
        values[case.chance.choice(list(values))] = copy.deepcopy(
            case.chance.choice((0, 1, -1, True, None, "x", [], "ndc1"))
        )
    if check == "restore":
        values["site"] = case.chance.choice(("ndc2", "ndc3", "ndc1", "ndc9"))
        values["duration_s"] = case.chance.choice((60, 900, 100_000))
    if check == "landing-zone":
        values["standby_site"] = case.chance.choice(("ndc2", "ndc3"))
    journey.prove(check, values)


def proven_restore(journey: Journey) -> bool:
    """Whether the ledger holds a whole restore at another site, in time, while the system was verified.

    Read from the records alone, by other code than the gates'.
    """
    system = journey.system
    state, proven = "draft", False
    for record in journey.ledger.records():
        if record.kind == EVIDENCE and state == "verified":
            found = GateEvidence.model_validate(record.body)
            if found.check == "restore":
                values = found.values
                proven = (
                    values.get("site") in SITES - {system.home}
                    and values.get("rows_match") is True
                    and type(values.get("rows")) is int
                    and values["rows"] > 0
                    and type(values.get("duration_s")) is int
                    and system.tier is not None
                    and 0 <= values["duration_s"] <= system.tier.rto_s
                )
        elif record.kind != EVIDENCE:
            state = StateEntry.model_validate(record.body).state.value
            if state == "accepted":
                return proven
    return False
