"""The ledger on a terminal: records, register, verdicts on copies, the restore plan."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.console import RenderableType
from rich.text import Text

from ndcops.cli.render.cells import table
from ndcops.cli.render.console import out, say, show_json, show_table
from ndcops.cli.render.plain import plain
from ndcops.model.record import Record
from ndcops.model.register import Register
from ndcops.onboarding.plan.ledger.mending import MendPlan
from ndcops.onboarding.plan.ledger.verification import CopyState, LedgerVerification
from ndcops.onboarding.plan.register import RestorePlan, RestoreStep

_COLOURS = {
    CopyState.WHOLE: "green",
    CopyState.BEHIND: "yellow",
    CopyState.MISSING: "bold red",
    CopyState.DAMAGED: "bold red",
    CopyState.UNREACHABLE: "yellow",
}


class ReadRegister(Protocol):
    """A register, whose copy it is of, and the signed head."""

    @property
    def place(self) -> str:
        """The copy."""
        ...

    @property
    def checkpoint(self) -> str | None:
        """The signed head."""
        ...

    @property
    def register(self) -> Register:
        """What it adds up to."""
        ...


class ExportVerdict(Protocol):
    """What was found of an export."""

    @property
    def origin(self) -> str:
        """The log."""
        ...

    @property
    def records(self) -> int:
        """How many."""
        ...

    @property
    def signers(self) -> tuple[str, ...]:
        """Whose signatures hold."""
        ...

    @property
    def keys_from_export(self) -> bool:
        """Whether nobody handed in a key."""
        ...


def show_records(records: Sequence[Record], as_json: bool) -> None:
    """One line a record, the latest last."""
    if as_json:
        show_json({"records": [record.model_dump(mode="json") for record in records]})
        return
    rows = [
        (record.sequence, f"{record.time:%Y-%m-%d %H:%M:%S}", record.kind, _subject(record), record.actor)
        for record in records
    ]
    show_table("ledger", ["record", "time (UTC)", "kind", "of", "actor"], rows)


def _subject(record: Record) -> str:
    """Whom it is about, where the body says so."""
    body = record.body
    named = [str(body[key]) for key in ("agency", "system", "state") if isinstance(body.get(key), str)]
    if not named and isinstance(body.get("dossier"), dict):
        named = [str(body["dossier"].get("agency", {}).get("id", ""))]
    return " ".join(named)


def show_register(found: ReadRegister, as_json: bool) -> None:
    """Agencies, systems and states; as JSON whole, equal at every site that holds the same ledger."""
    register = found.register
    if as_json:
        show_json({"checkpoint": found.checkpoint, "register": register.model_dump(mode="json")})
        return
    states = {(state.agency, state.system): state for state in register.states}
    rows = []
    for entry in register.dossiers:
        for system in entry.dossier.get("systems", []):
            state = states.get((entry.agency, system["id"]))
            rows.append(
                (
                    entry.agency,
                    system["id"],
                    state.state.value if state else "draft",
                    system.get("home") or "",
                    system.get("standby") or "",
                    entry.record,
                )
            )
    title = f"register of {found.place}: {register.size} records, {len(register.services)} services"
    show_table(title, ["agency", "system", "state", "home", "standby", "record"], rows)
    out.print(Text(found.checkpoint or "the ledger is empty"), soft_wrap=True)


def show_restore_plan(plan: RestorePlan, found: ReadRegister, as_json: bool) -> None:
    """Steps in their order; what nobody can bring back is said first."""
    if as_json:
        show_json({"checkpoint": found.checkpoint, "restore": plain(plan)})
        return
    for name in plan.unprotected:
        say(f"no copy is known of {name}: it cannot be brought back from the register's sites")
    if plan.unknown_home:
        say(f"where they live was never said: {', '.join(plan.unknown_home)}")
    rows = [_step_row(step) for step in plan.steps]
    title = (
        f"restore what lived at {', '.join(plan.lost)}, by the ledger at {found.place}; {plan.kept} live elsewhere"
    )
    show_table(title, ["step", "bring back", "at", "within", "after", "for"], rows)


def _step_row(step: RestoreStep) -> tuple[object, ...]:
    names = " + ".join(item.id for item in step.members)
    at = ", ".join(dict.fromkeys(_at(step.targets[name], how) for name, how in step.how.items()))
    times_s = [item.rto_s for item in step.members if item.rto_s is not None]
    after = ", ".join(map(str, step.after))
    return step.number, names, at, f"{min(times_s)} s" if times_s else "", after, step.urgent_for or ""


def _at(site: str | None, how: str) -> str:
    return site or how if how != "another copy" else f"{site} (copy)"


def show_ledger_verification(found: LedgerVerification, as_json: bool) -> None:
    """Each copy's verdict."""
    if as_json:
        show_json({"whole": found.is_whole, **plain(found)})
        return
    rows: list[list[RenderableType | None]] = [
        [copy.place, Text(copy.state.value, style=_COLOURS[copy.state]), str(copy.size), "; ".join(copy.problems)]
        for copy in found.copies
    ]
    table(
        f"ledger: {found.size} records by its longest signed head", ["copy", "state", ">records", "problem"], rows
    )


def show_mend_plan(plan: MendPlan, as_json: bool) -> None:
    """What would be written anew."""
    if as_json:
        show_json(plan.document())
        return
    rows = [(each.place, each.state.value, "; ".join(each.problems)) for each in plan.mendings]
    show_table(f"copies to be written anew from {plan.source}", ["copy", "state", "problem"], rows)
    for place in plan.left:
        say(f"{place} does not answer and is left as it is")


def show_export(path: Path, verifier: Path | None, size_bytes: int, keys: Sequence[str], as_json: bool) -> None:
    """What was written, and how to verify it anywhere."""
    if as_json:
        written = {"export": str(path), "bytes": size_bytes, "verifier": str(verifier) if verifier else None}
        show_json({**written, "keys": list(keys)})
        return
    out.print(f"{path}: {size_bytes:,} bytes", markup=False)
    if verifier is not None:
        flags = " ".join(f"--key {key}" for key in keys)
        out.print(f"verify it anywhere: python3 {verifier} {path} {flags}", markup=False, soft_wrap=True)


def show_export_verdict(path: Path, found: ExportVerdict, as_json: bool) -> None:
    """What the offline verifier found."""
    if as_json:
        show_json({"export": str(path), "holds": True, **plain(found)})
        return
    out.print(f"{path} holds: {found.records} records of {found.origin}", markup=False)
    out.print(f"signed by {', '.join(found.signers)}", markup=False)
    if found.keys_from_export:
        say("the keys are the export's own: give --key with one that was published")
