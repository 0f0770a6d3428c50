"""`ndcops agency` on live sample sources: registered, assessed, signed by both."""

import yaml

from tests.cli.agencies import AGENCY, DOSSIER


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
