"""Files that are no YAML, or that may not be read: each names its line and what was expected."""
# ruff: noqa: E501 - messages stand here as people see them

import os
from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import default_folder, read_inventory, yaml_files
from ndcops.model.errors import ExitCode, InvalidInput

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{now}: &{now} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, now in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "1: the file is empty; expected a mapping (field: value)"),
        ("# only a comment\n", "1: the file is empty; expected a mapping (field: value)"),
        ("- a\n- b\n", "1: the file holds a list; expected a mapping (field: value)"),
        ("text\n", "1: the file holds one bare value; expected a mapping (field: value)"),
        ("a: [1\nb: 2\n", "2:2: not YAML: did not find expected ',' or ']' (while parsing a flow sequence "
         "that begins at line 1)"),
        ("a:\n\tb: 1\n", "2:1: not YAML: a tab in the indentation; expected spaces"),
        ("a: *b\n", "1:4: not YAML: found undefined alias 'b'"),
        ("a: 1\n---\nb: 2\n", "2:1: not YAML: expected a single document in the stream, but found another document"),
        ("a: 1\nb: \x01\n", "2: not YAML: character 0x0001 is not allowed"),
        (b"a: 1\nb: caf\xe9\n", "2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("a: Hà Nội\n".encode("utf-16"), "1: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("name: Hà Nội\n".encode() + "name: Hà".encode("cp1258"), "2: byte 0xe0 is not UTF-8; save the file as UTF-8"),
        ("a: 1\nb: 2\na: 3\n", "3: 'a' is given twice, first at line 1; keep one"),
        ("a: &a [*a]\n", "1: an alias stands inside the value that it repeats; write the value out"),
        (LAUGHS, "1: aliases repeat more than 20000 values; write the values out"),
        ("[" * 100_000, "1:65: not YAML: values lie more than 64 levels deep"),
        ("a: 1\nb: !!python/object/apply:os.system [id]\n",
         "2: the tag !!python/object/apply:os.system is not allowed; expected plain YAML values"),
        ("a: !vault x\n", "1: the tag !vault is not allowed; expected plain YAML values"),
        ("a: !!int x\n", "1: 'x' is tagged !!int, but is none"),
        ("<<: {a: 1}\n", "1: merge keys ('<<') are not read; write the fields out"),
        ("? [a]\n: 1\n", "1: a list or mapping is not a field name; expected text (put quotes around it)"),
        ("1: 2\n", "1: '1' is not a field name; expected text (put quotes around it)"),
    ],
)  # fmt: skip
def test_names_the_line_of_what_is_no_document(files, content, expected):
    files.write("sites/ndc3.yaml", content)
    assert files.problems() == [f"sites/ndc3.yaml:{expected}"]


def test_refuses_a_file_that_is_too_large(files, monkeypatch):
    monkeypatch.setattr(yaml_files, "MAX_FILE_BYTES", 1024 * 1024)
    files.write("sites/ndc3.yaml", b"#" * (1024 * 1024 + 100_000))
    assert files.problems() == ["sites/ndc3.yaml:1: the file is too large (1.1 MB); expected at most 1 MB"]


def test_the_limit_of_a_file_is_50_megabytes(files):
    path = files.write("sites/ndc3.yaml", b"")
    os.truncate(path, 51 * 1024 * 1024)
    assert files.problems() == ["sites/ndc3.yaml:1: the file is too large (51.0 MB); expected at most 50 MB"]


def test_a_byte_order_mark_is_no_problem(files):
    path = files.root / "sites/ndc1.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(files.read().sites) == 3


def test_windows_line_ends_are_no_problem(files):
    path = files.root / "sites/ndc1.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(files.read().sites) == 3


def test_an_alias_within_reason_is_read(files):
    files.edit(
        "sites/ndc1.yaml", "title: {vi: Trung tâm 1, en: Centre 1}", "title: {vi: &name Centre 1, en: *name}"
    )
    assert files.read().site("ndc1").title.vi == "Centre 1"


def test_refuses_a_link_out_of_the_folder(files, tmp_path):
    outside = tmp_path / "outside.yaml"
    (files.root / "sites/ndc3.yaml").rename(outside)
    (files.root / "sites/ndc3.yaml").symlink_to(outside)
    found = files.problems()
    assert found[0] == "sites/ndc3.yaml:1: is a link out of the inventory folder; expected a file inside it"


def test_refuses_a_whole_folder_that_is_a_link_out(files, tmp_path):
    (files.root / "services").rename(tmp_path / "services")
    (files.root / "services").symlink_to(tmp_path / "services")
    assert "services:1: is a link out of the inventory folder; expected a file inside it" in files.problems()


@pytest.mark.parametrize("target", ["nowhere.yaml", "ndc4.yaml"], ids=["dangling", "ring"])
def test_refuses_a_link_that_leads_nowhere(files, target):
    (files.root / "sites/ndc4.yaml").symlink_to(target)
    assert files.problems() == ["sites/ndc4.yaml:1: is a link that leads nowhere; expected a file"]


def test_a_link_inside_the_folder_is_read(files):
    (files.root / "kept").mkdir()
    (files.root / "sites/ndc3.yaml").rename(files.root / "kept/ndc3.yaml")
    (files.root / "sites/ndc3.yaml").symlink_to("../kept/ndc3.yaml")
    assert len(files.read().sites) == 3


def test_a_pipe_is_not_waited_for(files):
    os.mkfifo(files.root / "sites/ndc4.yaml")
    assert files.problems() == ["sites/ndc4.yaml:1: is not a regular file; expected a YAML file"]


def test_says_when_a_file_would_be_passed_over(files):
    files.write("sites/ndc4.yml", "a: 1")
    files.write("sites/README.md", "what these are")
    files.write("agencies/agency-y/notes.yaml", "a: 1")
    files.write("agencies/agency-z.yaml", "a: 1")
    (files.root / "hosts.yaml").rename(files.root / "host.yaml")
    assert files.problems() == [
        "agencies/agency-y:1: has no dossier.yaml; expected one for each agency",
        "agencies/agency-z.yaml:1: is not read; expected a folder named after the agency, with dossier.yaml",
        "host.yaml:1: is not read; did you mean 'hosts.yaml'?",
        "sites/ndc4.yml:1: is not read; expected a name like 'ndc4.yaml'",
    ]


def test_a_file_name_in_another_encoding_is_shown_all_the_same(files):
    path = os.fsencode(files.root / "sites") + b"/caf\xe9.yaml"
    with open(path, "wb"):  # noqa: PTH123 - pathlib takes no bytes
        pass
    assert files.problems() == ["sites/caf\ufffd.yaml:1: the file is empty; expected a mapping (field: value)"]


@pytest.mark.parametrize(("make", "what"), [(False, "does not exist"), (True, "is not a folder")])
def test_a_missing_folder_is_a_usage_error(tmp_path, make, what):
    folder = tmp_path / "nothing"
    if make:
        folder.write_text("")
    with pytest.raises(InvalidInput, match=what) as caught:
        read_inventory(folder)
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.resolution.startswith("ndcops --inventory DIR inventory validate")


def test_an_empty_folder_has_no_site(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        read_inventory(tmp_path)
    assert caught.value.details == (
        f"{tmp_path}/sites:1: holds no site; expected a folder with one NAME.yaml for each",
    )


def test_the_default_folder_is_the_nearest_one(files, tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert default_folder(below) == files.root


def test_the_default_folder_is_the_sample_of_a_checkout(tmp_path):
    assert default_folder(tmp_path) == Path(__file__).resolve().parents[3] / "inventory"
