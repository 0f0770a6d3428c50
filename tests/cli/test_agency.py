"""`ndcops agency` on live sample sources: registered, assessed, signed by both, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Ended, Run
from tests.onboarding_world import Keys
from tests.sample_sources import sample_sources

AGENCY = "bo-tu-phap"
SYSTEM = ("--system", "ho-tich-dien-tu")
DOSSIER = f"agencies/{AGENCY}/dossier.yaml"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with sample_sources(tmp_path_factory.mktemp("sources")) as (_, file):
        yield file


class Agencies:
    """The commands on a copy of the sample inventory, with signers whose keys are at hand."""

    def __init__(self, ndcops: Run, inventory: Path, folder: Path) -> None:
        self._ndcops = ndcops
        self.inventory = inventory
        self.keys = Keys(AGENCY)
        for person in self.keys.private:
            (folder / person).write_bytes(self.keys.pem(person))
        self.folder = folder
        self._signers()

    def __call__(self, *words: str) -> Ended:
        return self._ndcops("agency", *words, "--inventory", str(self.inventory))

    def sign(self, person: str, *words: str) -> Ended:
        return self("sign", AGENCY, "--as", person, "--key", str(self.folder / person), "--yes", *words)

    def states(self) -> dict[str, str]:
        found = self("status", AGENCY, "--json").document
        return {one["system"]: one["state"] for one in found["systems"]}

    def edit(self, old: str, new: str) -> None:
        path = self.inventory / DOSSIER
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def _signers(self) -> None:
        signers = json.loads(self.keys.signers.model_dump_json(by_alias=True, exclude_none=True))
        (self.inventory / "signers.yaml").write_text(yaml.safe_dump(signers, allow_unicode=True, sort_keys=False))


@pytest.fixture
def agencies(
    ndcops: Run, inventory: Path, tmp_path: Path, services: Path, monkeypatch: pytest.MonkeyPatch
) -> Agencies:
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    return Agencies(ndcops, inventory, tmp_path)


def test_both_sign_and_the_dossier_is_assessed(agencies, tmp_path):
    assert set(agencies.states().values()) == {"draft"}
    assert agencies.sign("an").code == 0
    assert set(agencies.states().values()) == {"draft"}
    assert agencies.sign("binh").code == 0
    assert set(agencies.states().values()) == {"registered"}

    page = tmp_path / "report.html"
    ended = agencies("assess", AGENCY, "--yes", "--html", str(page), "--json")
    assert ended.code == 0, ended.err
    assert ended.document["right"] is True
    assert {one["quality"] for one in ended.document["assessment"]["qualities"]} == {
        "accurate", "sufficient", "clean", "live", "unified", "shared",
    }  # fmt: skip
    assert "Đánh giá hồ sơ: Bộ Tư pháp" in page.read_text()
    assert set(agencies.states().values()) == {"assessed"}


def test_the_ledger_holds_no_personal_data(agencies, tmp_path):
    agencies.sign("an")
    agencies.sign("binh")
    agencies("assess", AGENCY, "--yes")
    ledger = next((tmp_path / "state").rglob("ledger.jsonl"))
    text = ledger.read_text()
    assert '"agency/assessed"' in text
    assert "Nguyễn Văn" not in text
    assert ledger.stat().st_mode & 0o777 == 0o600


def test_a_wrong_declaration_is_found_and_shuts_the_gate(agencies):
    agencies.edit("sharing: shared", "sharing: open")
    agencies.edit("large_objects: 0", "large_objects: 7")
    agencies.sign("an")
    agencies.sign("binh")
    ended = agencies("assess", AGENCY, "--yes", "--json")
    assert ended.code == 5
    found = ended.document["assessment"]
    assert [one["field"] for one in found["differences"]] == ["large_objects"]
    assert [one["wrong"] for one in found["importance"]].count(True) == 1
    assert agencies.states()["ho-tich-dien-tu"] == "registered"
    assert agencies.states()["ly-lich-tu-phap"] == "assessed"


def test_a_dossier_that_changes_after_signing_is_signed_again(agencies):
    agencies.sign("an")
    agencies.edit("cost_centre: bo-tu-phap", "cost_centre: cuc-cntt")
    agencies.sign("binh")
    assert set(agencies.states().values()) == {"draft"}
    agencies.sign("an")
    assert set(agencies.states().values()) == {"registered"}


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


def test_registering_from_answers_and_a_live_database(agencies):
    words = (
        "register",
        "so-y-te",
        "--title-vi",
        "Sở Y tế",
        "--title-en",
        "Department of Health",
        "--level",
        "locality",
    )
    contact = ("--contact", "owner;Nguyễn Thị Thu;thu@example.vn;+84 222 3825 123")
    system = ("--system", "ho-so-y-te;Hồ sơ y tế;Health records;confidential")
    ended = agencies(*words, *contact, *system, "--from-dsn", "service=y-te-bac-ninh", "--yes")
    assert ended.code == 0, ended.err
    written = yaml.safe_load((agencies.inventory / "agencies/so-y-te/dossier.yaml").read_text())
    assert written["databases"][0]["tables"] == 1
    assert written["databases"][0]["connection"] == "service=y-te-bac-ninh"
    kinds = {one["name"]: one.get("pii") for one in written["datasets"][0]["fields"]}
    assert kinds["chan_doan"] == "health"
    assert kinds["ma_bhxh"] == "insurance-number"
    assert kinds["luot"] is None
    ended = agencies("assess", "so-y-te", "--dry-run", "--json")
    assert ended.code == 5
    assert ended.document["assessment"]["unlabelled"]


def test_registering_again_from_the_database_keeps_labels(agencies):
    before = yaml.safe_load((agencies.inventory / DOSSIER).read_text())
    words = (
        "register",
        AGENCY,
        "--system",
        "ho-tich-dien-tu",
        "--database",
        "ho-tich-db",
        "--from-dsn",
        "service=ho-tich",
    )
    assert agencies(*words, "--yes").code == 0
    after = yaml.safe_load((agencies.inventory / DOSSIER).read_text())
    labels = [{f["name"]: f["source"] for d in one["datasets"] for f in d["fields"]} for one in (before, after)]
    assert labels[0] == labels[1]
    assert after["contacts"] == before["contacts"]


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


def test_a_dry_run_writes_nothing(agencies, tmp_path):
    before = (agencies.inventory / DOSSIER).read_bytes()
    assert agencies("sign", AGENCY, "--as", "an", "--key", str(agencies.folder / "an"), "--dry-run").code == 0
    assert (agencies.inventory / DOSSIER).read_bytes() == before
    assert not list((tmp_path / "state").rglob("*.jsonl"))


def test_templates_are_printed(agencies):
    assert agencies("register", "--template", "vi").out.startswith("# Hồ sơ")
    assert agencies("register", "--template", "en").out.startswith("# Dossier")


def test_answers_are_asked_for_in_a_terminal(agencies, monkeypatch):
    typed = iter(
        ["Sở Tư pháp", "Justice", "locality", "owner;An;an@example.vn", "tu-phap;Tư pháp;Justice;internal"]
    )
    asked = []

    def prompt(question: str, **_: object) -> str:
        asked.append(question)
        return next(typed)

    monkeypatch.setattr("ndcops.cli.agency_run.typer.prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("ndcops.cli.render.confirm", lambda *_, **__: None)
    ended = agencies("register", "so-tu-phap")
    assert ended.code == 0, ended.err
    assert len(asked) == 5
    written = yaml.safe_load((agencies.inventory / "agencies/so-tu-phap/dossier.yaml").read_text())
    assert written["agency"] == {
        "id": "so-tu-phap",
        "title": {"vi": "Sở Tư pháp", "en": "Justice"},
        "level": "locality",
    }


def test_an_answer_that_does_not_do_is_named(agencies):
    words = ("register", "so-x", "--title-vi", "X", "--title-en", "X", "--level", "village", "--yes")
    ended = agencies(*words, "--contact", "owner;An;an", "--system", "x;X;X;internal")
    assert ended.code == 2
    assert "agency.level" in ended.err
    assert "contacts.0.email" in ended.err


def test_an_exception_is_signed_by_its_owner_and_counts(agencies):
    path = agencies.inventory / "waivers.yaml"
    document = yaml.safe_load(path.read_text())
    pem = agencies.keys.public("binh")
    document["owners"].append({"name": "binh", "title": {"vi": "B", "en": "B"}, "public_key": pem})
    gate = {
        "id": "old-label", "check": "importance-right", "system": "ho-tich-dien-tu", "owner": "binh",
        "reason": {"vi": "Đang sửa", "en": "In work"}, "expires": "2099-12-31",
    }  # fmt: skip
    document["gates"] = [gate]
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    printed = agencies("sign", AGENCY, "--waiver", "old-label", "--key", str(agencies.folder / "binh"))
    gate["signature"] = printed.document["signature"]
    path.write_text(yaml.safe_dump(document, allow_unicode=True))

    agencies.edit("sharing: shared", "sharing: open")
    agencies.sign("an")
    agencies.sign("binh")
    assert agencies("assess", AGENCY, "--yes").code == 5
    assert agencies.states()["ho-tich-dien-tu"] == "assessed"

    gate["check"] = "importance-rihgt"
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    ended = agencies("status", AGENCY)
    assert (ended.code, "no gate asks 'importance-rihgt'" in ended.err) == (2, True)
    gate["system"] = "no-such"
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    assert "gates[0].system" in agencies("status", AGENCY).err
