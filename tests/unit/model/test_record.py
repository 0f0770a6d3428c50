"""Records: one canonical form, and a chain in which any changed byte shows."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ndcops.model.record import GENESIS, Record, append_record, canonical_json, find_break

NOW = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(TEXT, JSON, max_size=3)


def chain_of(bodies):
    chain = []
    for body in bodies:
        previous = chain[-1] if chain else None
        chain.append(append_record(previous, time=NOW, actor="an operator", kind="step", body=body))
    return chain


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies=st.lists(BODIES, max_size=3))
def test_a_chain_as_written_holds(bodies):
    written = [record.model_dump_json() for record in chain_of(bodies)]
    assert find_break(Record.model_validate_json(line) for line in written) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), bodies=st.lists(BODIES | st.just({"lag_bytes": 100}), min_size=1, max_size=3))
def test_any_changed_byte_shows(data, bodies):
    chain = chain_of(bodies)
    which = data.draw(st.integers(0, len(chain) - 1))
    line = bytearray(chain[which].model_dump_json().encode())
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[at]))
    try:
        changed = Record.model_validate_json(bytes(line))
    except ValidationError:
        return
    assume(changed != chain[which])  # another spelling of the same values, such as T and t in a time
    assert find_break([*chain[:which], changed, *chain[which + 1 :]]) is not None


def test_a_number_that_became_a_float_is_a_break_not_a_crash():
    record = chain_of([{"lag_bytes": 100}])[0]
    changed = Record.model_validate_json(record.model_dump_json().replace("100", "1e2"))
    assert find_break([changed]) == "record 0: its content does not match its digest"


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ([0, 2], "record 2: expected number 1"),
        ([1, 2], "record 1: expected number 0"),
        ([0, 1, 1], "record 1: expected number 2"),
    ],
)
def test_a_missing_or_repeated_record_shows(order, reason):
    chain = chain_of([{"n": 0}, {"n": 1}, {"n": 2}])
    assert find_break([chain[index] for index in order]) == reason


def test_a_foreign_record_shows():
    ours, theirs = chain_of([{"n": 0}]), chain_of([{"n": 5}, {"n": 1}])
    assert find_break([ours[0], theirs[1]]) == "record 1: its previous digest is not that of record 0"


def test_the_first_record_follows_genesis():
    assert chain_of([{}])[0].previous == GENESIS


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=JSON)
def test_the_canonical_form_is_the_value_and_stable(value):
    form = canonical_json(value)
    assert json.loads(form) == value
    assert canonical_json(json.loads(form)) == form


@pytest.mark.parametrize("value", [1.0, float("nan"), {"a": [2.5]}, {1: "a"}, {"a": object()}, "\ud800"])
def test_what_has_no_canonical_form_is_a_value_error(value):
    with pytest.raises(ValueError, match=r".+"):
        canonical_json(value)
