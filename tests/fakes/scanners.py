"""Scanners that pass every host in one rule and fail it in another."""

from datetime import UTC, datetime
from pathlib import Path

from ndcops.model.hardening import HostTarget
from ndcops.model.scan import RuleVerdict, Scan, Verdict


class FakeScanners:
    """Both scanners; they remember whom they judged."""

    def __init__(self) -> None:
        self.judged: list[str] = []

    def openscap(self, target: HostTarget, content: Path, profile: str) -> Scan:
        """One rule passes, one fails."""
        self.judged.append(target.host.name)
        verdicts = (
            RuleVerdict(rule="sshd_disable_root_login", verdict=Verdict.PASS),
            RuleVerdict(rule="umask", verdict=Verdict.FAIL),
        )
        return self._scan(target, "openscap", profile).model_copy(update={"verdicts": verdicts})

    def lynis(self, target: HostTarget) -> Scan:
        """An index and the number of tests."""
        return self._scan(target, "lynis", "default").model_copy(update={"index": 88, "tests": 250})

    def _scan(self, target: HostTarget, scanner: str, profile: str) -> Scan:
        return Scan(
            host=target.host.name,
            scanner=scanner,
            version="1",
            profile=profile,
            content_sha256="0" * 64,
            taken_at=datetime(2026, 1, 31, tzinfo=UTC),
            duration_s=1.5,
        )
