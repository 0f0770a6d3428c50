"""The module `pam_profiles`: whether /etc/pam.d/common-* holds a profile as pam-auth-update writes it."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.hardening.modules.harness import load

PROFILE = """\
Name: Count failed passwords
Default: yes
Priority: 300
Auth-Type: Primary
Auth:
\t[success=end default=ignore]\tpam_x.so one two
\t[default=die]\tpam_x.so three
Auth-Initial:
\t[success=end default=ignore]\tpam_x.so one
"""
COMMON = """\
# here are the per-package modules (the "Primary" block)
auth\t[success=3 default=ignore]\tpam_unix.so
{lines}# here's the fallback if no module succeeds
auth\trequisite\t\t\tpam_deny.so
# and here are more per-package modules (the "Additional" block)
# end of pam-auth-update config
"""
RIGHT = "auth\t[success=2 default=ignore]\tpam_x.so one two\nauth\t[default=die]\tpam_x.so three\n"


class FakePrograms:
    """pam-auth-update that writes the given lines."""

    def __init__(self, root: Path, *results: str) -> None:
        self.commands: list[tuple[str, ...]] = []
        self._root, self._results = root, list(results)

    def must(self, *command: str) -> str:
        self.commands.append(command)
        lay(self._root, self._results.pop(0))
        return ""


def lay(root: Path, lines: str) -> None:
    (root / "etc/pam.d").mkdir(parents=True, exist_ok=True)
    (root / "etc/pam.d/common-auth").write_text(COMMON.format(lines=lines))


def work(root: Path, *results: str, check: bool = False, content: str = PROFILE) -> tuple[Any, FakePrograms]:
    outcome, programs = load("outcome", "module_utils").Outcome(), FakePrograms(root, *results)
    params = {"profiles": [{"name": "x", "content": content}]}
    load("pam_profiles").work(params, outcome, check=check, programs=programs, root=str(root))
    return outcome, programs


def test_a_new_profile_is_enabled_once(tmp_path: Path) -> None:
    lay(tmp_path, "")
    predicted, asked = work(tmp_path, check=True)
    assert not asked.commands
    made, asked = work(tmp_path, RIGHT)
    assert predicted.items == made.items
    assert asked.commands == [("pam-auth-update", "--package", "--enable", "x")]
    again, asked = work(tmp_path)
    assert (again.items, asked.commands) == ([], [])


@pytest.mark.parametrize(
    "lines",
    [
        RIGHT.replace("success=2", "success=9"),
        RIGHT.replace("one two", "one two nullok"),
        RIGHT.replace("one two", "one"),
        RIGHT.splitlines(keepends=True)[0],
        "",
    ],
)
def test_hand_made_changes_are_found_and_overwritten(lines: str, tmp_path: Path) -> None:
    lay(tmp_path, "")
    work(tmp_path, RIGHT)
    lay(tmp_path, lines)
    assert work(tmp_path, check=True)[0].items
    outcome, asked = work(tmp_path, lines, RIGHT)
    assert outcome.items
    assert asked.commands[-1] == ("pam-auth-update", "--force", "--package", "--enable", "x")


@pytest.mark.parametrize(
    "by_hand", [("one two", "one two deny=100"), ("so three", "so"), ("success=2", "success=9")]
)
def test_options_that_pam_auth_update_would_keep_are_taken_away_first(
    by_hand: tuple[str, str], tmp_path: Path
) -> None:
    """Forced or not it keeps options of a line whose control and module are a profile's own."""
    lay(tmp_path, "")
    work(tmp_path, RIGHT)
    drifted = RIGHT.replace(*by_hand)
    profiles = load("pam_profiles")
    lay(tmp_path, drifted)
    found: list[str] = []

    class Seeing(FakePrograms):
        def must(self, *command: str) -> str:
            found.append((tmp_path / "etc/pam.d/common-auth").read_text())
            return super().must(*command)

    params = {"profiles": [{"name": "x", "content": PROFILE}]}
    outcome, asked = load("outcome", "module_utils").Outcome(), Seeing(tmp_path, RIGHT)
    profiles.work(params, outcome, check=False, programs=asked, root=str(tmp_path))
    assert found[0] == COMMON.format(lines=RIGHT), "blanks too: the file must be what pam-auth-update writes"
    assert asked.commands == [("pam-auth-update", "--package", "--enable", "x")], "forced, it would leave copies"


@pytest.mark.parametrize("before", [None, "a copy of long ago\n"])
def test_forced_it_leaves_no_copy_of_a_drifted_stack(before: str | None, tmp_path: Path) -> None:
    lay(tmp_path, "")
    work(tmp_path, RIGHT)
    copy = tmp_path / "etc/pam.d/common-auth.pam-old"
    if before is not None:
        copy.write_text(before)

    class Copying(FakePrograms):
        def must(self, *command: str) -> str:
            if "--force" in command:
                copy.write_text((tmp_path / "etc/pam.d/common-auth").read_text())
            return super().must(*command)

    lay(tmp_path, RIGHT.splitlines(keepends=True)[0])
    asked = Copying(tmp_path, RIGHT.splitlines(keepends=True)[0], RIGHT)
    params = {"profiles": [{"name": "x", "content": PROFILE}]}
    outcome = load("outcome", "module_utils").Outcome()
    load("pam_profiles").work(params, outcome, check=False, programs=asked, root=str(tmp_path))
    assert [("--force" in command) for command in asked.commands] == [False, True]
    assert (copy.read_text() if copy.exists() else None) == before


def test_a_stack_that_stays_without_the_profile_is_an_error(tmp_path: Path) -> None:
    lay(tmp_path, "")
    with pytest.raises(load("outcome", "module_utils").Impossible, match="did not enable"):
        work(tmp_path, "", "")


@pytest.mark.parametrize("content", ["", "Name: x\n", "no profile at all"])
def test_bad_profiles(content: str, tmp_path: Path) -> None:
    with pytest.raises(load("outcome", "module_utils").Impossible, match="lacks Name"):
        work(tmp_path, check=True, content=content)
