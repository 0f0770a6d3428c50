"""Diff shows what changes and nothing else: no drift from defaults, zero values or canonical forms."""

from typing import Any

import pytest

from ndcops.provider.diff import Change, compare, diff_object
from ndcops.provider.property_path import concrete_paths, format_path, parse_path
from ndcops.provider.settings import Settings
from ndcops.provider.state import outputs
from ndcops.provider.wire import UNKNOWN


def _config_map(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}, **fields}


def _deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x", "namespace": "d"},
        "spec": spec,
    }


def _recorded(inputs: dict[str, Any], live: dict[str, Any] | None = None) -> dict[str, Any]:
    return outputs(inputs, live or inputs, "ndcops-1", inputs["apiVersion"])


def _diff(inputs: dict[str, Any], live: dict[str, Any], news: dict[str, Any], *ignored: str) -> dict[str, Change]:
    found = diff_object(_recorded(inputs, live), news, ignored, Settings())
    return {format_path(path): change for path, change in found.changes.items()}


def test_server_defaults_are_no_difference() -> None:
    wish = _deployment(
        replicas=1, template={"spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1000m"}}}]}}
    )
    live = _deployment(
        replicas=1,
        strategy={"type": "RollingUpdate"},
        template={
            "spec": {
                "dnsPolicy": "ClusterFirst",
                "containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}],
            }
        },
    )
    assert _diff(wish, live, wish) == {}


@pytest.mark.parametrize("zero", [False, 0, "", [], {}, None])
def test_a_zero_value_that_the_server_left_out_is_no_difference(zero: object) -> None:
    wish = _deployment(field=zero)
    assert _diff(wish, _deployment(), wish) == {}


def test_false_newly_wished_is_a_difference() -> None:
    assert _diff(_deployment(), _deployment(), _deployment(automount=False)) == {"spec.automount": Change.ADD}


def test_what_the_official_plugin_recorded_gives_no_difference() -> None:
    official = _deployment(template={"spec": {"containers": [{"name": "c"}]}})
    news = _deployment(template={"spec": {"hostNetwork": False, "containers": [{"name": "c", "tty": False}]}})
    assert _diff(official, official, news) == {}


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (_config_map(data={"a": "changed"}), {"data.a": Change.UPDATE}),
        (_config_map(data={}), {"data.a": Change.ADD}),
        (_config_map(), {"data": Change.ADD}),
        (_config_map(data={"a": "1", "by-hand": "2"}), {}),
    ],
    ids=["changed", "removed", "all removed", "added keys are not ours"],
)
def test_drift_of_our_fields_shows(live: dict, expected: dict) -> None:
    wish = _config_map(data={"a": "1"})
    assert _diff(wish, live, wish) == expected


def test_a_rule_added_by_hand_to_a_list_shows() -> None:
    wish = {
        **_config_map(),
        "kind": "Role",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "rules": [{"verbs": ["get"]}],
    }
    live = {**wish, "rules": [{"verbs": ["get", "delete"]}, {"verbs": ["*"]}]}
    assert _diff(wish, live, wish) == {"rules[0].verbs[1]": Change.DELETE, "rules[1]": Change.DELETE}


def test_what_admission_appends_to_pods_is_no_difference() -> None:
    wish = {**_config_map(), "kind": "Pod", "spec": {"volumes": [{"name": "a"}]}}
    live = {**wish, "spec": {"volumes": [{"name": "a"}, {"name": "kube-api-access"}]}}
    assert _diff(wish, live, wish) == {}


def test_ignored_paths_are_left_out() -> None:
    wish, live = _deployment(replicas=1, a=1), _deployment(replicas=5, a=2)
    assert _diff(wish, live, wish, "spec.replicas") == {"spec.a": Change.UPDATE}
    assert _diff(wish, live, wish, "spec.*") == {}


def test_unknown_values_are_updates() -> None:
    assert dict(compare({"a": "1"}, {"a": UNKNOWN, "b": UNKNOWN})) == {("a",): Change.UPDATE, ("b",): Change.ADD}


def test_true_and_one_differ() -> None:
    assert dict(compare({"a": True, "b": "1"}, {"a": 1, "b": 1})) == {("a",): Change.UPDATE, ("b",): Change.UPDATE}


def test_the_old_state_form_of_the_official_plugin_is_read() -> None:
    wish = _config_map(data={"a": "1"})
    assert diff_object({"inputs": wish, "live": wish}, wish, (), Settings()).changes == {}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "ports", 0, "port"), "spec.ports[0].port"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]'),
        (("data", 'quo"te'), r'data["quo\"te"]'),
    ],
)
def test_paths_are_spelt_as_the_engine_does(path: tuple, text: str) -> None:
    assert format_path(path) == text
    assert parse_path(text) == path


def test_star_stands_for_every_part() -> None:
    value = {"spec": {"ports": [{"port": 1}, {"port": 2}]}}
    assert list(concrete_paths(value, parse_path("spec.ports[*].port"))) == [
        ("spec", "ports", 0, "port"),
        ("spec", "ports", 1, "port"),
    ]


@pytest.mark.parametrize("text", ["a[", "a[x]", 'a["b'])
def test_refuses_malformed_paths(text: str) -> None:
    with pytest.raises(ValueError, match="no property path"):
        parse_path(text)
