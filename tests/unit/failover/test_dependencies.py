"""Order of a move: waves, needs through services that stay, cycles by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.failover.plan.dependencies import moving_needs, tiers
from ndcops.model.errors import InvalidInput
from ndcops.model.service import Service
from tests.simulation.sample_services import service


def declared(graph: dict[str, tuple[str, ...]]) -> list[Service]:
    return [service(name, "none", "ndc1", "ndc2", needs) for name, needs in graph.items()]


@pytest.mark.parametrize(
    ("graph", "moving", "waves"),
    [
        ({"a": ("b",), "b": ()}, {"a", "b"}, (("b",), ("a",))),
        ({"a": ("b",), "b": ("c",), "c": ()}, {"a", "c"}, (("c",), ("a",))),
        ({"a": (), "b": ()}, {"a", "b"}, (("a", "b"),)),
        ({"a": ("elsewhere",)}, {"a"}, (("a",),)),
    ],
)
def test_waves(graph: dict[str, tuple[str, ...]], moving: set[str], waves: object) -> None:
    assert tiers(declared(graph), frozenset(moving)) == waves


def test_a_need_reaches_through_what_stays() -> None:
    services = declared({"a": ("b",), "b": ("c", "d"), "c": (), "d": ()})

    assert moving_needs(services, frozenset({"a", "c", "d"})) == {"a": ("c", "d"), "c": (), "d": ()}


def test_a_cycle_is_named() -> None:
    with pytest.raises(InvalidInput) as refusal:
        tiers(declared({"a": ("b",), "b": ("c",), "c": ("a",)}), frozenset({"a"}))

    assert {"a", "b", "c"} <= set(refusal.value.message.split(": ")[1].split(" → "))


@given(st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=12, max_size=12), st.sets(st.integers(0, 11)))
def test_every_service_comes_after_what_it_needs(needs: list[set[int]], moving: set[int]) -> None:
    graph = {f"s{i}": tuple(f"s{j}" for j in sorted(of) if j < i) for i, of in enumerate(needs)}
    chosen = frozenset(f"s{i}" for i in moving)
    found = tiers(declared(graph), chosen)
    place = {name: number for number, wave in enumerate(found) for name in wave}

    assert set(place) == chosen
    for name, below in moving_needs(declared(graph), chosen).items():
        assert all(place[other] < place[name] for other in below)
