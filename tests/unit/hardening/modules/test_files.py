"""The module `files`: whole files, tried before anything is replaced."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.hardening.modules.harness import ME, run, settles, tree

NAMES = st.sampled_from(["a", "b.conf", "d/c", "d/e/f"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=300)
MODES = st.sampled_from(["0600", "0640", "0644", "0400"])
STANDING = st.dictionaries(NAMES, st.tuples(TEXTS, MODES), max_size=4)
WANTED = st.dictionaries(NAMES, st.one_of(st.none(), st.tuples(TEXTS, MODES)), min_size=1, max_size=4)


def wanted_file(path: Path, text: str | None, mode: str = "0644", **more: Any) -> dict[str, Any]:
    if text is None:
        return {"path": str(path), "absent": True}
    return {"path": str(path), "content": text, "mode": mode, **ME, **more}


@settings(max_examples=25, deadline=None)
@given(standing=STANDING, wanted=WANTED)
def test_check_names_what_the_run_changes(standing: Any, wanted: Any) -> None:
    with TemporaryDirectory() as folder:
        root, scratch = Path(folder, "root"), Path(folder, "scratch")
        root.mkdir()
        scratch.mkdir()
        for name, (text, mode) in standing.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            path.chmod(int(mode, 8))
        files = [wanted_file(root / name, *(entry or (None,))) for name, entry in wanted.items()]
        settles("files", {"files": files}, root, scratch)
        for name, entry in wanted.items():
            assert (root / name).exists() == (entry is not None)
            if entry is not None:
                assert (root / name).read_bytes() == entry[0].encode()
        assert not list(scratch.iterdir())


def test_a_link_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "target").write_text("kept")
    (root / "link").symlink_to("target")
    items = settles("files", {"files": [wanted_file(root / "link", "new")]}, root, tmp_path)
    assert items == [{"subject": str(root / "link"), "before": "link to target", "after": "new"}]
    assert (root / "target").read_text() == "kept"


def test_nothing_is_replaced_when_one_text_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    files = [
        wanted_file(root / "good", "1", validate="grep -q . %s"),
        wanted_file(root / "bad", "two", validate="grep -q 1 %s"),
    ]
    for check in (True, False):
        answer = run("files", {"files": files}, scratch=tmp_path, check=check)
        assert answer["failed"]
        assert "bad: grep refuses the new text, nothing was replaced" in answer["msg"]
        assert not tree(root)


def test_a_program_that_comes_later_is_waited_for_in_a_check_only(tmp_path: Path) -> None:
    files = [wanted_file(tmp_path / "f", "1", validate="no-such-program-here %s")]
    assert run("files", {"files": files}, scratch=tmp_path, check=True)["changed"]
    answer = run("files", {"files": files}, scratch=tmp_path)
    assert "no-such-program-here is not installed" in answer["msg"]
    assert not (tmp_path / "f").exists()


def test_a_package_may_bring_what_must_go(tmp_path: Path) -> None:
    file = {"path": str(tmp_path / "f"), "absent": True, "comes_with_package": True}
    assert run("files", {"files": [file]}, scratch=tmp_path, check=True)["changed"]
    assert not run("files", {"files": [file]}, scratch=tmp_path)["changed"]


def test_long_texts_are_given_as_digests(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (item,) = settles("files", {"files": [wanted_file(root / "f", "x" * 201)]}, root, tmp_path)
    assert item["before"] is None
    assert item["after"].startswith("sha256:")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([{"path": "relative", "content": "x"}], "not an absolute path"),
        ([{"path": "/f"}], "either content or absent"),
        ([{"path": "/f", "content": "", "absent": True}], "either content or absent"),
        ([{"path": "/", "content": ""}], "is not a file"),
        ([{"path": "/f", "content": "", "mode": "u=rw"}], "not an octal mode"),
        ([{"path": "/f", "content": "", "mode": "98"}], "not an octal mode"),
        ([{"path": "/f", "content": "", "validate": "true"}], "validate lacks %s"),
        ([{"path": "/f", "content": "", "validate": "true 'x"}], "validate is no command"),
        ([{"path": "/f", "content": ""}, {"path": "/f", "absent": True}], "named twice: /f"),
    ],
)
def test_bad_files(files: list[dict[str, Any]], reason: str, tmp_path: Path) -> None:
    answer = run("files", {"files": files}, scratch=tmp_path, check=True)
    assert answer["failed"]
    assert reason in answer["msg"]


def test_an_unknown_group_fails_for_real_and_may_come_in_a_check(tmp_path: Path) -> None:
    file = {"path": str(tmp_path / "f"), "content": "", "owner": ME["owner"], "group": "no-such-group"}
    assert run("files", {"files": [file]}, scratch=tmp_path, check=True)["changed"]
    answer = run("files", {"files": [file]}, scratch=tmp_path)
    assert "there is no group no-such-group" in answer["msg"]
