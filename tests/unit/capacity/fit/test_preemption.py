import pytest

from ndcops.capacity.plan.fit import Cluster, Verdict
from ndcops.capacity.plan.fit.verdict import Eviction
from ndcops.model.record import JsonObject
from tests.unit.capacity.builders import cluster, container, group, node, pod, pods_on

URGENT = 900


def standing(app: str, cpu: str, priority: int = 0, **spec: object) -> JsonObject:
    return pod(cpu, labels={"app": app}, priority=priority, **spec)


def budget(app: str, allowed: int, namespace: str = "shop", selector: JsonObject | None = None) -> JsonObject:
    return {
        "metadata": {"name": app, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": app}} if selector is None else selector},
        "status": {"disruptionsAllowed": allowed},
    }


def ask(found: Cluster, cpu: str = "2", **spec: object) -> Verdict:
    return found.verdict(pod(cpu, **{"priority": URGENT, **spec}), preempt=True)


def evicted(verdict: Verdict) -> tuple[str, dict[str, int], int]:
    assert verdict.preemption is not None
    counts = {each.labels["app"]: each.count for each in verdict.preemption.evictions}
    return verdict.preemption.node, counts, verdict.preemption.breaks_budgets


def test_no_more_go_than_must() -> None:
    found = cluster(node("n1"), groups=[group(standing("batch", "1"), n1=4)])
    verdict = ask(found)
    assert not verdict.fits
    assert verdict.preemption is not None
    assert verdict.preemption.evictions == (Eviction("shop", {"app": "batch"}, 0, 2),)
    assert pods_on(found) == {"n1": 4}
    assert ask(found) == verdict


def test_the_lowest_go_first() -> None:
    groups = [group(standing("low", "2", 1), n1=1), group(standing("high", "2", 5), n1=1)]
    assert evicted(ask(cluster(node("n1"), groups=groups))) == ("n1", {"low": 1}, 0)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        # Fewest broken budgets, lowest priority, then fewest pods.
        ([(standing("safe", "4"), "n1"), (standing("batch", "4", 9), "n2")], "n2"),
        ([(standing("batch", "4", 9), "n1"), (standing("other", "4", 3), "n2")], "n2"),
        ([(standing("batch", "4"), "n1"), (standing("other", "4"), "n2")], "n1"),
    ],
)
def test_the_cheapest_node(groups: list[tuple[JsonObject, str]], expected: str) -> None:
    standing_groups = [group(template, **{name: 1}) for template, name in groups]
    found = cluster(node("n1"), node("n2"), groups=standing_groups, poddisruptionbudgets=[budget("safe", 0)])
    assert evicted(ask(found))[0] == expected


def test_fewer_evictions_win() -> None:
    groups = [group(standing("small", "1"), n1=4), group(standing("large", "4"), n2=1)]
    assert evicted(ask(cluster(node("n1"), node("n2"), groups=groups))) == ("n2", {"large": 1}, 0)


@pytest.mark.parametrize(
    ("budgets", "expected"),
    [
        ([], ("n1", {"b": 2}, 0)),
        ([budget("b", 0)], ("n1", {"a": 2}, 0)),
        ([budget("b", 1)], ("n1", {"a": 1, "b": 1}, 0)),
        ([budget("a", 0), budget("b", 0)], ("n1", {"b": 2}, 2)),
        ([budget("b", 0, namespace="bank")], ("n1", {"b": 2}, 0)),
        ([budget("b", 0, selector={})], ("n1", {"b": 2}, 0)),
    ],
)
def test_pods_that_a_budget_protects_stay_if_they_can(
    budgets: list[JsonObject], expected: tuple[str, dict[str, int], int]
) -> None:
    groups = [group(standing("a", "1"), n1=2), group(standing("b", "1"), n1=2)]
    assert evicted(ask(cluster(node("n1"), groups=groups, poddisruptionbudgets=budgets))) == expected


@pytest.mark.parametrize(
    ("found", "spec"),
    [
        (cluster(node("n1"), groups=[group(standing("batch", "4"), n1=1)]), {"preemptionPolicy": "Never"}),
        (cluster(node("n1"), groups=[group(standing("equal", "4", URGENT), n1=1)]), {}),
        (cluster(node("n1", cordoned=True), groups=[group(standing("batch", "4"), n1=1)]), {}),
        (cluster(node("n1", cpu="1"), groups=[group(standing("batch", "1"), n1=1)]), {}),
        (cluster(node("n1", cpu="3"), groups=[group(standing("high", "2", 999), n1=1)]), {}),
    ],
)
def test_evictions_that_would_not_help(found: Cluster, spec: dict[str, object]) -> None:
    verdict = ask(found, **spec)
    assert (verdict.fits, verdict.preemption) == (False, None)


def test_evictions_free_ports() -> None:
    port = [container(requests={"cpu": "1"}, ports=[{"hostPort": 80}])]
    found = cluster(node("n1"), groups=[group(standing("old", "1", containers=port), n1=1)])
    assert evicted(ask(found, containers=port)) == ("n1", {"old": 1}, 0)


def test_nobody_is_evicted_for_a_pod_that_fits_or_that_was_not_asked_for() -> None:
    found = cluster(node("n1"), groups=[group(standing("batch", "2"), n1=1)])
    assert ask(found).preemption is None
    assert found.verdict(pod("4", priority=URGENT)).preemption is None
