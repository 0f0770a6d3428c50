import pytest

from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, group, node, pod

NODES = (
    node("n1", labels={"rack": "r1", "row": "a"}),
    node("n2", labels={"rack": "r1", "row": "a"}),
    node("n3", labels={"rack": "r2", "row": "a"}),
    node("n4"),
)
NAMESPACES = [{"metadata": {"name": "shop", "labels": {"zone": "public"}}}, {"metadata": {"name": "bank"}}]
NO_FRIENDS = "node(s) didn't match pod affinity rules"
OWN_RULE = "node(s) didn't match pod anti-affinity rules"
THEIR_RULE = "node(s) didn't satisfy existing pods anti-affinity rules"


def rule(kind: str, app: str = "db", key: str = "rack", **more: object) -> JsonObject:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}, **more}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def near(app: str = "db", **more: object) -> JsonObject:
    return pod(labels={"app": "web"}, affinity=rule("podAffinity", app, **more))


def far(app: str = "db", **more: object) -> JsonObject:
    return pod(labels={"app": "web"}, affinity=rule("podAntiAffinity", app, **more))


DB = pod(labels={"app": "db"})
BANK_DB = pod(labels={"app": "db"}, namespace="bank")


@pytest.mark.parametrize(
    ("standing", "wanted", "feasible", "reasons"),
    [
        (DB, near(), ("n1", "n2"), {NO_FRIENDS: 2}),
        (DB, near(key="row"), ("n1", "n2", "n3"), {NO_FRIENDS: 1}),
        (DB, near("cache"), (), {NO_FRIENDS: 4}),
        (BANK_DB, near(), (), {NO_FRIENDS: 4}),
        (BANK_DB, near(namespaces=["bank"]), ("n1", "n2"), {NO_FRIENDS: 2}),
        (BANK_DB, near(namespaceSelector={}), ("n1", "n2"), {NO_FRIENDS: 2}),
        (DB, near(namespaceSelector={"matchLabels": {"zone": "public"}}), ("n1", "n2"), {NO_FRIENDS: 2}),
        (BANK_DB, near(namespaceSelector={"matchLabels": {"zone": "public"}}), (), {NO_FRIENDS: 4}),
        # The first of a series with affinity to itself goes wherever the label is.
        (DB, near("web"), ("n1", "n2", "n3"), {NO_FRIENDS: 1}),
        (DB, far(), ("n3", "n4"), {OWN_RULE: 2}),
        (DB, far(key="row"), ("n4",), {OWN_RULE: 3}),
        (DB, far("cache"), ("n1", "n2", "n3", "n4"), {}),
        (BANK_DB, far(), ("n1", "n2", "n3", "n4"), {}),
        (far("web"), pod(labels={"app": "web"}), ("n3", "n4"), {THEIR_RULE: 2}),
        (far("web"), pod(labels={"app": "db"}), ("n1", "n2", "n3", "n4"), {}),
        (far("web", namespaces=["bank"]), pod(labels={"app": "web"}), ("n1", "n2", "n3", "n4"), {}),
        (
            far("web", namespaceSelector={"matchLabels": {"zone": "public"}}),
            pod(labels={"app": "web"}),
            ("n3", "n4"),
            {THEIR_RULE: 2},
        ),
    ],
)
def test_who_stands_next_to_whom(
    standing: JsonObject, wanted: JsonObject, feasible: tuple[str, ...], reasons: dict[str, int]
) -> None:
    verdict = cluster(*NODES, groups=[group(standing, n1=1)], namespaces=NAMESPACES).verdict(wanted)
    assert verdict.feasible_nodes == feasible
    assert verdict.reasons == reasons


def test_every_affinity_term_needs_one_friend_that_all_terms_mean() -> None:
    both = near()
    terms = both["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    terms.append(
        near("cache")["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    )
    apart = cluster(*NODES, groups=[group(DB, n1=1), group(pod(labels={"app": "cache"}), n1=1)])
    assert not apart.verdict(both).fits


def test_a_reason_is_told_once_and_affinity_goes_first() -> None:
    wanted = pod(labels={"app": "web"}, affinity={**rule("podAffinity"), **rule("podAntiAffinity")})
    verdict = cluster(*NODES, groups=[group(DB, n1=1)]).verdict(wanted)
    assert verdict.reasons == {NO_FRIENDS: 2, OWN_RULE: 2}
    assert verdict.refused_by == {"InterPodAffinity": 4}


def test_a_friend_that_was_taken_away_is_no_friend() -> None:
    base = cluster(*NODES, groups=[group(DB, n1=1)])
    gone = base.copy()
    gone.place(next(base.state.residents.groups()).shape, 0, -1)
    assert not gone.verdict(near()).fits
    assert gone.verdict(far()).feasible == 4
    assert base.verdict(near()).feasible == 2
