import pytest

from ndcops.capacity.plan.demand import in_recovery_order, service_demands
from ndcops.model.service import Service
from tests.unit.capacity.builders import demand, pod
from tests.unit.reports.sample_country import service, site


def names(*services: Service) -> list[str]:
    return [each.id for each in in_recovery_order(services)]


def test_recovery_goes_by_grade_then_dependence_then_name() -> None:
    found = names(
        service("portal", grade="A", depends_on=("identity", "audit")),
        service("archive", grade="C"),
        service("identity", grade="A", depends_on=("keys",)),
        service("audit", grade="B"),
        service("keys", grade="A"),
        service("dns", grade="A"),
    )
    assert found == ["dns", "keys", "identity", "portal", "audit", "archive"]


def test_a_dependency_that_does_not_move_is_no_obstacle() -> None:
    assert names(service("b", depends_on=("elsewhere",)), service("a")) == ["a", "b"]


@pytest.mark.timeout(20)
def test_cycles_end_and_give_the_same_order_for_every_order_of_names_in_a_file() -> None:
    ring = [service(f"s{number:02}", depends_on=(f"s{(number + 1) % 30:02}",)) for number in range(30)]
    itself = service("zz", depends_on=("zz", "s00"))
    assert sorted(names(*ring, itself)) == sorted(each.id for each in [*ring, itself])
    assert names(*ring, itself)[-1] == "zz"


@pytest.mark.timeout(20)
def test_services_that_all_depend_on_each_other_end_too() -> None:
    ids = tuple(f"s{number:02}" for number in range(24))
    assert len(names(*(service(each, depends_on=ids) for each in ids))) == 24


def test_a_services_pods_are_what_the_compute_stack_makes() -> None:
    (found,) = service_demands(site(2), service("portal", grade="B"))
    spec = found.pod["spec"]
    assert (found.count, found.pod["metadata"]["namespace"]) == (2, "ndc-data")
    assert (spec["priority"], spec["preemptionPolicy"]) == (700_000, "PreemptLowerPriority")
    assert spec["containers"][0]["resources"]["requests"] == {"cpu": "2", "memory": "4Gi"}


def test_only_grade_d_never_preempts() -> None:
    (found,) = service_demands(site(2), service("portal", grade="D"))
    assert found.pod["spec"]["preemptionPolicy"] == "Never"


def test_a_pool_that_the_site_lacks_is_named() -> None:
    lacking = service("portal")
    workload = lacking.workloads[0].model_copy(update={"pool": "arm"})
    with pytest.raises(LookupError, match="site 'ndc2' has no pool 'arm'"):
        service_demands(site(2), lacking.model_copy(update={"workloads": (workload,)}))


def test_pods_of_a_template_are_parsed_once() -> None:
    shapes = [shape for shape, _ in demand(pod(), 3).shapes()]
    assert len(shapes) == 3
    assert len(set(shapes)) == 1


def test_each_pod_brings_claims_of_its_own() -> None:
    template = {"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}
    steps = list(demand(pod(), 2, claims=[template]).shapes())
    assert [[each.claim for each in shape.volumes.claims] for shape, _ in steps] == [
        ["data-web-0"],
        ["data-web-1"],
    ]
    assert [set(claims) for _, claims in steps] == [{("shop", "data-web-0")}, {("shop", "data-web-1")}]
