"""Time left: what was expected gives way to what is measured, and never goes below nothing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.toolchain.progress import Pace, read_pace, remaining_s, write_pace

SECONDS = st.floats(min_value=0, max_value=1e6)


@pytest.mark.parametrize(
    ("done", "elapsed_s", "expected_s", "left_s"),
    [
        (0, 0.0, 100.0, 100.0),
        (0, 30.0, 100.0, 70.0),
        (0, 300.0, 100.0, 0.0),
        (50, 100.0, 100.0, 50.0),
        (100, 100.0, 500.0, 0.0),
    ],
)
def test_remaining(done: int, elapsed_s: float, expected_s: float, left_s: float) -> None:
    assert remaining_s(done=done, total=100, elapsed_s=elapsed_s, expected_s=expected_s) == left_s


@given(st.integers(0, 3000), st.integers(0, 2000), SECONDS, SECONDS)
def test_is_never_negative(done: int, total: int, elapsed_s: float, expected_s: float) -> None:
    assert remaining_s(done=done, total=total, elapsed_s=elapsed_s, expected_s=expected_s) >= 0


def test_pace_survives_a_round_trip(tmp_path: Path) -> None:
    write_pace(tmp_path / "pace.json", Pace(0.25, 12.0))

    assert read_pace(tmp_path / "pace.json", Pace(1, 1)) == Pace(0.25, 12.0)


@pytest.mark.parametrize("content", ["", "[]", "null", '{"package_s": "fast", "link_s": 1}', '{"package_s": 1}'])
def test_a_broken_pace_file_means_the_default(tmp_path: Path, content: str) -> None:
    (tmp_path / "pace.json").write_text(content)

    assert read_pace(tmp_path / "pace.json", Pace(0.1, 1.0)) == Pace(0.1, 1.0)
