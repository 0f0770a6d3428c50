"""`ndcops agency` with what is wrong: keys, words, files, ledgers and sources; nothing is written."""

import pytest

from tests.cli.agencies import AGENCY, DOSSIER, SYSTEM


def test_the_wrong_key_is_refused(agencies):
    ended = agencies("sign", AGENCY, "--as", "an", "--key", str(agencies.folder / "binh"), "--yes")
    assert ended.code == 3
    assert "signature is not by an" in ended.err
    assert "approvals" not in (agencies.inventory / DOSSIER).read_text()


def test_who_is_no_signer_cannot_sign(agencies):
    assert agencies("sign", AGENCY, "--as", "nobody", "--key", str(agencies.folder / "an"), "--yes").code == 2
    ended = agencies("sign", "tinh-bac-ninh", "--as", "an", "--key", str(agencies.folder / "an"), "--yes")
    assert ended.code == 3


def test_a_system_that_is_not_verified_cannot_be_accepted(agencies):
    ended = agencies.sign("an", "--accept", "ho-tich-dien-tu")
    assert ended.code == 3
    assert "only a verified system" in ended.err


def test_a_cut_ledger_is_found(agencies, tmp_path):
    agencies.sign("an")
    ledger = next((tmp_path / "state").rglob("ledger.jsonl"))
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text(lines[0].replace("approve", "refuse"))
    ended = agencies("status", AGENCY)
    assert ended.code == 3
    assert "damaged" in ended.err


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("register",), 2, "AGENCY is missing"),
        (("register", "x"), 2, "--title-vi is missing"),
        (("register", AGENCY), 2, "registered already"),
        (("register", "--file", "nowhere.yaml"), 2, "nowhere.yaml cannot be read"),
        (("register", "--template", "fr"), 2, "no language"),
        (("register", AGENCY, "--from-dsn", "host=x password=s3cret", *SYSTEM), 2, "password"),
        (("register", AGENCY, "--from-dsn", "service=ho-tich", "--system", "none"), 2, "no system of"),
        (("register", AGENCY, "--from-dsn", "host=127.0.0.1 port=1", *SYSTEM), 1, "no connection"),
        (("assess", "no-such"), 2, "no agency is called"),
        (("status", "no-such"), 2, "no agency is called"),
        (("status", "--target", "production"), 2, "who acts is not known"),
        (("cutover", AGENCY), 2, "has several systems"),
        (("cutover", AGENCY, "--system", "none"), 2, "no system 'none'"),
        (("cutover", AGENCY, *SYSTEM, "--yes"), 3, "only a rehearsed system is cut over"),
        (("cutover", AGENCY, *SYSTEM, "--abort", "--yes"), 2, "no cut-over of"),
        (("rollback", AGENCY, *SYSTEM, "--yes"), 3, "only a system that is cut over goes back"),
        (("rehearse", AGENCY, *SYSTEM, "--yes"), 3, "only a system in sync is rehearsed"),
        (("accept", AGENCY, *SYSTEM, "--at", "ndc2", "--into", "host=x"), 3, "only a verified system"),
        (("accept", AGENCY, *SYSTEM, "--at", "ndc2", "--into", "host=x password=s3cret"), 2, "password"),
        (("decommission", AGENCY, *SYSTEM), 2, "give --at SITE"),
        (("decommission", AGENCY, *SYSTEM, "--at", "ndc2", "--into", "host=x"), 3, "only an accepted system"),
    ],
)  # fmt: skip
def test_what_is_refused(agencies, words, code, expected):
    ended = agencies(*words)
    assert (ended.code, expected in ended.err) == (code, True), ended.err
    assert "s3cret" not in ended.err + ended.out


def test_a_bad_file_is_refused_with_its_lines(agencies, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text((agencies.inventory / DOSSIER).read_text().replace("criticality: high", "criticality: very"))
    before = (agencies.inventory / DOSSIER).read_bytes()
    ended = agencies("register", "--file", str(bad), "--yes")
    assert ended.code == 2
    assert "systems[1].criticality: 'very' is not known" in ended.err
    assert (agencies.inventory / DOSSIER).read_bytes() == before


def test_a_day_that_is_still_to_come(agencies, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text((agencies.inventory / DOSSIER).read_text().replace("2026-02-01", "2099-02-01"))
    ended = agencies("register", "--file", str(bad), "--yes")
    assert (ended.code, "still to come" in ended.err) == (2, True)


def test_a_source_that_does_not_answer_is_said_and_the_others_are_asked(agencies):
    agencies.edit("connection: service=ho-tich", "connection: host=127.0.0.1 port=1")
    ended = agencies("assess", AGENCY, "--dry-run", "--json")
    problems = {one["database"]: one["problem"] for one in ended.document["assessment"]["sources"]}
    assert ended.code == 5
    assert "no connection" in problems["ho-tich-db"]
    assert problems["ly-lich-tu-phap-db"] == ""


def test_an_answer_that_does_not_do_is_named(agencies):
    words = ("register", "so-x", "--title-vi", "X", "--title-en", "X", "--level", "village", "--yes")
    ended = agencies(*words, "--contact", "owner;An;an", "--system", "x;X;X;internal")
    assert ended.code == 2
    assert "agency.level" in ended.err
    assert "contacts.0.email" in ended.err
