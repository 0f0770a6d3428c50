"""Landing zones of two agencies on the lab's API servers, as ndcops-operator: made, proven, mended."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.state import LabState
from ndcops.model.object_names import AGENCY_ROLE, tenant_namespace
from ndcops.toolchain.build import ensure_engine
from tests.live.agency_operator import AgencyOperator, agency_inventory
from tests.sample_sources import sample_sources

pytestmark = [pytest.mark.live, pytest.mark.slow]

AGENCIES = ("bo-tu-phap", "tinh-bac-ninh")
NAMESPACE = tenant_namespace("ho-tich-dien-tu")
LEAK = f"create rolebinding leak --clusterrole={AGENCY_ROLE} --group=bac-ninh-dba"


@pytest.fixture(scope="module")
def agencies(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AgencyOperator]]:
    """Both planned, and provisioned but for what the tests do."""
    folder = tmp_path_factory.mktemp("agencies")
    inventory = agency_inventory(folder, AGENCIES)
    with sample_sources(folder) as (_, services):
        yield [AgencyOperator(agency, inventory, folder, services) for agency in AGENCIES]


def kubectl(words: str, *, site: str = "ndc2", person: str = "") -> "subprocess.CompletedProcess[str]":
    """As ndcops-operator, or asked what a person's groups may do."""
    program = str(ensure_engine("kube") / "kubectl")
    argv = [program, f"--kubeconfig={LabPaths(lab_folder()).kubeconfig}", f"--context=lab-{site}", *words.split()]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_agencies_get_zones_that_let_nobody_else_in(agencies: list[AgencyOperator]) -> None:
    ministry, province = agencies
    ministry.until_planned()
    done = ministry.must("agency", "provision", ministry.agency, "--yes", "--json")
    assert set(done.document["done"]) == {f"landing zone {ministry.agency} at {site}" for site in ("ndc1", "ndc2")}
    assert [each["problems"] for each in ministry.evidence(done, "landing-zone")] == [[], []]
    assert set(ministry.states().values()) == {"landing-zone-ready"}

    province.until_planned()
    done = province.must("agency", "provision", province.agency, "--yes", "--json")
    for values in province.evidence(done, "cross-tenant"):
        assert (values["allowed"], values["pairs"]) == (0, 2)
        assert values["asked"] > 0
    assert set(province.states().values()) == {"landing-zone-ready"}

    # A binding to the other agency's group, made by hand past the inventory: every way to look finds it.
    made = kubectl(f"{LEAK} --namespace={NAMESPACE}")
    assert made.returncode == 0, made.stderr
    found = ministry.must("agency", "provision", ministry.agency, "--yes", "--json")
    (leaks, _) = ministry.evidence(found, "cross-tenant")
    assert leaks["allowed"] > 1
    assert any("tinh-bac-ninh may get secrets" in each for each in leaks["leaks"])
    assert kubectl(f"delete rolebinding leak --namespace={NAMESPACE}").returncode == 0

    # The operator cannot give more than the one role, nor may the agency's own groups undo what keeps others out.
    refused = kubectl(f"create rolebinding admin --clusterrole=cluster-admin --group=x --namespace={NAMESPACE}")
    assert "forbidden" in refused.stderr

    # Drift, repair and destruction, as of every other stack.
    assert kubectl(f"delete networkpolicy default-deny --namespace={NAMESPACE}").returncode == 0
    shut = ministry.must("agency", "provision", ministry.agency, "--yes", "--json")
    assert any("default-deny" in each for each in ministry.evidence(shut, "landing-zone")[0]["problems"])
    layer = ("--layer", "agency", "--agency", ministry.agency, "--json")
    drifted = ministry.must("stack", "drift", *layer, code=5).document["drift"]
    assert [len(each["changes"]) for each in drifted] == [0, 1]
    ministry.must("stack", "repair", "--yes", *layer)
    ministry.must("stack", "drift", *layer)
    assert ministry.must("stack", "destroy", "--layer", "agency", "--yes", "--json", code=2).document["error"]
    ministry.must("stack", "destroy", "--yes", *layer)
    assert "NotFound" in kubectl(f"get namespace {NAMESPACE}").stderr
    left = kubectl("get namespace -l ndc.gov.vn/agency -o json")
    assert {each["metadata"]["labels"]["ndc.gov.vn/agency"] for each in json.loads(left.stdout)["items"]} == {
        province.agency
    }
