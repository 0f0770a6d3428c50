"""Dossiers as files: comments stay, two people at once, links, encodings, bombs; nothing is lost."""

from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import DossierFolder, agency_of, dossier_template, read_document
from ndcops.model.dossier import Dossier, dossier_digest
from ndcops.model.errors import InvalidInput, Refused

FILE = "agencies/agency-x/dossier.yaml"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)


@pytest.fixture
def folder(files):
    return DossierFolder(files.root)


def text_of(files) -> str:
    return (files.root / FILE).read_text()


def test_the_same_dossier_comes_back_from_its_own_text(files, folder):
    dossier = files.read().dossiers[0]
    files.write(FILE, folder.render(dossier))
    assert files.read().dossiers[0] == dossier


@pytest.mark.parametrize("language", ["vi", "en"])
def test_templates_are_dossiers(language, tmp_path):
    path = tmp_path / "dossier.yaml"
    path.write_text(dossier_template(language))
    dossier = read_document(path, Dossier)
    assert agency_of(dossier_template(language)) == dossier.id
    assert not any(field.missing_labels() for dataset in dossier.datasets for field in dataset.fields)


def test_templates_say_the_same(tmp_path):
    for language in ("vi", "en"):
        (tmp_path / language).write_text(dossier_template(language))
    vi, en = (read_document(tmp_path / language, Dossier) for language in ("vi", "en"))
    assert vi.systems[0].tier == en.systems[0].tier
    assert len(vi.datasets[0].fields) == len(en.datasets[0].fields)


def test_an_approval_is_added_and_everything_else_stays(files, folder):
    before = text_of(files) + "# ghi chú cuối\n"
    approval = {"role": "agency", "person": "an", "time": "2026-02-01T08:00:00Z"}
    once = folder.with_approval(before, approval)
    twice = folder.with_approval(once, {**approval, "role": "centre"})
    assert "# ghi chú cuối" in twice
    assert twice.count("person: an") == 2
    assert all(line in twice for line in before.splitlines() if "contacts" in line)


def test_parts_are_replaced_and_comments_stay(files, folder):
    dossier = files.read().dossiers[0]
    text = "# ghi chú\n" + folder.render(dossier)
    renamed = dossier.systems[0].model_copy(update={"data_size": "5Ti"})
    changed = folder.with_parts(text, dossier.model_copy(update={"systems": (renamed,)}), ("systems",))
    assert changed.startswith("# ghi chú\n")
    files.write(FILE, changed)
    assert files.read().dossiers[0].systems[0].data_size == "5Ti"


def test_a_file_of_the_first_version_is_written_anew(files, folder):
    dossier = files.read().dossiers[0]
    assert "apiVersion: ndcops/v1" in text_of(files)
    assert "apiVersion: ndcops/v2" in folder.with_parts(text_of(files), dossier, ("systems",))


def test_two_people_edit_at_once(files, folder):
    mine = folder.read("agency-x")
    files.write(FILE, text_of(files) + "# theirs\n")
    with pytest.raises(Refused, match="changed by somebody else"):
        folder.write("agency-x", "mine", expected_sha256=mine.sha256)
    assert text_of(files).endswith("# theirs\n")


def test_a_new_file_is_not_written_over_one_that_appeared(files, folder):
    with pytest.raises(Refused):
        folder.write("agency-x", "mine", expected_sha256=None)


def test_writing_leaves_nothing_else_behind(files, folder):
    folder.write("agency-y", "text", expected_sha256=None)
    assert [path.name for path in (files.root / "agencies/agency-y").iterdir()] == ["dossier.yaml"]


def test_a_check_changes_nothing_and_names_lines(files, folder):
    before = text_of(files)
    with pytest.raises(InvalidInput) as caught:
        folder.check("agency-x", before.replace("classification: internal", "classification: intern"))
    assert [detail.split(": ")[0] for detail in caught.value.details] == [f"{FILE}:11"]
    assert text_of(files) == before
    assert folder.check("agency-x", before).dossier("agency-x") is not None


@pytest.mark.parametrize(
    "text",
    [BOMB, "a: [", "", "- x", "\x00", "a: &a [*a]", "!!python/object/apply:os.system ['true']", "x: 1\nx: 2"],
    ids=["bomb", "open", "empty", "list", "nul", "ring", "tag", "twice"],
)
def test_texts_that_are_no_dossier(folder, text):
    with pytest.raises(InvalidInput):
        folder.check("agency-x", text)
    with pytest.raises(InvalidInput):
        agency_of(text)


