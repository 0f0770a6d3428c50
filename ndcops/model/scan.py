"""What an independent scanner says of a host: one verdict a rule, and the figures that auditors quote."""

import hashlib
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Value
from ndcops.model.record import JsonObject, canonical_json


class Verdict(StrEnum):
    """A rule's outcome (XCCDF 1.2, section 6.6.4.2), as far as scores tell them apart."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    NOT_APPLICABLE = "notapplicable"
    NOT_CHECKED = "notchecked"
    ERROR = "error"


class RuleVerdict(Value):
    """One rule. `title` is the scanner's own."""

    rule: str
    verdict: Verdict
    title: str = ""


class Scan(Value):
    """One run of one scanner on one host.

    index: Lynis' hardening index, 0 to 100; None for scanners that give verdicts only. tests: how many the
    scanner performed: an index without it says little, skipped tests raise it.
    """

    host: str
    scanner: str
    version: str
    profile: str
    content_sha256: str
    taken_at: datetime
    duration_s: float = Field(ge=0)
    verdicts: tuple[RuleVerdict, ...] = ()
    index: int | None = None
    tests: int | None = None
    suggestions: tuple[str, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many rules have that verdict."""
        return sum(each.verdict is verdict for each in self.verdicts)

    def failing(self) -> tuple[str, ...]:
        """Rules that fail or could not be evaluated: an error is no pass."""
        bad = (Verdict.FAIL, Verdict.ERROR)
        return tuple(sorted(each.rule for each in self.verdicts if each.verdict in bad))

    def share_passed(self, waived: frozenset[str] = frozenset()) -> float:
        """Passed of all rules with a verdict, 0 to 1; waived rules count as passed. 0 when there is none."""
        passed = self.count(Verdict.PASS) + len(waived & set(self.failing()))
        judged = self.count(Verdict.PASS) + len(self.failing())
        return passed / judged if judged else 0.0


def scan_record(scan: Scan) -> JsonObject:
    """What the evidence keeps of a scan: its figures, what fails, and the digest of all of it."""
    whole = scan.model_dump(mode="json", exclude={"duration_s"})
    return {
        "host": scan.host,
        "scanner": scan.scanner,
        "version": scan.version,
        "profile": scan.profile,
        "content_sha256": scan.content_sha256,
        "taken_at": scan.taken_at.isoformat(),
        "passed": scan.count(Verdict.PASS),
        "failed": len(scan.failing()),
        "not_applicable": scan.count(Verdict.NOT_APPLICABLE),
        "not_checked": scan.count(Verdict.NOT_CHECKED),
        "index": scan.index,
        "tests": scan.tests,
        "failing": list(scan.failing()),
        "report_sha256": hashlib.sha256(canonical_json(whole)).hexdigest(),
    }
