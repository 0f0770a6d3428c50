"""What the gate is told of a landing zone: what stands, and who gets in, each lie found."""

from typing import Any

import pytest

from ndcops.model.object_names import AGENCY_LABEL, AGENCY_ROLE, CLASSIFICATION_LABEL, COST_CENTRE_LABEL
from ndcops.model.tenancy import FoundBinding, FoundNamespace, FoundPolicy, Tenant
from ndcops.onboarding.plan.landing_zone import landing_zones
from ndcops.onboarding.plan.landing_zone.evidence import FoundLeaks, FoundZone, cross_values, zone_values
from ndcops.onboarding.plan.landing_zone.matrix import cross_questions, foreign_bindings, own_questions
from tests.unit.onboarding.zone_samples import agency, facts

ZONES = landing_zones(facts(agency())).zones
NAMESPACE = "tenant-x-records"
BINDING = FoundBinding(
    namespace=NAMESPACE,
    name="group-x-records-dba",
    role=f"ClusterRole {AGENCY_ROLE}",
    subjects=("Group x-records-dba",),
)
STANDS = FoundNamespace(
    namespace=NAMESPACE,
    exists=True,
    labels={
        AGENCY_LABEL: "agency-x",
        CLASSIFICATION_LABEL: "internal",
        COST_CENTRE_LABEL: "cost-x",
        "pod-security.kubernetes.io/enforce": "restricted",
    },
    quota={"requests.cpu": "12", "limits.memory": "48Gi", "pods": "48", "secrets": "1"},
    has_limits=True,
    policies=(
        FoundPolicy(name="default-deny", denies_all=True),
        *(FoundPolicy(name=name, denies_all=False) for name in ("allow-dns", "own-pods", "to-own.databases")),
    ),
    bindings=(BINDING,),
)
GOOD = {"namespace": True, "quota": True, "default_deny": True, "rbac": True}


def found(home: dict[str, Any] | None = None, standby: dict[str, Any] | None = None, wrong: tuple[str, ...] = ()):
    changes = {"ndc1": home or {}, "ndc2": standby or {}}
    return [
        FoundZone(zone, zone.systems[0], STANDS.model_copy(update=changes[zone.site]), wrong) for zone in ZONES
    ]


def test_a_whole_zone_says_so():
    assert zone_values(found()) == {
        **GOOD, "pod_security": "restricted", "standby_site": "ndc2", "problems": [],
    }  # fmt: skip


def labelled(**changes: str) -> dict[str, Any]:
    return {"labels": {**STANDS.labels, **changes}}


@pytest.mark.parametrize(
    ("part", "home", "why"),
    [
        ("namespace", labelled(**{AGENCY_LABEL: "agency-y"}), "label ndc.gov.vn/agency is 'agency-y'"),
        ("quota", {"quota": {}}, "quota of requests.cpu is none, expected 12"),
        ("quota", {"quota": {**STANDS.quota, "pods": "4800"}}, "quota of pods is 4800, expected 48"),
        ("quota", {"has_limits": False}, "no limit range"),
        ("default_deny", {"policies": STANDS.policies[1:]}, "policy default-deny does not deny everything"),
        (
            "default_deny",
            {"policies": (FoundPolicy(name="default-deny", denies_all=False), *STANDS.policies[1:])},
            "policy default-deny does not deny everything",
        ),
        ("default_deny", {"policies": STANDS.policies[:-1]}, "policy to-own.databases is missing"),
        (
            "default_deny",
            {"policies": (*STANDS.policies, FoundPolicy(name="door", denies_all=False))},
            "policy door lets pass what nobody authorised",
        ),
        ("rbac", {"bindings": ()}, "group x-records-dba is not bound"),
    ],
)
def test_what_is_wrong_at_one_site_is_wrong(part, home, why):
    values = zone_values(found(home))
    assert [name for name in GOOD if not values[name]] == [part]
    assert any(each.startswith(f"ndc1: {why}") for each in values["problems"])


def test_an_equal_quota_in_other_words_is_equal():
    assert zone_values(found({"quota": {**STANDS.quota, "limits.memory": "49152Mi"}}))["quota"] is True


def test_a_standby_that_does_not_stand_is_no_restore_target():
    values = zone_values(found(standby={"exists": False}))
    assert values["standby_site"] == ""
    assert not any(values[name] for name in GOOD)


def test_levels_that_differ_are_not_restricted():
    level = "pod-security.kubernetes.io/enforce"
    assert zone_values(found(labelled(**{level: "baseline"})))["pod_security"] == "different"


def test_wrong_rights_of_its_own_groups_shut_the_gate():
    assert zone_values(found(wrong=("agency-x may get pods in tenant-x-records: no",)))["rbac"] is False


TENANTS = [
    Tenant(agency=f"agency-{name}", groups=(f"{name}-dba",), namespaces=(f"tenant-{name}",)) for name in "xyz"
]


def test_every_ordered_pair_and_anybody_is_asked_sixty_times():
    asked = list(cross_questions(TENANTS))
    assert len(asked) == len(set(asked)) == 3 * 3 * 60
    pairs = {(each.agency, each.namespace) for each in asked}
    assert pairs == {
        (asking, f"tenant-{owner}")
        for owner in "xyz"
        for asking in ("", *(f"agency-{name}" for name in "xyz" if name != owner))
    }
    assert all("system:authenticated" in each.groups for each in asked)


def test_pairs_about_one_agency_are_those_it_is_part_of():
    pairs = {(each.agency, each.namespace) for each in cross_questions(TENANTS, "agency-x")}
    assert pairs == {
        ("", "tenant-x"), ("agency-y", "tenant-x"), ("agency-z", "tenant-x"),
        ("agency-x", "tenant-y"), ("agency-x", "tenant-z"),
    }  # fmt: skip


def test_a_cluster_that_gives_one_answer_to_everything_is_found_out():
    questions, right = own_questions("agency-x", ["x-dba"], "tenant-x")
    assert len(questions) == len(right) == len(set(questions))
    assert {True, False} == set(right)


@pytest.mark.parametrize(
    ("changes", "is_foreign"),
    [
        ({}, False),
        ({"subjects": ()}, False),
        ({"subjects": ("Group x-records-dba", "Group y-dba")}, True),
        ({"subjects": ("User x-records-dba",)}, True),
        ({"subjects": ("ServiceAccount tenant-y/robot",)}, True),
        ({"role": "ClusterRole admin"}, True),
        ({"role": f"Role {AGENCY_ROLE}"}, True),
        ({"namespace": "tenant-nobody"}, True),
    ],
)
def test_bindings_that_nobody_declared(changes, is_foreign):
    tenant = Tenant(agency="agency-x", groups=("x-records-dba",), namespaces=(NAMESPACE,))
    assert bool(foreign_bindings([tenant], [BINDING.model_copy(update=changes)])) is is_foreign


def test_leaks_are_all_counted_and_twenty_named():
    values = cross_values(FoundLeaks(120, 2, tuple(f"leak {number}" for number in range(30))))
    assert (values["allowed"], len(values["leaks"]), values["asked"], values["pairs"]) == (30, 20, 120, 2)
    assert cross_values(FoundLeaks(120, 2, ()))["allowed"] == 0
