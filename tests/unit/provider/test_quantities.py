"""Quantities are written as the API server writes them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.quantity import parse_quantity
from ndcops.provider.quantities import canonical_quantity

# From k8s.io/apimachinery/pkg/api/resource/quantity_test.go, and read back from an API server.
CASES = {
    "1000m": "1",
    "0.1": "100m",
    "1500m": "1500m",
    "1000": "1k",
    "1024": "1024",
    "12e6": "12e6",
    "1e4": "10e3",
    "1E": "1E",
    "1024Mi": "1Gi",
    "0.5Gi": "512Mi",
    "1.5Gi": "1536Mi",
    "512Ki": "512Ki",
    "1Ki": "1Ki",
    "0.5Ki": "512",
    "1000Ki": "1000Ki",
    "1.1Gi": "1181116007",
    "0Mi": "0",
    "0": "0",
    ".5": "500m",
    "0.1n": "1n",
    "-2Gi": "-2Gi",
    "1.0": "1",
}


@pytest.mark.parametrize(("text", "canonical"), CASES.items())
def test_canonical_form(text: str, canonical: str) -> None:
    assert canonical_quantity(text) == canonical


@pytest.mark.parametrize("text", ["", "Mi", "1 Gi", "1gb", "--1", "1e", "٣", "1" * 100])
def test_refuses_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        canonical_quantity(text)


@given(st.integers(0, 10**6), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti"]))
def test_canonical_form_is_stable_and_keeps_the_value(number: int, suffix: str) -> None:
    canonical = canonical_quantity(f"{number}{suffix}")
    assert canonical_quantity(canonical) == canonical
    assert parse_quantity(canonical) == parse_quantity(f"{number}{suffix}")
    assert isinstance(parse_quantity(canonical), Decimal)
