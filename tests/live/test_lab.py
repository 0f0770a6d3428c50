"""The lab against its promises: security settings, outage and return, a second up, nothing left behind."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ndcops.lab import network, outage
from ndcops.lab.down import down
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.processes import find_marked
from ndcops.lab.site_start import open_api
from ndcops.lab.state import LabMode, LabState, lab_target
from ndcops.lab.status import Life, status
from ndcops.lab.up import up
from ndcops.model.errors import InvalidInput
from ndcops.toolchain.build import ensure_engine
from tests.live.conftest import small_inventory
from tests.live.waiting import wait_until
from tests.unit.lab.samples import sample_inventory, sample_pool

pytestmark = pytest.mark.live

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: lab-test}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: "!object.metadata.name.startsWith('forbidden')", message: "names are checked"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: lab-test}
spec: {policyName: lab-test, validationActions: [Deny]}
"""

POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: lab-test}
spec:
  tolerations: [{operator: Exists}]
  containers: [{name: one, image: registry.test/one, securityContext: {privileged: PRIVILEGED}}]
"""


class Kubectl:
    """The toolchain's kubectl on the lab's first site."""

    def __init__(self, kubeconfig: Path, context: str) -> None:
        self._argv = [str(ensure_engine("kube") / "kubectl"), f"--kubeconfig={kubeconfig}", f"--context={context}"]

    def run(self, *argv: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._argv, *argv], input=text, capture_output=True, text=True, timeout=60, check=False
        )

    def __call__(self, *argv: str, text: str | None = None) -> str:
        done = self.run(*argv, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def paths(lab: LabState) -> LabPaths:
    return LabPaths(lab_folder())


@pytest.fixture
def operator(lab: LabState, paths: LabPaths) -> Kubectl:
    return Kubectl(paths.kubeconfig, f"lab-{lab.sites[0].name}")


@pytest.fixture
def namespace(operator: Kubectl) -> Iterator[str]:
    operator("create", "namespace", "lab-test")
    operator("label", "namespace", "lab-test", "pod-security.kubernetes.io/enforce=baseline")
    yield "lab-test"
    operator("delete", "namespace", "lab-test", "--wait=true")


def audit_entries(paths: LabPaths, site: str) -> list[dict[str, Any]]:
    lines = (paths.site(site) / "audit" / "audit.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_site_is_whole_and_pinned(lab: LabState) -> None:
    seen = status()
    assert [site.name for site in seen.sites if not site.healthy] == []
    assert len({site.uid for site in seen.sites}) == len(seen.sites) == len(lab.sites)
    assert [cluster.uid for cluster in lab_target().clusters] == [site.uid for site in seen.sites]
    assert all(
        site.nodes == 2 * len(small_inventory().sites[index].pools) for index, site in enumerate(seen.sites)
    )
    assert sum(site.coordination_healthy is True for site in seen.sites) == min(3, len(lab.sites))


def test_definitions_are_served(operator: Kubectl) -> None:
    assert operator("get", "gatewayclasses,volumesnapshotclasses,volumereplicationclasses", "-o", "name") == ""


def test_audit_says_who_wrote_what_but_no_secret(paths: LabPaths, operator: Kubectl, namespace: str) -> None:
    operator("create", "configmap", "seen", "-n", namespace, "--from-literal=key=in-the-log")
    operator("create", "secret", "generic", "hidden", "-n", namespace, "--from-literal=key=not-in-the-log")
    entries = {
        entry["objectRef"]["name"]: entry
        for entry in audit_entries(paths, "ndc1")
        if entry["verb"] == "create"
        and entry["objectRef"].get("namespace") == namespace
        and "name" in entry["objectRef"]
    }
    assert entries["seen"]["user"]["username"] == "ndcops-operator"
    assert "ndcops:operators" in entries["seen"]["user"]["groups"]
    assert entries["seen"]["requestObject"]["data"] == {"key": "in-the-log"}
    assert "requestObject" not in entries["hidden"]
    assert "responseObject" not in entries["hidden"]


def test_secrets_are_encrypted_in_etcd_and_config_maps_are_not(
    paths: LabPaths, operator: Kubectl, namespace: str
) -> None:
    operator("create", "configmap", "clear", "-n", namespace, "--from-literal=key=readable-marker")
    operator("create", "secret", "generic", "sealed", "-n", namespace, "--from-literal=key=sealed-marker")
    assert operator("get", "secret", "sealed", "-n", namespace, "-o", "jsonpath={.data.key}") != ""

    def stored() -> bytes:
        files = [
            path
            for path in (paths.site("ndc1") / "etcd").rglob("*")
            if path.suffix in {".wal"} or path.name == "db"
        ]
        return b"".join(path.read_bytes() for path in files)

    wait_until(lambda: b"readable-marker" in stored(), "etcd wrote its log")
    data = stored()
    assert b"sealed-marker" not in data
    assert b"k8s:enc:secretbox:v1:key1:" in data


def test_pod_security_refuses_a_privileged_pod_and_kwok_runs_another(operator: Kubectl, namespace: str) -> None:
    # The operator role creates no pods: workloads do.
    administrator = Kubectl(LabPaths(lab_folder()).admin_kubeconfig, "lab-ndc1-admin")
    wait_until(
        lambda: administrator.run("get", "serviceaccount", "default", "-n", namespace).returncode == 0,
        "default account",
    )
    refused = administrator.run("apply", "-f", "-", text=POD.replace("NAME", "bad").replace("PRIVILEGED", "true"))
    assert refused.returncode != 0
    assert "violates PodSecurity" in refused.stderr
    administrator("apply", "-f", "-", text=POD.replace("NAME", "good").replace("PRIVILEGED", "false"))
    operator("wait", "pod/good", "-n", namespace, "--for=condition=Ready", "--timeout=60s")


def test_admission_policies_are_enforced(operator: Kubectl, namespace: str) -> None:
    operator("apply", "-f", "-", text=POLICY)

    def refused() -> bool:
        done = operator.run("create", "configmap", "forbidden-one", "-n", namespace, "--dry-run=server")
        return done.returncode != 0 and "names are checked" in done.stderr

    try:
        wait_until(refused, "the policy takes effect")
        operator("create", "configmap", "allowed", "-n", namespace)
    finally:
        operator("delete", "-f", "-", text=POLICY)


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("create", "clusterroles"),
        ("escalate", "clusterroles"),
        ("bind", "clusterroles"),
        ("create", "clusterrolebindings"),
        ("create", "pods"),
        ("create", "pods/exec"),
        ("delete", "nodes"),
        ("impersonate", "users"),
        ("create", "mutatingwebhookconfigurations"),
        ("create", "serviceaccounts/token"),
        ("get", "leases"),
    ],
)
def test_the_operator_may_do_nothing_beyond_its_role(operator: Kubectl, verb: str, resource: str) -> None:
    resource, _, subresource = resource.partition("/")
    asked = ("auth", "can-i", verb, resource, "-A", *([f"--subresource={subresource}"] if subresource else []))
    assert operator.run(*asked).stdout.strip() == "no"


@pytest.mark.parametrize(("role", "bound"), [("ndcops-agency", True), ("admin", False), ("cluster-admin", False)])
def test_the_operator_binds_no_role_but_the_agencies_own(operator: Kubectl, role: str, bound: bool) -> None:
    words = ("create", "rolebinding", "one", f"--clusterrole={role}", "--group=agency", "-n", "default")
    done = operator.run(*words, "--dry-run=server")
    assert (done.returncode == 0) is bound, done.stderr


def test_a_stranger_is_refused(lab: LabState, paths: LabPaths) -> None:
    ca = paths.pki("ndc1") / "ca.crt"
    argv = [
        str(ensure_engine("kube") / "kubectl"),
        f"--server={lab.sites[0].endpoint}",
        f"--certificate-authority={ca}",
    ]
    done = subprocess.run(
        [*argv, "--kubeconfig=/dev/null", "--username=x", "--password=y", "get", "namespaces"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Unauthorized" in done.stderr or "must be logged in" in done.stderr


def looked_after(lab: LabState, paths: LabPaths, since: datetime) -> bool:
    """Whether the lease of every node of the first site was renewed since then."""
    with open_api(paths, lab.sites[0]) as api:
        nodes = api.get("/api/v1/nodes")["items"]
        leases = api.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")["items"]
    renewed = [each for each in leases if datetime.fromisoformat(each["spec"]["renewTime"]) > since]
    return len(renewed) == len(nodes) > 0


def test_a_killed_site_comes_back_with_its_data(
    lab: LabState, paths: LabPaths, operator: Kubectl, namespace: str
) -> None:
    operator("create", "configmap", "kept", "-n", namespace)
    before = lab_target().clusters[0].uid

    assert outage.kill("ndc1") >= 6
    try:
        dead = status().sites[0]
        assert not dead.api_ready
        assert {process.life for process in dead.processes if process.name != network.ANCHOR} == {Life.DEAD}
        # The store elects another leader when the lost site had it.
        wait_until(
            lambda: all(site.api_ready and site.coordination_healthy for site in status().sites[1:]),
            "the other sites and their coordination members go on",
        )
    finally:
        revived = datetime.now(UTC)
        outage.revive("ndc1")

    wait_until(lambda: looked_after(lab, paths, revived), "KWOK has taken every node over", timeout_s=30)
    assert status().sites[0].uid == before
    assert operator("get", "configmap", "kept", "-n", namespace, "-o", "name") == "configmap/kept\n"
    wait_until(lambda: status().sites[0].healthy, "the site is whole again", timeout_s=120)


def test_a_second_up_heals_what_is_missing_and_leaves_the_rest(lab: LabState) -> None:
    before = {(site.name, each.name): each.pid for site in status().sites for each in site.processes}
    (scheduler,) = [each for each in status().sites[0].processes if each.name == "kube-scheduler"]
    subprocess.run(["kill", "-9", str(scheduler.pid)], check=True, timeout=10)

    up(small_inventory())

    after = {(site.name, each.name): each.pid for site in status().sites for each in site.processes}
    assert {key for key in after if after[key] != before[key]} == {("ndc1", "kube-scheduler")}
    assert all(site.healthy for site in status().sites)


def test_two_labs_coexist_and_down_leaves_nothing_of_its_own(
    lab: LabState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path))
    other = LabPaths(lab_folder())
    state = up(sample_inventory(1, sample_pool("general", 2)), mode=LabMode.LOOPBACK)
    try:
        assert state.lab_id != lab.lab_id
        assert status().sites[0].healthy
        assert all(each.startswith("https://127.0.0.1:") for each in (state.sites[0].endpoint,))
        with pytest.raises(InvalidInput, match="loopback"):
            state.require_links("partition")
    finally:
        removal = down()
    assert removal.processes >= 5
    assert find_marked(other.lab_id) == []
    assert network.lab_links(other.lab_id) == []
    assert list(tmp_path.iterdir()) == []
    assert down().nothing_to_do
    monkeypatch.undo()
    assert len(find_marked(lab.lab_id)) >= len(lab.sites) * 6