def test_other_encodings_are_refused(files, folder):
    files.write(FILE, text_of(files).encode("utf-16"))
    with pytest.raises(InvalidInput, match="not UTF-8"):
        folder.read("agency-x")


def test_links_that_lead_out_are_refused(files, folder, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("secret")
    path = files.root / FILE
    path.unlink()
    path.symlink_to(outside)
    for act in (lambda: folder.read("agency-x"), lambda: folder.write("agency-x", "x", expected_sha256=None)):
        with pytest.raises(InvalidInput, match="link out"):
            act()
    assert outside.read_text() == "secret"


@pytest.mark.parametrize("name", ["../agency-x", "a/b", "", ".", ".."])
def test_names_that_leave_the_folder(folder, name):
    with pytest.raises(InvalidInput):
        folder.read(name)


def test_a_huge_file_is_refused(files, folder):
    with (files.root / FILE).open("r+b") as stream:
        stream.truncate(51 * 1024 * 1024)
    with pytest.raises(InvalidInput, match="larger than 50 MB"):
        folder.read("agency-x")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("as_of: 2026-01-31", "as_of: 2026-02-30", "as_of"),
        ("role: owner", "role: [owner]", "contacts[0].role"),
        ("depends_on: [identity]", "depends_on: [1]", "systems[0].depends_on[0]"),
        ("id: agency-x", "id: Agency X", "id"),
    ],
)
def test_errors_of_the_first_version_are_named_as_they_were_written(files, old, new, expected):
    files.edit(FILE, old, new)
    assert any(f": {expected}: " in problem for problem in files.problems())


V2 = """\
apiVersion: ndcops/v2
kind: Dossier
agency: {id: agency-x, title: {vi: Cơ quan X, en: Agency X}}
as_of: 2026-01-31
contacts:
  - {name: An, role: owner, email: an@example.vn}
systems:
  - {id: x-records, title: {vi: Hồ sơ, en: Records}, classification: internal, home: ndc1, standby: ndc1}
  - {id: x-other, title: {vi: Hồ sơ, en: Records}, classification: internal, depends_on: [{to: x-records}]}
databases:
  - {id: db, system: x-record, engine: postgresql}
  - {id: db, system: x-records, engine: postgresql, tables: 1, no_pk: 0}
datasets:
  - {id: d, title: {vi: D, en: D}, database: nowhere, fields: [{name: a}, {name: a}]}
integrations:
  - {via: NDOP, service: s, datasets: [e]}
protection:
  - {system: x-records, copies: 1, offsite_dc: ndc9, last_restore_test: 2026-03-01}
approvals:
  - {role: agency, person: an, decision: approve, dossier_sha256: "%s", time: 2026-01-31T08:00:00Z}
"""


def test_every_contradiction_of_a_dossier_is_named(files):
    files.write(FILE, V2 % ("0" * 64))
    assert [problem.partition(": ")[2].partition(": ")[0] for problem in files.problems()] == [
        "systems[0].standby",
        "databases[0].system",
        "databases[1].id",
        "datasets[0].database",
        "datasets[0].fields[1].name",
        "integrations[0].datasets[0]",
        "protection[0].last_restore_test",
        "protection[0].offsite_dc",
        "approvals[0].person",
    ]


def test_systems_of_agencies_may_need_each_other_and_services_may_not(files):
    files.write(FILE, V2 % ("0" * 64))
    text = files.root / FILE
    good = text.read_text().split("databases:")[0].replace("standby: ndc1", "standby: ndc2")
    files.write(FILE, good.replace("standby: ndc2}", "standby: ndc2, depends_on: [{to: x-other}]}"))
    assert len(files.read().dossiers[0].systems) == 2
    files.edit("services/identity.yaml", "depends_on: []", "depends_on: [x-other]")
    files.edit(FILE, "[{to: x-records}]", "[{to: identity}]")
    assert "go round: identity → x-other → identity" in files.problems()[0]


def test_the_digest_is_of_all_but_signatures_and_states(files):
    dossier = files.read().dossiers[0]
    other = dossier.model_copy(update={"as_of": dossier.as_of.replace(day=1)})
    assert dossier_digest(dossier) != dossier_digest(other)
    assert Path(files.root).exists()
