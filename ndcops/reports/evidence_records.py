"""Reads the chain of hardening evidence: changes, verifications and scans, the latest of each; pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import Field, ValidationError

from ndcops.hardening.run.room import SCANNED, VERIFIED
from ndcops.hardening.steps import CHANGED, RESTORED
from ndcops.model.document import Value
from ndcops.model.hardening import GuardResult, HostDrift, ItemChange, TaskChange, VerifyReport
from ndcops.model.record import JsonObject, Record

_SECRETS = re.compile(
    r"\$(?:1|5|6|7|y|gy|2[abxy]|argon2\w*)\$\S+|grub\.pbkdf2\.\S+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
)
"""Hashes of passwords and private keys: the evidence should hold none, and the page shows none if it does."""
MASK = "••••"


class ScanFigures(Value):
    """A scanner's result as the evidence keeps it. index and tests are Lynis'; others give verdicts only."""

    host: str
    scanner: str
    version: str
    profile: str
    content_sha256: str
    taken_at: datetime
    passed: int = Field(ge=0)
    failed: int = Field(ge=0)
    not_applicable: int = Field(ge=0)
    not_checked: int = Field(ge=0)
    index: int | None
    tests: int | None
    failing: tuple[str, ...]
    report_sha256: str

    @property
    def judged(self) -> int:
        """Rules that passed or failed: the denominator of the share."""
        return self.passed + self.failed


@dataclass(frozen=True)
class Asked:
    """A host as a verification found it."""

    time: datetime
    drift: HostDrift
    unsettable: dict[str, str]
    """Why a setting cannot take effect there, by control."""


@dataclass(frozen=True)
class Look:
    """A control on a host, as a verification of chosen controls found it. unsettable: why it takes no effect."""

    time: datetime
    drifts: bool
    unsettable: str


@dataclass(frozen=True)
class Change:
    """The last change of one thing on one host."""

    time: datetime
    host: str
    control: str
    task: str
    item: ItemChange | None
    """None when the task recorded no values."""


@dataclass
class Evidence:
    """What the records say, the latest of each; `unread` are records that this release cannot read."""

    changes: dict[tuple[str, str, str, str], Change] = field(default_factory=dict)
    """By host, control, task, subject."""
    changed_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By host and control."""
    touched: dict[str, datetime] = field(default_factory=dict)
    """When anything was last changed on a host."""
    asked: dict[str, Asked] = field(default_factory=dict)
    """By host: the last verification of all its controls."""
    looks: dict[tuple[str, str], Look] = field(default_factory=dict)
    """By host and control: what only chosen controls were asked about since then."""
    scans: dict[tuple[str, str, str], ScanFigures] = field(default_factory=dict)
    """By host, scanner, profile."""
    unread: list[int] = field(default_factory=list)

    def hosts(self) -> set[str]:
        """Every host that a record names."""
        pairs = (*self.changed_at, *self.looks)
        return {host for host, _ in pairs} | set(self.asked) | {host for host, _, _ in self.scans}

    def looked_at(self, host: str) -> dict[str, Look]:
        """What was looked at by itself there, by control."""
        return {control: look for (name, control), look in self.looks.items() if name == host}


def read_evidence(records: Sequence[Record]) -> Evidence:
    """What the chain says; records of other kinds are left to the chain's own count."""
    readers = {
        CHANGED: _read_changed,
        RESTORED: _read_restored,
        VERIFIED: _read_verified,
        SCANNED: _read_scanned,
    }
    found = Evidence()
    for record in records:
        reader = readers.get(record.kind)
        if reader is None:
            continue
        try:
            reader(found, record)
        except ValidationError:
            found.unread.append(record.sequence)
    return found


def _read_changed(found: Evidence, record: Record) -> None:
    change = TaskChange.model_validate(_only(record.body, TaskChange.model_fields))
    found.changed_at[change.host, change.control] = found.touched[change.host] = record.time
    for item in change.items or (None,):
        shown = _masked(item) if item is not None else None
        key = (change.host, change.control, change.task, item.subject if item is not None else "")
        found.changes[key] = Change(record.time, change.host, change.control, change.task, shown)


def _read_restored(found: Evidence, record: Record) -> None:
    """Nothing that was hardened there is known to hold until the next verification."""
    host = GuardResult.model_validate(_only(record.body, GuardResult.model_fields)).host
    found.touched[host] = record.time
    found.changed_at |= {key: record.time for key in found.changed_at if key[0] == host}


def _read_verified(found: Evidence, record: Record) -> None:
    report = VerifyReport.model_validate(_only(record.body, ("hosts", "unsettable")))
    for drift in report.hosts:
        reasons = {each.control: each.reason for each in report.unsettable if each.host == drift.host}
        if drift.controls and not drift.problem:
            named = {change.control for change in drift.changes}
            for control in drift.controls:
                found.looks[drift.host, control] = Look(record.time, control in named, reasons.get(control, ""))
            continue
        found.asked[drift.host] = Asked(record.time, drift, reasons)
        found.looks = {key: look for key, look in found.looks.items() if key[0] != drift.host}


def _read_scanned(found: Evidence, record: Record) -> None:
    scan = ScanFigures.model_validate(_only(record.body, ScanFigures.model_fields))
    found.scans[scan.host, scan.scanner, scan.profile] = scan


def _only(body: JsonObject, names: Iterable[str]) -> JsonObject:
    """The fields that this release knows; a later one may have added others."""
    return {name: body[name] for name in names if name in body}


def _masked(item: ItemChange) -> ItemChange:
    values = {name: _SECRETS.sub(MASK, value) for name in ("before", "after") if (value := getattr(item, name))}
    return item.model_copy(update=values)


def stamp(time: datetime) -> str:
    """A moment as evidence writes it in either language: ISO 8601 to the second, UTC."""
    shown = time.astimezone(UTC) if time.tzinfo else time
    return f"{shown:%Y-%m-%d %H:%M:%S} UTC"
