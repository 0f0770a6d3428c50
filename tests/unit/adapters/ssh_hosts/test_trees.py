"""Trees come back exactly: bytes, modes, owners, links, attributes, times, and what was not there goes."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.adapters.ssh_hosts.on_host.trees import Manifest, Scope, differing, digest_of, read_trees
from ndcops.adapters.ssh_hosts.on_host.trees_restore import restore_trees

SCOPE = Scope(("/etc", "/home/a/.ssh"), ("/", "/usr/bin/sudo"))


class Kept:
    """A root with a snapshot of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.contents: dict[str, bytes] = {}
        (root / "etc/ssh").mkdir(parents=True)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/sudo").write_bytes(b"sudo")
        (root / "usr/bin/sudo").chmod(0o4755)
        (root / "etc/hosts").write_bytes(b"127.0.0.1 localhost\n")
        (root / "etc/binary").write_bytes(bytes(range(256)) * 20)
        (root / "etc/empty").touch()
        (root / "etc/ssh/key").write_text("secret")
        (root / "etc/ssh/key").chmod(0o600)
        (root / "etc/link").symlink_to("../usr//bin/./sudo")
        (root / "etc/dangling").symlink_to("/nowhere")
        (root / "etc/twin").hardlink_to(root / "etc/hosts")
        os.mkfifo(root / "etc/pipe", 0o640)
        (root / os.fsdecode(b"etc/odd \xff name")).write_text("odd")
        os.utime(root / "etc/hosts", ns=(1_000, 1_234_567_890))
        self.then = self.read(keep=True)

    def read(self, *, keep: bool = False) -> Manifest:
        def store(data: bytes) -> str:
            self.contents[digest_of(data)] = data
            return digest_of(data)

        return read_trees(self.root, SCOPE, store if keep else None)

    def restore(self) -> list[str]:
        return restore_trees(self.root, SCOPE, self.then, self.contents.__getitem__)[1]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def _retarget(root: Path) -> None:
    (root / "etc/link").unlink()
    (root / "etc/link").symlink_to("/tmp")


def _swap_folder_for_link(root: Path) -> None:
    (root / "etc/ssh/key").unlink()
    (root / "etc/ssh").rmdir()
    (root / "etc/ssh").symlink_to("/usr")


def _swap_file_for_folder(root: Path) -> None:
    (root / "etc/empty").unlink()
    (root / "etc/empty/a/b").mkdir(parents=True)
    (root / "etc/empty/a/b/c").write_text("c")


def _break_twins(root: Path) -> None:
    (root / "etc/twin").unlink()
    (root / "etc/twin").write_bytes(b"127.0.0.1 localhost\n")


def _join_strangers(root: Path) -> None:
    (root / "etc/empty").unlink()
    (root / "etc/empty").hardlink_to(root / "etc/binary")


def _add_folder_where_none_was(root: Path) -> None:
    (root / "home/a/.ssh").mkdir(parents=True)
    (root / "home/a/.ssh/authorized_keys").write_text("stranger")


def _remove_all(root: Path) -> None:
    for path in sorted((root / "etc").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


CHANGES = {
    "bytes": lambda root: (root / "etc/hosts").write_bytes(b"x"),
    "bytes of one size": lambda root: (root / "etc/ssh/key").write_text("tecres"),
    "mode": lambda root: (root / "etc/ssh/key").chmod(0o666),
    "set-id bit": lambda root: (root / "usr/bin/sudo").chmod(0o755),
    "mode of a folder": lambda root: (root / "etc/ssh").chmod(0o777),
    "time only": lambda root: os.utime(root / "etc/binary", (5, 5)),
    "file gone": lambda root: (root / "etc/empty").unlink(),
    "pipe gone": lambda root: (root / "etc/pipe").unlink(),
    "file added": lambda root: (root / "etc/ssh/new").write_text("new"),
    "folder added": lambda root: (root / "etc/new/deep").mkdir(parents=True),
    "link to elsewhere": _retarget,
    "folder became a link": _swap_folder_for_link,
    "file became a folder": _swap_file_for_folder,
    "hard link broken": _break_twins,
    "hard link made": _join_strangers,
    "keys where none were": _add_folder_where_none_was,
    "everything gone": _remove_all,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_and_taken_back(kept: Kept, name: str) -> None:
    CHANGES[name](kept.root)
    assert differing(kept.then, kept.read())
    assert kept.restore() == []
    assert differing(kept.then, kept.read()) == {}


def test_names_of_one_file_are_one_file_again(kept: Kept) -> None:
    (kept.root / "etc/hosts").unlink()
    (kept.root / "etc/hosts").write_text("new")
    kept.restore()
    assert (kept.root / "etc/hosts").stat().st_ino == (kept.root / "etc/twin").stat().st_ino
    assert (kept.root / "etc/hosts").stat().st_mtime_ns == 1_234_567_890


def test_extended_attributes_come_back(kept: Kept) -> None:
    try:
        os.setxattr(kept.root / "etc/hosts", "user.stray", b"1")
    except OSError as error:
        pytest.skip(f"this file system has no user attributes: {error}")
    assert kept.restore() == []
    assert os.listxattr(kept.root / "etc/hosts") == []


def test_what_did_not_change_is_not_written(kept: Kept) -> None:
    before = (kept.root / "etc/binary").stat()
    (kept.root / "etc/hosts").write_text("x")
    kept.restore()
    after = (kept.root / "etc/binary").stat()
    assert (before.st_ino, before.st_ctime_ns) == (after.st_ino, after.st_ctime_ns)


def test_one_failure_does_not_keep_the_rest(kept: Kept) -> None:
    (kept.root / "etc/hosts").write_text("x")
    (kept.root / "etc/binary").write_text("y")
    kept.contents.pop(kept.then["/etc/binary"]["sha256"])

    def contents(digest: str) -> bytes:
        if digest not in kept.contents:
            raise OSError(5, "its kept bytes are damaged")
        return kept.contents[digest]

    failures = restore_trees(kept.root, SCOPE, kept.then, contents)[1]
    assert failures == ["/etc/binary: its kept bytes are damaged"]
    assert (kept.root / "etc/hosts").read_bytes() == b"127.0.0.1 localhost\n"
    assert not [path for path in (kept.root / "etc").iterdir() if path.name.startswith(".ndcops")]


def test_a_program_that_left_with_its_package_is_not_made_up(kept: Kept) -> None:
    (kept.root / "usr/bin/sudo").unlink()
    assert kept.restore() == []
    assert not (kept.root / "usr/bin/sudo").exists()


def test_a_link_in_place_of_a_folder_is_never_followed(kept: Kept) -> None:
    _swap_folder_for_link(kept.root)
    kept.restore()
    assert stat.S_ISDIR((kept.root / "etc/ssh").lstat().st_mode)
    assert (kept.root / "etc/ssh/key").read_text() == "secret"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=5, unique=True))
def test_any_mix_of_changes_is_taken_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    kept = Kept(tmp_path_factory.mktemp("host"))
    for name in names:
        try:
            CHANGES[name](kept.root)
        except OSError:
            continue  # an earlier change took this one's file away
    assert kept.restore() == []
    assert differing(kept.then, kept.read()) == {}
