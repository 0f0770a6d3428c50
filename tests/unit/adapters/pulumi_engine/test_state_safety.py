"""The state stays whole around a change: put back when the engine cuts it off, refused without room."""

import errno
from pathlib import Path

import pytest

from ndcops.adapters.pulumi_engine.state_files import kept_copy
from ndcops.adapters.pulumi_engine.state_safety import ROOM_BYTES, whole_state
from tests.conftest import small_disk
from tests.unit.adapters.pulumi_engine.samples import STACK, checkpoint

BEFORE = checkpoint(resources=[{"type": "kubernetes:core/v1:Namespace", "urn": "urn:a"}])
AFTER = checkpoint(resources=[])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ndc1.json"
    path.write_bytes(BEFORE)
    return path


@pytest.mark.parametrize(
    ("written", "left"),
    [(AFTER, AFTER), (BEFORE, BEFORE), (AFTER[:20], BEFORE), (b"", BEFORE), (b"null", BEFORE), (None, BEFORE)],
)
@pytest.mark.parametrize("fails", [True, False])
def test_what_the_engine_leaves_damaged_is_put_back(
    path: Path, written: bytes | None, left: bytes, fails: bool
) -> None:
    def change() -> None:
        with whole_state(path, STACK):
            assert kept_copy(path).read_bytes() == BEFORE
            if written is None:
                path.unlink()
            else:
                path.write_bytes(written)
            if fails:
                raise KeyError("the engine failed")

    if fails:
        with pytest.raises(KeyError):
            change()
    else:
        change()
    assert path.read_bytes() == left
    assert not kept_copy(path).exists()


def test_nothing_is_begun_without_room(tiny_disk: Path) -> None:
    path = tiny_disk / "ndc1.json"
    path.write_bytes(BEFORE)
    with (
        pytest.raises(OSError, match=r"No space left on device \(8 MiB must be free\)") as caught,
        whole_state(path, STACK),
    ):
        pytest.fail("begun")
    assert caught.value.errno == errno.ENOSPC
    assert [each.name for each in tiny_disk.iterdir()] == ["ndc1.json"]


def test_the_state_is_put_back_on_a_disk_that_filled_up_meanwhile(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=str(ROOM_BYTES + 2**20)) as disk:
        path = disk / "ndc1.json"
        path.write_bytes(BEFORE)

        def fill() -> None:
            with whole_state(path, STACK), (disk / "filling").open("wb") as filling:
                path.write_bytes(AFTER[:20])
                while True:
                    filling.write(bytes(2**20))
                    filling.flush()

        with pytest.raises(OSError, match="No space left on device"):
            fill()
        assert path.read_bytes() == BEFORE
