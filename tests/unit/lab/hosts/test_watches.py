from pathlib import Path

import pytest

from ndcops.lab.hosts.watches import allow_watches


@pytest.mark.parametrize(("before", "after"), [("128\n", 1024), ("1024\n", 1024), ("8192\n", 8192)])
def test_a_low_limit_is_raised_and_a_higher_one_stays(tmp_path: Path, before: str, after: int) -> None:
    limit = tmp_path / "max_user_instances"
    limit.write_text(before)
    allow_watches(limit)
    assert int(limit.read_text()) == after
