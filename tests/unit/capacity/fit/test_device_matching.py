import pytest

from ndcops.capacity.plan.fit import Verdict
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, node, pod
from tests.unit.capacity.fit.builders import (
    DRIVER,
    claiming,
    device,
    device_claim,
    device_class,
    device_request,
    resource_slice,
)

NONE_LEFT = "0/1 nodes are available: 1 cannot allocate all claims."
TAINT = {"key": "broken", "effect": "NoSchedule"}


def asked(*requests: JsonObject, slices: list[JsonObject], constraints: list[JsonObject] | None = None) -> Verdict:
    """Whether a claim of these requests fits on the one node that has the slices."""
    found = cluster(
        node("n1"),
        resourceslices=slices,
        deviceclasses=[device_class()],
        resourceclaims=[device_claim(*requests, constraints=constraints or [])],
    )
    return found.verdict(pod(resourceClaims=claiming("gpus")))


def devices(*numa: int, **more: object) -> list[JsonObject]:
    """One slice with a device for each number."""
    found = [device(f"g{at}", attributes={"numa": {"int": each}}, **more) for at, each in enumerate(numa)]
    return [resource_slice("n1", *found)]


def choosing(numa: int) -> list[JsonObject]:
    return [{"cel": {"expression": f'device.attributes["{DRIVER}"].numa == {numa}'}}]


@pytest.mark.parametrize(
    ("requests", "numa", "fits"),
    [
        ([device_request()], (0,), True),
        ([device_request(count=2)], (0,), False),
        ([device_request(count=2)], (0, 1), True),
        ([device_request("a"), device_request("b")], (0,), False),
        ([device_request("a"), device_request("b")], (0, 0), True),
        ([device_request(selectors=choosing(1))], (0,), False),
        # The free choice must leave the only device that the other can take.
        ([device_request("any"), device_request("one", selectors=choosing(0))], (0, 1), True),
        ([device_request("any", count=2), device_request("one", selectors=choosing(0))], (0, 1), False),
        ([device_request(allocationMode="All")], (0, 1, 1), True),
        ([device_request(allocationMode="All")], (), False),
        ([device_request("all", allocationMode="All"), device_request("b")], (0, 1), False),
    ],
)
def test_distinct_devices_for_every_request(requests: list[JsonObject], numa: tuple[int, ...], fits: bool) -> None:
    verdict = asked(*requests, slices=devices(*numa))
    assert verdict.fits is fits
    assert verdict.message == ("" if fits else NONE_LEFT)


@pytest.mark.parametrize(("numa", "fits"), [((0, 0), True), ((0, 1), False), ((0, 1, 1), True)])
def test_devices_that_must_agree(numa: tuple[int, ...], fits: bool) -> None:
    same = [{"matchAttribute": f"{DRIVER}/numa"}]
    assert asked(device_request(count=2), slices=devices(*numa), constraints=same).fits is fits


def test_devices_without_the_attribute_never_agree() -> None:
    same = [{"matchAttribute": f"{DRIVER}/socket"}]
    assert asked(device_request(), slices=devices(0), constraints=same).message == NONE_LEFT


@pytest.mark.parametrize(("first", "second", "fits"), [(2, 1, True), (3, 1, True), (3, 4, False)])
def test_one_of_several_choices_is_enough(first: int, second: int, fits: bool) -> None:
    choices = [{"name": f"c{count}", "deviceClassName": "gpu", "count": count} for count in (first, second)]
    assert asked({"name": "r", "firstAvailable": choices}, slices=devices(0, 0)).fits is fits


@pytest.mark.parametrize(
    ("request_", "slices", "problem"),
    [
        (device_request(adminAccess=True), devices(0), "more than whole devices"),
        (device_request(capacity={"requests": {"memory": "1Gi"}}), devices(0), "more than whole devices"),
        (device_request(), devices(0, consumesCounters=[{}]), "shared or partitioned"),
        (device_request(), devices(0, allowMultipleAllocations=True), "shared or partitioned"),
        (
            device_request(selectors=[{"cel": {"expression": "device.driver.size() > 3"}}]),
            devices(0),
            "cannot be decided",
        ),
    ],
)
def test_what_is_beyond_the_engine_is_undecided_and_never_fits(
    request_: JsonObject, slices: list[JsonObject], problem: str
) -> None:
    verdict = asked(request_, slices=slices)
    assert (verdict.fits, verdict.is_undecided) == (False, True)
    assert problem in verdict.message


def test_constraints_that_are_not_equality_are_undecided() -> None:
    distinct = [{"distinctAttribute": f"{DRIVER}/numa"}]
    assert asked(device_request(), slices=devices(0), constraints=distinct).is_undecided


def test_all_devices_that_do_not_agree_are_undecided() -> None:
    same = [{"matchAttribute": f"{DRIVER}/numa"}]
    assert asked(device_request(allocationMode="All"), slices=devices(0, 1), constraints=same).is_undecided


def test_too_many_ways_to_agree_are_undecided() -> None:
    names = [f"a{number}" for number in range(14)]
    many = [device(f"g{at}", attributes={name: {"int": at} for name in names}) for at in (0, 1)]
    same = [{"matchAttribute": f"{DRIVER}/{name}"} for name in names]
    verdict = asked(device_request(), slices=[resource_slice("n1", *many)], constraints=same)
    assert (verdict.fits, verdict.is_undecided) == (False, True)
    assert "constraints allow 16384 combinations" in verdict.message


def test_tainted_devices_need_a_toleration() -> None:
    tainted = devices(0, taints=[TAINT])
    assert asked(device_request(), slices=tainted).message == NONE_LEFT
    tolerating = device_request(tolerations=[{"key": "broken", "operator": "Exists"}])
    assert asked(tolerating, slices=tainted).fits


def test_pools_in_change_give_nothing_out() -> None:
    assert not asked(device_request(), slices=[resource_slice("n1", device("g0"), slices=2)]).fits
    old, new = resource_slice("n1", device("g0")), resource_slice("n1", device("g1"), device("g2"))
    new["spec"]["pool"]["generation"] = 2
    assert asked(device_request(count=2), slices=[old, new]).fits
    assert not asked(device_request(count=3), slices=[old, new]).fits


def test_all_devices_of_a_pool_in_change_are_not_known() -> None:
    # allocator_stable.go: "asks for all devices, but resource pool … is currently being updated"
    changing = resource_slice("n1", device("g1"), pool="other", slices=2)
    assert not asked(device_request(allocationMode="All"), slices=[*devices(0), changing]).fits


def test_all_devices_means_the_tainted_ones_too() -> None:
    # allocator_stable.go, allocateDevice: one device of "all" whose taint is not tolerated ends the search.
    slices = [resource_slice("n1", device("g0"), device("g1", taints=[TAINT]))]
    assert not asked(device_request(allocationMode="All"), slices=slices).fits


@pytest.mark.parametrize(("count", "fits"), [(32, True), (33, False)])
def test_a_claim_holds_at_most_32_devices(count: int, fits: bool) -> None:
    # resource.k8s.io, AllocationResultsMaxSize
    assert asked(device_request(count=count), slices=devices(*range(40))).fits is fits
