"""Quantities: the values of the Kubernetes client's own parser, exact, and no other error than ValueError."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity as oracle
from pydantic import TypeAdapter, ValidationError

from ndcops.model.quantity import ByteQuantity, CpuQuantity, parse_quantity

NUMBERS = st.decimals(min_value=-(10**6), max_value=10**6, places=3, allow_nan=False).map(lambda one: f"{one:f}")
SUFFIXES = st.sampled_from(["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "e-2", "E2"])


@settings(deadline=None)
@given(number=NUMBERS, suffix=SUFFIXES)
def test_agrees_with_the_kubernetes_client(number, suffix):
    assert parse_quantity(number + suffix) == oracle(number + suffix)


@settings(deadline=None)
@given(value=st.integers(0, 2**63 - 1))
def test_a_plain_number_comes_back(value):
    assert parse_quantity(str(value)) == value


@settings(deadline=None)
@given(text=st.text(alphabet="0123456789.+-eEnumkKMGTPi \n٣", max_size=70))
def test_ends_with_a_value_or_a_value_error(text):
    try:
        value = parse_quantity(text)
    except ValueError:
        return
    assert abs(value) < 2**63


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1n", "1e-9"),
        ("-0.1n", "0"),
        ("1.5Gi", "1610612736"),
        (".5", "0.5"),
        ("5.", "5"),
        ("7Ei", str(7 * 2**60)),
        ("0.123456789123", "0.123456790"),
    ],
)
def test_keeps_nine_places_rounded_up(text, value):
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["", "Gi", "1 Gi", " 1Gi", "1Gi\n", "1gi", "1KB", "1e", "1e3Ki", "0x10", "1_000", "1,5", "٣", "1e40", "100Ei"],
)
def test_refuses_what_kubernetes_would_not_take_or_would_cap(text):
    with pytest.raises(ValueError, match="expected"):
        parse_quantity(text)


@pytest.mark.parametrize(("given", "text"), [(2, "2"), (0.5, "0.5"), ("500m", "500m")])
def test_a_bare_number_is_a_quantity(given, text):
    assert TypeAdapter(CpuQuantity).validate_python(given) == text


@pytest.mark.parametrize("given", [True, None, [], 0, -1, 1.5, "1m", "1000m"])
def test_bytes_are_whole_and_positive(given):
    with pytest.raises(ValidationError):
        TypeAdapter(ByteQuantity).validate_python(given)
