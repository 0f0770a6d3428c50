"""Parsing large JSON leaves the process's garbage collector as it was."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ndcops.model.large_json import parse_json


@pytest.fixture(params=[True, False])
def collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    if not request.param:
        gc.disable()
    yield request.param
    gc.enable()


def test_the_collector_is_left_as_it_was(collecting: bool) -> None:
    assert parse_json(b'{"a": [1]}') == {"a": [1]}
    assert gc.isenabled() is collecting
    with pytest.raises(ValueError, match="column"):
        parse_json(b"{")
    assert gc.isenabled() is collecting


def test_several_threads_do_not_leave_it_paused() -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(parse_json, [b"[[1]]"] * 400))
    assert gc.isenabled()
