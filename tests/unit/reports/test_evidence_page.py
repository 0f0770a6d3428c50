"""The evidence page: complete in both languages, safe to open anywhere, small, honest about what was not done."""

import re
from pathlib import Path
from typing import Any

import pytest

from ndcops.model.document import Text
from ndcops.model.errors import NdcopsError
from ndcops.model.host import Host, HostRole
from ndcops.model.record import GENESIS, JsonObject, Record
from ndcops.model.waiver import Waiver
from ndcops.reports.evidence_page import evidence_page, write_evidence_page
from tests.unit.reports.page_check import Page
from tests.unit.reports.sample_evidence import (
    BEGUN,
    TAKEN_AT,
    catalogue,
    chain,
    changed,
    control,
    drift,
    entries,
    hosts,
    lynis,
    scanned,
    verified,
    waiver,
    waivers,
)
from tests.unit.reports.test_status_page import ATTACK

HOST = "ndc1-database-1"
ITEM = ("MaxAuthTries", "6", "3")


def page(told: list[tuple[str, JsonObject]] | None = None, **more: Any) -> str:
    """The page of a chain; of the whole sample unless something is given."""
    given = {
        "controls": catalogue(),
        "waivers": waivers(),
        "hosts": hosts(),
        "target": "lab",
        "taken_at": TAKEN_AT,
    }
    records = more.pop("records", chain(entries() if told is None else told))
    return evidence_page(records, **{**given, **more})


def text_of(html: str) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", Page(html).text)


WHOLE = page()
TEXT = text_of(WHOLE)
NOTHING = page([], waivers=(), hosts=())


@pytest.mark.parametrize("html", [WHOLE, NOTHING], ids=["all", "nothing"])
def test_page_is_balanced_loads_nothing_and_its_references_lead_somewhere(html: str) -> None:
    read = Page(html)

    assert read.loads == []
    assert len(read.ids) == len(set(read.ids))
    assert set(read.references) <= set(read.ids)
    assert "default-src 'none'" in html
    assert "://" not in html


def test_same_records_give_the_same_page() -> None:
    assert page() == WHOLE


def test_both_languages_are_in_the_page_vietnamese_first() -> None:
    assert WHOLE.startswith('<!doctype html>\n<html lang="vi">')
    assert WHOLE.index("Bằng chứng gia cố các máy chủ") < WHOLE.index("Evidence of the hosts")


@pytest.mark.parametrize(
    "expected",
    [
        "09:30:00 ngày 02/03/2026 UTC",
        "5/6",
        "1/8",
        "2 hosts need work",
        "Lowest host: 297/300 rules of cis_level1_server passed, 38 not applicable",
        "Lowest Lynis index, of 100, over 257 tests",
        "the waiver of sudo_add_use_pty expired on 2026-02-27",
        "the waiver of a_rule is not signed",
        "the waiver of b_rule does not count: the signature is not by tran-thi-binh",
        "the waiver is for an unknown control no-such",
        "the waiver of audit_rules_time runs out in 12 days",
        "drifted in 2 of its controls: audit-rules, sudo-policy",
        "was never verified",
        "was changed after its last verification",
        "fails by openscap without a waiver or a reason: ndc1-general-1",
        "cannot take effect on ndc1-database-1: the kernel has no modules",
        "the catalogue no longer has this control",
        "8 controls on 6 hosts",
        "không có kiểm soát trên máy chủ",
        "đạt 297/300",
        "2/3",
        "ndc1-database-1 … 3 (3)",
        "91/100",
        "node-forwards",
        "No GRUB here.",
        "CIS 5.1.5, 5.1.6",
        "ANSSI R12",
        "Lynis SSH-7408",
        "sshd_max_auth_tries",
        "MaxAuthTries 6 → 3",
        "không cónot there → /etc/issue.net",
        "trốngempty → không cónot there",
        "rp_filter 0 → 2 ndc1-general-1",
        "sha256:" + "a" * 64,
        "2026-03-01 08:00:00 UTC",
        "nguyen-van-an",
        "control/changed 11",
        "ndcops --target lab --json harden report",
    ],
)
def test_page_shows(expected: str) -> None:
    assert expected in TEXT


def test_the_chain_is_shown_from_first_to_last_and_checked() -> None:
    records = chain(entries())
    text = text_of(page(records=records))

    assert records[0].digest in text
    assert records[-1].digest in text
    assert "nguyên vẹnwhole" in text
    assert "does not hold" not in text


def test_a_changed_value_in_a_record_is_found_and_comes_first() -> None:
    records = chain(entries())
    forged = records[2].model_copy(update={"body": {**records[2].body, "host": "ndc9-other-1"}})
    text = text_of(page(records=(*records[:2], forged, *records[3:])))

    assert "the chain of records does not hold: record 2: its content does not match its digest" in text
    assert "đứt gãybroken" in text
    assert text.index("does not hold: record 2") < text.index("expired on 2026")


@pytest.mark.parametrize(
    ("kind", "body"),
    [("control/changed", {"host": HOST}), ("hosts/verified", {}), ("host/scanned", {"host": HOST, "passed": -1})],
)
def test_a_record_that_cannot_be_read_is_said_not_skipped(kind: str, body: JsonObject) -> None:
    assert "record 0 cannot be read by this release" in text_of(page([(kind, body)]))


