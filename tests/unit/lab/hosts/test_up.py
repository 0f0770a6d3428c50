"""What `up` refuses before it touches anything, and how long it says that it takes."""

from pathlib import Path

import pytest

from ndcops.lab.hosts import up
from ndcops.lab.hosts.image import PACKAGES, SIEM_PACKAGES, image_folder
from ndcops.lab.hosts.layout import HostsPaths, HostsState, Release, write_hosts
from ndcops.lab.hosts.mirror import DebianMirror
from ndcops.lab.hosts.progress import HostsProgress, ProgressClock
from ndcops.model.errors import ExitCode, InvalidInput

MIRROR = DebianMirror("http://mirror.test/debian", "http://mirror.test/debian-security", is_snapshot=False)


def test_too_many_hosts_are_refused_and_leave_no_folder(paths: HostsPaths) -> None:
    with pytest.raises(InvalidInput, match="1 to 30") as caught:
        up.up(31, Release.TRIXIE)
    assert caught.value.exit_code == ExitCode.USAGE
    assert not paths.lab.root.exists()


def test_missing_tools_are_named_with_the_command_that_installs_them(
    paths: HostsPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidInput) as caught:
        up.up(3, Release.TRIXIE)
    assert "apt install" in caught.value.resolution
    assert "systemd-container" in caught.value.resolution
    assert "apt-cacher-ng" in caught.value.resolution
    assert not paths.lab.root.exists()


@pytest.mark.parametrize(("count", "release"), [(2, Release.TRIXIE), (3, Release.BOOKWORM)])
def test_a_smaller_lab_or_another_release_needs_a_down_first(
    paths: HostsPaths, state: HostsState, count: int, release: Release
) -> None:
    write_hosts(paths, state)
    with pytest.raises(InvalidInput, match="3 lab hosts of release 'trixie' are there already"):
        up.planned_state(state, count, release, MIRROR, [])


def test_a_larger_lab_keeps_the_hosts_that_there_are(state: HostsState) -> None:
    larger = up.planned_state(state, 5, Release.TRIXIE, MIRROR, [])
    assert larger.hosts[: len(state.hosts)] == state.hosts
    assert [host.name for host in larger.hosts[len(state.hosts) :]] == ["ndc2-general-1", "ndc2-database-1"]


def test_images_differ_by_release_packages_and_mirror(paths: HostsPaths) -> None:
    snapshot = DebianMirror(MIRROR.debian, MIRROR.security, is_snapshot=True)
    folders = {
        image_folder(Release.TRIXIE, PACKAGES, MIRROR),
        image_folder(Release.BOOKWORM, PACKAGES, MIRROR),
        image_folder(Release.TRIXIE, PACKAGES + SIEM_PACKAGES, MIRROR),
        image_folder(Release.TRIXIE, PACKAGES, snapshot),
    }
    assert len(folders) == 4
    assert image_folder(Release.TRIXIE, tuple(reversed(PACKAGES)), MIRROR) in folders


def test_the_time_left_shrinks_to_nothing() -> None:
    told: list[HostsProgress] = []
    clock = ProgressClock(told.append)
    for name in ("a", "b"):
        clock.expect(name, 4.0)
    clock.report("a", "disk", 0, 3)
    for name in ("a", "b"):
        clock.report(name, "ready", 3, 3)
    left = [each.remaining_s for each in told]
    assert left[0] == pytest.approx(8.0, abs=0.5)
    assert left[-1] == pytest.approx(0.0, abs=0.01)
