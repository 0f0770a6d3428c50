"""`ndcops lab` at the command line, without a lab: what is refused, and how it is said."""

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("partition", "ndc1"), 1, "the lab is not up"),
        (("partition", "ndc1", "--one-way", "sideways"), 2, "--one-way"),
        (("freeze", "ndc1"), 1, "the lab is not up"),
        (("slow", "ndc1", "--rate", "fast"), 2, "'fast' is no rate"),
        (("slow", "ndc1"), 2, "--rate"),
        (("heal",), 1, "the lab is not up"),
        (("probe", "start", "identity"), 1, "the lab is not up"),
        (("probe", "start", "identity", "--rate", "0"), 2, "--rate"),
        (("probe", "stop", "identity"), 1, "the lab is not up"),
        (("probe", "show", "identity"), 1, "the lab is not up"),
    ],
)
def test_without_a_lab_nothing_is_done(ndcops: Run, words: tuple[str, ...], code: int, said: str) -> None:
    ended = ndcops("lab", *words)
    assert ended.code == code
    assert said in ended.err
    assert ended.out == ""
