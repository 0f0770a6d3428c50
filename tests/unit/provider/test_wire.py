"""Property maps survive the round trip; secrets become a mask, unknowns stay unknown."""

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.provider.wire import UNKNOWN, decode, encode

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_keys = st.text(max_size=8).filter(lambda key: key != _SIGNATURE)
_leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.just(UNKNOWN)
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3)
)


@settings(max_examples=40)
@given(st.dictionaries(_keys, _values, max_size=4))
def test_every_value_survives_the_round_trip(value: dict) -> None:
    assert decode(encode(value)).value == value


@settings(max_examples=40)
@given(st.dictionaries(_keys, _values, min_size=1, max_size=4), st.data())
def test_a_masked_key_is_still_masked_after_the_round_trip(value: dict, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    decoded = decode(encode(value, {key: True}))
    assert decoded.value == value
    assert decoded.secret == {key: True}


def test_whole_numbers_become_integers() -> None:
    value = decode(encode({"replicas": 3.0, "ratio": 0.5})).value
    assert value == {"replicas": 3, "ratio": 0.5}
    assert type(value["replicas"]) is int


def test_a_secret_element_taints_its_list() -> None:
    struct = Struct()
    inner = struct.fields["args"].list_value.values
    inner.add().string_value = "plain"
    wrapper = inner.add().struct_value.fields
    wrapper[_SIGNATURE].string_value = "1b47061264138c4ac30d75fd1eb44270"
    wrapper["value"].string_value = "hidden"
    decoded = decode(struct)
    assert decoded.value == {"args": ["plain", "hidden"]}
    assert decoded.secret == {"args": True}


def test_nested_secrets_and_unknowns_are_found() -> None:
    decoded = decode(encode({"a": {"b": {"c": "x"}}, "d": [UNKNOWN]}, {"a": {"b": {"c": True}}}))
    assert decoded.secret == {"a": {"b": {"c": True}}}
    assert decoded.has_unknown


def test_refuses_what_is_no_property() -> None:
    with pytest.raises(TypeError, match="set"):
        encode({"a": {1, 2}})
