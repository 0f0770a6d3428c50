"""The module `modes`: modes of what is there, links never followed."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.hardening.modules.harness import ME, run, settles, tree

NAMES = st.sampled_from(["a", "b", "d/a", "d/.h"])
MODES = st.integers(0, 0o7777).map(lambda mode: f"{mode | 0o400:04o}")
PATTERNS = st.sampled_from(["a", "*", "d/*", "missing", "d/.h"])
ENTRIES = st.tuples(PATTERNS, MODES, st.booleans())


@settings(max_examples=25, deadline=None)
@given(standing=st.dictionaries(NAMES, MODES), entry=ENTRIES)
def test_check_names_what_the_run_changes(standing: dict[str, str], entry: tuple[str, str, bool]) -> None:
    pattern, mode, at_most = entry
    with TemporaryDirectory() as folder:
        root = Path(folder, "root")
        (root / "d").mkdir(parents=True)
        (root / "link").symlink_to("a")
        for name, now in standing.items():
            (root / name).touch()
            (root / name).chmod(int(now, 8))
        before = tree(root)
        path = {"path": str(root / pattern), "mode": mode, "at_most": at_most, **ME}
        settles("modes", {"paths": [path]}, root, Path(folder))
        for name, (kind, now, _) in tree(root).items():
            was = before[name][1]
            assert now in {was, was & int(mode, 8) if at_most else int(mode, 8)}
            assert kind != "link" or now == was
        (root / "d").chmod(0o755)


def test_a_path_of_a_package_is_predicted(tmp_path: Path) -> None:
    path = {"path": str(tmp_path / "crontab"), "mode": "0600", "comes_with_package": True}
    assert run("modes", {"paths": [path]}, scratch=tmp_path, check=True)["changed"]
    assert not run("modes", {"paths": [path]}, scratch=tmp_path)["changed"]


def test_two_wishes_for_one_path_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    paths = [{"path": str(tmp_path / "a"), "mode": "0600"}, {"path": str(tmp_path / "*"), "mode": "0640"}]
    answer = run("modes", {"paths": paths}, scratch=tmp_path, check=True)
    assert "is named by" in answer["msg"]


def test_bad_paths(tmp_path: Path) -> None:
    bad: list[dict[str, Any]] = [{"path": "relative", "mode": "0600"}, {"path": str(tmp_path), "mode": "x"}]
    for path in bad:
        assert run("modes", {"paths": [path]}, scratch=tmp_path, check=True)["failed"]
