"""Check completes, refuses and marks."""

from typing import Any

import pytest

from ndcops.model.errors import NdcopsError
from ndcops.provider.annotations import AUTONAMED, TIMEOUT_SECONDS, timeout_s
from ndcops.provider.autoname import Autonaming, Naming
from ndcops.provider.check import Checked, Identity, check_object
from ndcops.provider.discovery import Discovery
from ndcops.provider.errors import Unreachable
from ndcops.provider.wire import UNKNOWN, Properties

SEED = b"seed of the engine"


def _no_cluster(path: str, accept: str) -> Any:
    raise Unreachable("no cluster")


def _check(
    news: dict[str, Any],
    token: str = "kubernetes:core/v1:ConfigMap",
    olds: dict[str, Any] | None = None,
    autonaming: Autonaming | None = None,
    *,
    secret: Any = False,
    unknown: bool = False,
    discovery: Discovery | None = None,
) -> Checked:
    return check_object(
        Identity(token, "Portal"),
        Properties(news, secret, unknown),
        olds or {},
        SEED,
        autonaming,
        lambda: discovery or Discovery(_no_cluster),
        lambda: "home",
    )


def _config_map(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def test_names_come_from_the_resource_and_the_seed_alone() -> None:
    first, second = _check(_config_map()), _check({"apiVersion": "v1", "kind": "ConfigMap"})
    name = first.inputs["metadata"]["name"]
    assert name.startswith("portal-")
    assert len(name) == len("portal-") + 8
    assert first.inputs["metadata"]["annotations"] == {AUTONAMED: "true"}
    assert second.inputs["metadata"]["name"] == name


def test_a_generated_name_is_kept_and_a_chosen_one_wins() -> None:
    old = _check(_config_map()).inputs
    renamed = {**old, "metadata": {**old["metadata"], "name": "portal-1234"}}
    assert _check(_config_map(), olds=renamed).inputs["metadata"]["name"] == "portal-1234"
    chosen = _check(_config_map(name="mine"), olds=renamed).inputs
    assert chosen["metadata"] == {"name": "mine", "namespace": "home"}


def test_a_name_that_a_person_chose_before_is_not_kept_as_generated() -> None:
    assert _check(_config_map(), olds=_config_map(name="mine")).inputs["metadata"]["name"] != "mine"


@pytest.mark.parametrize("mode", [Naming.PROPOSE, Naming.ENFORCE])
def test_the_engine_s_pattern_is_used(mode: Naming) -> None:
    assert (
        _check(_config_map(), autonaming=Autonaming(mode, "ndc1-portal")).inputs["metadata"]["name"]
        == "ndc1-portal"
    )


@pytest.mark.parametrize(
    ("metadata", "autonaming", "reason"),
    [({}, Autonaming(Naming.DISABLE, ""), "switched off"), ({"generateName": "a-"}, None, "server-side apply")],
)
def test_names_that_cannot_be_made_are_refused(metadata: dict, autonaming: Autonaming | None, reason: str) -> None:
    (failure,) = _check(_config_map(**metadata), autonaming=autonaming).failures
    assert failure[0] == "metadata.name"
    assert reason in failure[1]


@pytest.mark.parametrize(
    ("token", "news", "reason"),
    [
        ("kubernetes:core/v1:ConfigMap", {"kind": "ConfigMap"}, "required"),
        ("kubernetes:core/v1:ConfigMapPatch", _config_map(name="a"), "official plugin"),
        (
            "kubernetes:core/v1:ConfigMapList",
            {"apiVersion": "v1", "kind": "ConfigMapList", "items": []},
            "one by one",
        ),
        ("kubernetes:helm.sh/v3:Release", {"chart": "x"}, "official"),
        ("kubernetes:core/v1:ConfigMap", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": "x"}, "mapping"),
    ],
)
def test_what_cannot_be_served_is_refused(token: str, news: dict, reason: str) -> None:
    assert reason in _check(news, token).failures[0][1]


def test_the_default_namespace_goes_to_namespaced_kinds_only() -> None:
    assert _check(_config_map(name="a")).inputs["metadata"]["namespace"] == "home"
    assert _check(_config_map(name="a", namespace="b")).inputs["metadata"]["namespace"] == "b"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    assert "namespace" not in _check(namespace).inputs["metadata"]


def test_a_definition_of_the_program_tells_the_scope_of_its_objects() -> None:
    discovery = Discovery(_no_cluster)
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "w"},
        "spec": {"group": "e.org", "scope": "Cluster", "names": {"kind": "Wide"}, "versions": [{"name": "v1"}]},
    }
    _check(definition, discovery=discovery)
    wide = {"apiVersion": "e.org/v1", "kind": "Wide", "metadata": {"name": "a"}}
    assert "namespace" not in _check(wide, discovery=discovery).inputs["metadata"]
    stranger = {**wide, "kind": "Stranger"}
    assert _check(stranger, discovery=discovery).inputs["metadata"]["namespace"] == "home"


def test_secret_content_is_always_secret() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": "v"}}
    assert _check(secret).secret == {"data": True}
    assert _check(secret, secret={"stringData": {"k": True}}).secret == {"data": True}


def test_secrets_of_the_program_stay_secret_by_path() -> None:
    assert _check(_config_map(name="a"), secret={"metadata": {"name": True}}).secret == {
        "metadata": {"name": True}
    }


def test_unknown_values_pass() -> None:
    checked = _check({**_config_map(name=UNKNOWN), "data": {"a": UNKNOWN}}, unknown=True)
    assert checked.inputs["data"] == {"a": UNKNOWN}
    assert checked.inputs["metadata"]["name"] is UNKNOWN


@pytest.mark.parametrize(("annotation", "custom", "expected"), [("", 0, 600), ("30", 0, 30), ("30", 7, 7)])
def test_time_out_order(annotation: str, custom: float, expected: float) -> None:
    assert timeout_s(_config_map(annotations={TIMEOUT_SECONDS: annotation}), custom) == expected


@pytest.mark.parametrize("annotation", ["soon", "-1", "inf", "nan"])
def test_refuses_a_time_out_that_is_no_time(annotation: str) -> None:
    with pytest.raises(NdcopsError, match="timeoutSeconds"):
        timeout_s(_config_map(annotations={TIMEOUT_SECONDS: annotation}), 0)
