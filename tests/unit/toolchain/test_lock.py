"""The lock of an engine: one at a time, who holds it is told, and a dead holder holds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ndcops
from ndcops.model.errors import NdcopsError
from ndcops.toolchain.lock import held, is_held

HOLD = """
import sys, time
from pathlib import Path
from ndcops.toolchain.lock import held
with held(Path(sys.argv[1]), print):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "kube.lock"


def hold_elsewhere(lock: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(Path(ndcops.__file__).parents[1])}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_says_who_holds_it_and_gives_up_in_the_end(lock: Path) -> None:
    waited_for: list[str] = []
    with hold_elsewhere(lock) as holder:
        with (
            pytest.raises(NdcopsError, match=f"kube: gave up .* process {holder.pid} "),
            held(lock, waited_for.append, wait_s=0.3),
        ):
            raise AssertionError("two hold one lock")
        holder.kill()

    assert waited_for[0].startswith(f"process {holder.pid} on ")


def test_kill_frees_it_at_once(lock: Path) -> None:
    with hold_elsewhere(lock) as holder:
        assert is_held(lock)
        holder.kill()

    with held(lock, lambda _: None, wait_s=0):
        assert is_held(lock)
    assert not is_held(lock)


def test_nobody_holds_a_lock_that_was_never_taken(lock: Path) -> None:
    assert not is_held(lock)


def test_a_holder_without_a_readable_name_is_another_process(lock: Path) -> None:
    waited_for: list[str] = []
    with hold_elsewhere(lock) as holder:
        lock.write_text("not json")
        with pytest.raises(NdcopsError), held(lock, waited_for.append, wait_s=0):
            raise AssertionError("two hold one lock")
        holder.kill()

    assert waited_for == []
