"""Which kubeconfig production is reached by."""

from pathlib import Path

import pytest

from ndcops.model.errors import ExitCode
from tests.cli.conftest import Run


def test_several_kubeconfigs_are_refused_by_name(
    ndcops: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")
    ended = ndcops("status", "--target", "production")
    assert ended.code == ExitCode.USAGE
    assert "KUBECONFIG names 2 files; expected one" in ended.err
    assert str(second) in ended.err
