"""What is read from the state file; a damaged one is refused, never taken for an empty one."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.adapters.pulumi_engine.engine import PulumiEngine
from ndcops.adapters.pulumi_engine.state_files import (
    object_count,
    outputs_of,
    pending_operations,
    read_state,
    secrets_salt,
)
from ndcops.model.errors import Refused
from tests.unit.adapters.pulumi_engine.samples import STACK, checkpoint, settings_in, write_state

ROOT = {"type": "pulumi:pulumi:Stack", "urn": "urn:root", "outputs": {"zones": {"public": "public"}}}
OBJECT = {"type": "kubernetes:core/v1:Namespace", "urn": "urn:public"}
GROUP = {"type": "ndcops:network:SiteNetwork", "urn": "urn:group"}
PENDING = {"resource": {"urn": "urn:half", "type": "kubernetes:core/v1:Namespace"}, "type": "creating"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_state(settings_in(tmp_path), checkpoint(resources=[ROOT, GROUP, OBJECT]))


def test_a_missing_file_is_a_stack_that_was_never_applied(tmp_path: Path) -> None:
    engine = PulumiEngine(settings_in(tmp_path), "3.246.0")
    assert engine.object_count(STACK) is None
    assert engine.outputs(STACK) is None
    assert engine.pending(STACK) == ()


@pytest.mark.parametrize(
    ("data", "count", "outputs", "pending"),
    [
        (checkpoint(resources=[ROOT, GROUP, OBJECT]), 1, {"zones": {"public": "public"}}, ()),
        (checkpoint(resources=[ROOT]), 0, None, ()),
        (checkpoint(), 0, None, ()),
        (orjson.dumps({"version": 3, "checkpoint": {"stack": "x", "latest": None}}), 0, None, ()),
        (orjson.dumps({"version": 3, "checkpoint": {"stack": "x"}}), 0, None, ()),
        (checkpoint(resources=[OBJECT]), 1, {}, ()),
        (checkpoint(resources=[OBJECT], pending_operations=[PENDING]), 1, {}, ("urn:half",)),
        (checkpoint(resources=[OBJECT], pending_operations=None), 1, {}, ()),
    ],
)
def test_facts_of_a_state(
    tmp_path: Path, data: bytes, count: int, outputs: dict[str, Any] | None, pending: tuple[str, ...]
) -> None:
    engine = PulumiEngine(settings_in(tmp_path), "3.246.0")
    write_state(settings_in(tmp_path), data)
    assert engine.object_count(STACK) == count
    assert engine.outputs(STACK) == outputs
    assert engine.pending(STACK) == pending


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 512,
        b"{",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"checkpoint": null}',
        b'{"checkpoint": []}',
        b'{"checkpoint": {"latest": "x"}}',
        checkpoint(resources={}),
        checkpoint(resources=[1]),
        checkpoint(resources=[None]),
        checkpoint(resources=[{"urn": "urn:x"}]),
        checkpoint(resources=[{"type": 7}]),
        checkpoint(resources=[OBJECT], pending_operations={"urn": "urn:x"}),
        checkpoint(resources=[OBJECT], pending_operations=[{}]),
        checkpoint(resources=[OBJECT], pending_operations=[{"resource": {}}]),
        checkpoint(resources=[ROOT, OBJECT])[:-9],
        b"<<<<<<< " + checkpoint(resources=[ROOT, OBJECT]),
    ],
)
def test_a_damaged_state_is_refused(tmp_path: Path, data: bytes) -> None:
    path = write_state(settings_in(tmp_path), data)
    with pytest.raises(Refused, match="state of stack network/ndc1 is damaged") as caught:
        read_state(path, STACK)
    assert str(path) in caught.value.message
    assert caught.value.exit_code == 3
    assert caught.value.details == ("applying without it would create every object a second time",)
    assert caught.value.resolution == "restore the file from a backup"
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("copies", "offered"),
    [
        ({".bak": checkpoint()}, ".bak"),
        ({".before": checkpoint()}, ".before"),
        ({".bak": checkpoint()[:9], ".before": checkpoint()}, ".before"),
        ({".bak": checkpoint(), ".before": checkpoint()}, ".bak"),
    ],
)
def test_the_newest_whole_copy_is_offered(path: Path, copies: dict[str, bytes], offered: str) -> None:
    path.write_bytes(b"")
    for ending, data in copies.items():
        path.with_name(path.name + ending).write_bytes(data)
    with pytest.raises(Refused) as caught:
        read_state(path, STACK)
    assert caught.value.resolution == f"cp {path}{offered} {path}"


@pytest.mark.parametrize("ending", [".bak", ".before"])
def test_a_damaged_copy_is_not_offered(path: Path, ending: str) -> None:
    for each in (path, path.with_name(path.name + ending)):
        each.write_bytes(checkpoint()[:9])
    with pytest.raises(Refused) as caught:
        read_state(path, STACK)
    assert caught.value.resolution == "restore the file from a backup"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60) | st.integers(0, 200).map(lambda at: checkpoint(resources=[ROOT, OBJECT])[:at]))
def test_whatever_the_bytes_only_refused_is_raised(tmp_path: Path, data: bytes) -> None:
    path = write_state(settings_in(tmp_path), data)
    try:
        state = read_state(path, STACK)
    except Refused:
        return
    assert state is not None
    assert object_count(state) >= 0
    assert isinstance(outputs_of(state), dict)
    assert pending_operations(state) == ()


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: Is a directory"):
        read_state(tmp_path, STACK)


def test_the_fingerprint_changes_with_every_byte(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    engine = PulumiEngine(settings, "3.246.0")
    seen = [engine.fingerprint(STACK)]
    for data in (checkpoint(), checkpoint(resources=[ROOT]), checkpoint(resources=[ROOT, OBJECT])):
        path = write_state(settings, data)
        seen.append(engine.fingerprint(STACK))
        assert engine.fingerprint(STACK) == seen[-1]
    path.unlink()
    assert len(set(seen)) == 4
    assert engine.fingerprint(STACK) == seen[0]


@pytest.mark.parametrize(
    ("state", "salt"),
    [
        ({}, None),
        ({"secrets_providers": None}, None),
        ({"secrets_providers": {"type": "passphrase", "state": {"salt": "v1:x"}}}, "v1:x"),
        ({"secrets_providers": {"type": "cloud", "state": {"url": "awskms://x"}}}, None),
    ],
)
def test_the_salt_is_found_in_the_state(state: dict[str, Any], salt: str | None) -> None:
    assert secrets_salt(state) == salt
