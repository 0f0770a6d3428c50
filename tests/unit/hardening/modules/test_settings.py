"""The module `settings`: one active line a key, the rest of the file as it was."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.unit.hardening.modules.harness import run, settles

KEYS = st.sampled_from(["UMASK", "PASS_MAX_DAYS", "a.b", "INACTIVE"])
VALUES = st.one_of(st.none(), st.integers(0, 99999), st.from_regex(r"[A-Za-z0-9/_.$-]{1,8}", fullmatch=True))
SPACES = st.sampled_from([" ", "=", "\t", " = "])
SETTING_LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "#", "# ", "  "]),
    KEYS,
    SPACES,
    st.sampled_from(["1", "077", "two words"]),
)
LINES = SETTING_LINES | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)
SEPARATORS = st.sampled_from([" ", "=", " = "])


@effort(max_examples=25, deadline=None)
@given(lines=st.lists(LINES, max_size=8), settings=st.dictionaries(KEYS, VALUES, min_size=1), separator=SEPARATORS)
def test_check_names_what_the_run_changes(lines: list[str], settings: Any, separator: str) -> None:
    with TemporaryDirectory() as folder:
        root, scratch = Path(folder, "root"), Path(folder)
        root.mkdir()
        path = root / "file"
        path.write_bytes("".join(line + "\n" for line in lines).encode())
        params = {"path": str(path), "settings": settings, "separator": separator}
        settles("settings", params, root, scratch)
        after = path.read_bytes().decode().split("\n")
        foreign = [line for line in lines if not any(key in line for key in settings)]
        assert [line for line in after[:-1] if line in foreign] == foreign


@pytest.mark.parametrize(
    ("before", "settings", "separator", "after"),
    [
        ("# UMASK 022\nUMASK\t022\nUMASK 027\n", {"UMASK": "077"}, " ", "# UMASK 022\nUMASK 077\n"),
        ("UMASK\t\t077\n", {"UMASK": "077"}, " ", "UMASK\t\t077\n"),
        ("# UMASK is the mask.\n", {"UMASK": 77}, " ", "# UMASK is the mask.\nUMASK 77\n"),
        ("#INACTIVE=-1\n", {"INACTIVE": 30}, "=", "INACTIVE=30\n"),
        ("INACTIVE = 30\n", {"INACTIVE": 30}, "=", "INACTIVE=30\n"),
        ("# minlen = 8\n", {"minlen": 14}, " = ", "minlen = 14\n"),
        ("minlen=14\n", {"minlen": 14}, " = ", "minlen=14\n"),
        ("a 1\nb 2", {"a": None}, " ", "b 2\n"),
        ("", {"a": "x"}, " ", "a x\n"),
        ("UMASKED 1\n", {"UMASK": "2"}, " ", "UMASKED 1\nUMASK 2\n"),
    ],
)
def test_lines(before: str, settings: Any, separator: str, after: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text(before)
    params = {"path": str(root / "file"), "settings": settings, "separator": separator}
    settles("settings", params, root, tmp_path)
    assert (root / "file").read_text() == after


def test_mode_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a 1\n")
    path.chmod(0o640)
    assert run("settings", {"path": str(path), "settings": {"a": 2}}, scratch=tmp_path)["changed"]
    assert path.stat().st_mode & 0o7777 == 0o640


def test_a_file_of_a_package_is_never_made(tmp_path: Path) -> None:
    params = {"path": str(tmp_path / "file"), "settings": {"a": 1}, "comes_with_package": True}
    assert run("settings", params, scratch=tmp_path, check=True)["changed"]
    assert "its package is not installed" in run("settings", params, scratch=tmp_path)["msg"]
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("value", [True, ["x"], {"x": 1}, "two\nlines"])
def test_bad_values(value: Any, tmp_path: Path) -> None:
    params = {"path": str(tmp_path / "file"), "settings": {"a": value}}
    answer = run("settings", params, scratch=tmp_path, check=True)
    assert answer["failed"]
    assert answer["msg"].startswith("a: ")
