"""What scanners print, read; and what they could print instead, refused."""

import lzma
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ndcops.adapters.host_scanners import HostScanners
from ndcops.adapters.host_scanners.lynis import read_report
from ndcops.adapters.host_scanners.openscap import is_done, read_results
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.hardening import CommandResult, HostTarget
from ndcops.model.host import Host, HostRole
from ndcops.model.scan import Verdict, scan_record

NAMESPACE = 'xmlns="http://checklists.nist.gov/xccdf/1.2"'
RULE = "xccdf_org.ssgproject.content_rule_"
RESULTS = f"""<Benchmark {NAMESPACE}>
  <Rule id="{RULE}sshd_root"><title>No <sub>root</sub> login</title></Rule>
  <TestResult>
    <rule-result idref="{RULE}sshd_root"><result>pass</result></rule-result>
    <rule-result idref="{RULE}umask"><result>fail</result></rule-result>
    <rule-result idref="{RULE}odd"><result>unknown</result></rule-result>
    <rule-result idref="{RULE}gnome"><result>notapplicable</result></rule-result>
    <rule-result idref="{RULE}other"><result>notselected</result></rule-result>
  </TestResult>
</Benchmark>"""
REPORT = (
    "# Lynis\nlynis_version=3.1.4\nhardening_index=88\nlynis_tests_done=253\nsuggestion[]=SSH-7408|Harden|x|-|\n"
)
TARGET = HostTarget(
    host=Host(name="ndc1-bastion-1", site="ndc1", role=HostRole.BASTION, address="192.0.2.1"), user="operator"
)


def test_verdicts_are_read_and_what_cannot_be_judged_is_no_pass() -> None:
    found = {each.rule: each for each in read_results(RESULTS.encode(), "h")}
    assert {rule: each.verdict for rule, each in found.items()} == {
        "sshd_root": Verdict.PASS,
        "umask": Verdict.FAIL,
        "odd": Verdict.ERROR,
        "gnome": Verdict.NOT_APPLICABLE,
    }
    assert found["sshd_root"].title == "No root login"


@pytest.mark.parametrize("text", ["", "<a", f"<Benchmark {NAMESPACE}/>"])
def test_no_results_are_an_error(text: str) -> None:
    with pytest.raises(NdcopsError):
        read_results(text.encode(), "h")


def test_a_scan_that_found_failures_is_done_and_a_broken_one_is_not() -> None:
    assert [is_done(code) for code in (0, 1, 2)] == [True, False, True]


def test_lynis_figures_are_read() -> None:
    found = read_report(REPORT, "h")
    assert (found.version, found.index, found.tests) == ("3.1.4", 88, 253)
    assert found.suggestions == ("SSH-7408 Harden",)


@pytest.mark.parametrize("text", ["", "hardening_index=88\n", REPORT.replace("=88", "=many")])
def test_a_report_that_was_cut_off_is_an_error(text: str) -> None:
    with pytest.raises(NdcopsError, match="not whole"):
        read_report(text, "h")


class Scripted:
    """A host that answers commands by their program."""

    def __init__(self, answers: dict[str, CommandResult]) -> None:
        self.answers = answers
        self.given = b""

    def __call__(
        self, target: HostTarget, argv: Sequence[str], *, sudo: bool, text: bytes = b"", timeout_s: float
    ) -> CommandResult:
        assert target is TARGET
        assert sudo
        self.given = text or self.given
        return self.answers.get(argv[0], CommandResult(code=0, output="", error=""))


def scanners(**answers: tuple[int, str]) -> tuple[HostScanners, Scripted]:
    told = {name.replace("_", "-"): CommandResult(code=c, output=o, error="") for name, (c, o) in answers.items()}
    host = Scripted(told)
    return HostScanners(host, now=lambda: datetime(2026, 1, 1, tzinfo=UTC)), host


def test_a_host_is_judged_by_the_content_that_was_given(tmp_path: Path) -> None:
    content = tmp_path / "ds.xml"
    content.write_text("<data-stream/>")
    judge, host = scanners(dpkg_query=(0, "1.4.2"), oscap=(2, ""), cat=(0, RESULTS))
    scan = judge.openscap(TARGET, content, "cis_level1_server")
    assert lzma.decompress(host.given) == b"<data-stream/>"
    assert (scan.host, scan.version, scan.share_passed()) == ("ndc1-bastion-1", "1.4.2", pytest.approx(1 / 3))
    assert scan.failing() == ("odd", "umask")
    assert scan.share_passed(frozenset({"odd", "umask", "not failing"})) == 1
    assert scan_record(scan)["failing"] == ["odd", "umask"]


def test_a_missing_scanner_is_named_with_its_package(tmp_path: Path) -> None:
    content = tmp_path / "ds.xml"
    content.write_text("<data-stream/>")
    judge, _ = scanners(dpkg_query=(1, ""))
    with pytest.raises(NdcopsError) as caught:
        judge.openscap(TARGET, content, "p")
    assert "apt-get install openscap-scanner" in caught.value.resolution


def test_a_scanner_that_breaks_down_gives_no_score(tmp_path: Path) -> None:
    content = tmp_path / "ds.xml"
    content.write_text("<data-stream/>")
    judge, _ = scanners(dpkg_query=(0, "1"), oscap=(1, ""))
    with pytest.raises(NdcopsError, match="oscap ended with 1"):
        judge.openscap(TARGET, content, "p")


@pytest.mark.parametrize(("name", "data"), [("a.xml", b"no markup"), ("a.xml.xz", b"not packed")])
def test_what_is_no_content_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InvalidInput):
        scanners(dpkg_query=(0, "1"))[0].openscap(TARGET, path, "p")


def test_lynis_on_a_host() -> None:
    judge, _ = scanners(dpkg_query=(0, "3.1.4"), cat=(0, REPORT))
    scan = judge.lynis(TARGET)
    assert (scan.index, scan.tests, scan.verdicts) == (88, 253, ())
