"""What the lab applies: heads of manifests, the operator's least privilege, the audit policy's silence."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ndcops.lab.manifests import lab_roles, read_definitions, read_manifests
from ndcops.model.errors import NdcopsError
from ndcops.model.object_names import AGENCY_ROLE

DEFINITION = """
# published with a licence comment
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations: {first: a, second: [b, {name: no}]}
  labels:
    name: neither
  name: things.example.org
spec:
  names: [{kind: Wrong, apiVersion: wrong}]
  description: |
    text
---
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: reader}
kind: ClusterRole
"""


def test_heads_are_read_whatever_their_order_and_neighbours() -> None:
    manifests = read_manifests(DEFINITION, "test")
    assert [each.path for each in manifests] == [
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.org",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/reader",
    ]
    assert "description: |" in manifests[0].text


@pytest.mark.parametrize(
    "text",
    [
        "kind: [",
        "just text",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}",
        "kind: ClusterRole\nmetadata: {}",
    ],
)
def test_what_the_lab_cannot_apply_is_named(text: str) -> None:
    with pytest.raises(NdcopsError, match=r"crds/broken\.yaml"):
        read_manifests(text, "crds/broken.yaml")


@given(text=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        manifests = read_manifests(text, "fuzz")
    except NdcopsError:
        return
    assert all(each.name for each in manifests)


def test_a_folder_without_definitions_is_refused(tmp_path) -> None:
    with pytest.raises(NdcopsError, match="definitions are missing"):
        read_definitions(tmp_path)


def documents(resource: str) -> list[dict]:
    return list(YAML(typ="safe").load_all((files("ndcops") / resource).read_text()))


def test_the_operator_holds_no_wildcard_and_cannot_grant_rights() -> None:
    role, binding, agency = documents("adapters/kubernetes_api/operator_role.yaml")
    for rule in role["rules"]:
        everything = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert not everything & {"*", "escalate", "impersonate"}
        if "rbac.authorization.k8s.io" in everything and rule["resources"] != ["rolebindings"]:
            assert (rule["resources"], rule["verbs"]) == (["clusterroles"], ["bind"])
            assert rule["resourceNames"] == [agency["metadata"]["name"]] == [AGENCY_ROLE]
        assert "nonResourceURLs" not in rule
        subresources = {each for each in rule["resources"] if each.startswith(("pods/", "nodes/"))}
        assert subresources <= {"pods/eviction"}, "no shell, no proxy, no status: only a drain's evictions"
        if set(rule["resources"]) & {"nodes", "pods", "customresourcedefinitions"}:
            assert rule["verbs"] in (["get", "list", "watch"], ["patch"])
            assert rule["verbs"] != ["patch"] or rule["resources"] == ["nodes"], "a cordon patches nodes alone"
    assert [subject["name"] for subject in binding["subjects"]] == ["ndcops:operators"]
    assert {each.name for each in lab_roles()} == {
        "ndcops-operator",
        "ndcops-operators",
        "ndcops-agency",
        "ndcops-lab-kwok",
        "ndcops-lab-players",
    }


def test_an_agency_s_groups_change_nothing_that_keeps_agencies_apart() -> None:
    *_, agency = documents("adapters/kubernetes_api/operator_role.yaml")
    for rule in agency["rules"]:
        assert not {*rule["apiGroups"], *rule["resources"], *rule["verbs"]} & {
            "*",
            "bind",
            "escalate",
            "impersonate",
        }
        assert not set(rule["resources"]) & {
            "pods/exec",
            "pods/attach",
            "pods/portforward",
            "serviceaccounts/token",
        }
        assert "rbac.authorization.k8s.io" not in rule["apiGroups"]
        if set(rule["resources"]) & {"networkpolicies", "resourcequotas", "limitranges"}:
            assert rule["verbs"] == ["get", "list", "watch"]


@pytest.mark.parametrize(
    ("group", "resource"),
    [("", "secrets"), ("", "serviceaccounts/token"), ("authentication.k8s.io", "tokenreviews")],
)
def test_the_audit_log_never_holds_secrets(group: str, resource: str) -> None:
    (policy,) = documents("lab/manifests/audit_policy.yaml")
    for rule in policy["rules"]:
        if any(each["group"] == group and resource in each["resources"] for each in rule.get("resources", [])):
            assert rule["level"] == "Metadata"
            return
        assert "RequestResponse" not in rule["level"], "bodies are written before secrets are left out"
    pytest.fail(f"no rule for {resource}")