def test_only_the_last_change_of_a_thing_is_shown() -> None:
    told = [changed(HOST, "ssh-access", ("MaxAuthTries", "6", "4")), changed(HOST, "ssh-access", ITEM)]
    text = text_of(page(told))

    assert "MaxAuthTries 6 → 3" in text
    assert "6 → 4" not in text


def test_an_index_stands_with_its_number_of_tests_and_no_share() -> None:
    text = text_of(page([lynis(HOST, index=64, tests=244)]))

    assert "64/100 244 phép thử" in text
    assert "0%" not in text


def test_what_was_not_done_is_not_called_fine() -> None:
    text = text_of(page([], waivers=()))

    assert "There are no scans yet" in text
    assert "The chain has no record yet" in text
    assert "was never verified" in text
    assert "Nothing: every host" not in text


def test_when_all_is_well_the_page_says_so() -> None:
    told = [verified(drift(HOST)), scanned(HOST, "grub2_password"), lynis(HOST)]
    text = text_of(page(told, waivers=(waiver("node-forwards"),), hosts=hosts(1)[:2]))
    quiet = text_of(page(told, waivers=(waiver("node-forwards", names=()),), hosts=hosts(1)[:1]))

    assert "Nothing: every host is as hardened" not in text  # the other host was never verified
    assert "Nothing: every host is as hardened" in quiet
    assert "không sai lệchclean" in quiet


def test_no_secret_is_shown_even_if_a_record_has_one() -> None:
    crypt, key = "$y$j9T$abcdefgh$0123456789", "-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXk"
    html = page(
        [changed(HOST, "ssh-access", ("shadow", f"root:{crypt}:1", "grub.pbkdf2.sha512.10000.AB"), ("k", key, ""))]
    )

    assert crypt not in html
    assert "grub.pbkdf2" not in html
    assert "b3BlbnNzaC1rZXk" not in html
    assert "root:••••" in html


def test_whatever_people_write_is_shown_as_text() -> None:
    told = [
        changed(ATTACK, ATTACK, (ATTACK, ATTACK, ATTACK)),
        changed(HOST, "ssh-access", (ATTACK, ATTACK, ATTACK)),
        verified(drift(HOST, ATTACK, last_run=ATTACK), drift(f"{ATTACK}2", problem=ATTACK)),
        scanned(ATTACK, ATTACK, scanner=ATTACK, version=ATTACK, profile=ATTACK, report_sha256=ATTACK),
        (ATTACK, {}),
    ]
    state = waiver("w", rule=ATTACK, reason=Text(vi=ATTACK, en=f"{ATTACK} en"), problem=ATTACK, names=(ATTACK,))
    attacked = control("ssh-access", 7, title={"vi": ATTACK, "en": f"{ATTACK} en"}, cis=[ATTACK], rules=[ATTACK])
    records = chain(told, actor=ATTACK)
    html = page(records=records, waivers=(state,), controls=catalogue((attacked,)), target=ATTACK)
    read = Page(html)

    assert read.loads == []
    assert {"script", "img"}.isdisjoint(read.tags)
    assert read.text.upper().count("<SCRIPT>ALERT(1)</SCRIPT>") >= 30
    assert "{{ 7*7 }}" in read.text


def test_a_hundred_hosts_of_120_controls_stay_small() -> None:
    names = [f"ndc{1 + number % 3}-general-{1 + number // 3}" for number in range(100)]
    fleet = tuple(
        Host(name=name, site=name[:4], role=HostRole.KUBERNETES_NODE, address="10.0.0.1") for name in names
    )
    many = tuple(
        control(
            f"control-{number}",
            1 + number % 10,
            cis=["1.1.1"],
            rules=[f"rule_{number}_{each}" for each in range(9)],
        )
        for number in range(120)
    )
    bodies = [
        changed(name, f"control-{number}", (f"/etc/file-{number}", f"{name} was here " * 9, "the same " * 20))
        for name in names
        for number in range(120)
    ]
    bodies += [verified(*(drift(name, "control-1") for name in names))]
    bodies += [
        scanned(name, *(f"rule_{one}_{place % 7}" for one in range(20))) for place, name in enumerate(names)
    ]
    bodies += [lynis(name) for name in names]
    records = [
        Record(sequence=place, previous=GENESIS, time=BEGUN, actor="a", kind=kind, body=body, digest=GENESIS)
        for place, (kind, body) in enumerate(bodies)
    ]
    html = page(records=records, controls=catalogue(many), hosts=fleet, waivers=())

    assert len(html.encode()) < 1_000_000
    assert "more values, see ndcops harden report --json" in html
    assert "all 100 hosts" in html


def test_a_page_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "evidence.html"
    write_evidence_page(
        chain(entries()), catalogue(), waivers(), path, target="lab", taken_at=TAKEN_AT, hosts=hosts()
    )

    assert path.read_text("utf-8") == WHOLE


def test_a_path_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(NdcopsError, match="cannot write the page") as caught:
        write_evidence_page((), catalogue(), (), tmp_path, target="lab", taken_at=TAKEN_AT)

    assert "--html" in caught.value.resolution


def test_a_waiver_for_no_host_is_shown_so() -> None:
    state = waiver("w", names=())

    assert isinstance(state.waiver, Waiver)
    assert "không máy chủ nàono host" in text_of(page([], waivers=(state,)))
