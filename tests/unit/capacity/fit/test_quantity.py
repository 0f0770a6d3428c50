from decimal import Decimal
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.capacity.plan.fit.quantity import amount, is_counted, is_scalar
from tests.unit.capacity.builders import QUICKLY


@pytest.mark.parametrize(
    ("resource", "quantity", "expected"),
    [
        ("cpu", "250m", 250),
        ("cpu", "1.5", 1500),
        ("cpu", 2, 2000),
        ("cpu", "1u", 1),
        ("cpu", "100.1m", 101),
        ("memory", "1Ki", 1024),
        ("memory", "1.5Gi", 3 * 2**29),
        ("memory", "1500m", 2),
        ("memory", "2e3", 2000),
        ("nvidia.com/gpu", "8", 8),
        ("pods", "110", 110),
        ("cpu", "0", 0),
    ],
)
def test_amounts_are_millicores_bytes_or_pieces_rounded_up(
    resource: str, quantity: str | int, expected: int
) -> None:
    assert amount(resource, quantity) == expected


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "1gi", "1.2.3", "--1", "1e", "9Ei", "0x10"])
def test_what_is_no_quantity_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|too large"):
        amount("memory", text)


@QUICKLY
@given(st.decimals(min_value=0, max_value=10**12, places=3))
def test_cpu_is_never_rounded_down(cores: Decimal) -> None:
    assert amount("cpu", f"{cores:f}") == ceil(cores * 1000)


@QUICKLY
@given(st.integers(0, 2**40), st.sampled_from([("Ki", 2**10), ("Mi", 2**20), ("k", 10**3), ("M", 10**6)]))
def test_suffixes_multiply(number: int, suffix: tuple[str, int]) -> None:
    assert amount("memory", f"{number}{suffix[0]}") == number * suffix[1]


@pytest.mark.parametrize(
    ("resource", "scalar", "counted"),
    [
        ("cpu", False, True),
        ("memory", False, True),
        ("ephemeral-storage", False, True),
        ("hugepages-2Mi", True, True),
        ("attachable-volumes-csi-x", True, True),
        ("nvidia.com/gpu", True, True),
        ("requests.nvidia.com/gpu", False, False),
        ("pods", False, False),
        ("storage", False, False),
    ],
)
def test_which_resources_the_scheduler_counts(resource: str, scalar: bool, counted: bool) -> None:
    assert (is_scalar(resource), is_counted(resource)) == (scalar, counted)
