"""Lynis on a host: how it is called, and its report file read."""

from dataclasses import dataclass

from ndcops.model.errors import NdcopsError

COMMAND = ("lynis", "audit", "system", "--quick", "--no-colors", "--quiet")
"""No test is skipped: skipping raises the index and says nothing."""

REPORT = "/var/log/lynis-report.dat"


@dataclass(frozen=True)
class LynisReport:
    """The figures of a run. suggestions: `TEST-ID text`, warnings among them."""

    version: str
    index: int
    tests: int
    suggestions: tuple[str, ...]


def read_report(text: str, host: str) -> LynisReport:
    """The report as Lynis 3 writes it: `key=value` lines. Raises NdcopsError when the run did not end."""
    values: dict[str, str] = {}
    found = []
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if not equals or key.startswith("#"):
            continue
        if key in ("suggestion[]", "warning[]"):
            identity, _, rest = value.partition("|")
            found.append(f"{identity} {rest.partition('|')[0]}".strip())
        else:
            values[key] = value
    try:
        return LynisReport(
            version=values["lynis_version"],
            index=int(values["hardening_index"]),
            tests=int(values["lynis_tests_done"]),
            suggestions=tuple(found),
        )
    except (KeyError, ValueError) as error:
        raise NdcopsError(f"{host}: Lynis' report is not whole: {error}", resolution=f"less {REPORT}") from error
