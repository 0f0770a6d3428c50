"""Landing zones of two agencies by their runbooks, on the lab's API servers as ndcops-operator."""

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

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]

AGENCIES = ("bo-tu-phap", "tinh-bac-ninh")
NAMESPACE = tenant_namespace("ho-tich-dien-tu")
STEPS = {
    "dossier": "an",
    "sign-agency": "an",
    "sign-centre": "binh",
    "assess": "an",
    "roadmap": "binh",
    "landing-zone": "binh",
}
"""Of the runbook, up to the landing zone, and who runs each."""
LEAK = f"create rolebinding leak --clusterrole={AGENCY_ROLE} --group=bac-ninh-dba"


@pytest.fixture(scope="module")
def agencies(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AgencyOperator]]:
    """Two sample agencies with live sources, and signers whose keys are at hand; their zones go with them."""
    folder = tmp_path_factory.mktemp("agencies")
    inventory = agency_inventory(folder, AGENCIES)
    with sample_sources(folder) as (_, services):
        operators = [AgencyOperator(agency, inventory, folder, services) for agency in AGENCIES]
        yield operators
        for one in operators:
            one.must("stack", "destroy", "--layer", "agency", "--agency", one.agency, "--yes", "--json")


def kubectl(words: str, *, site: str = "ndc2") -> "subprocess.CompletedProcess[str]":
    """As ndcops-operator."""
    program = str(ensure_engine("kube") / "kubectl")
    argv = [program, f"--kubeconfig={LabPaths(lab_folder()).kubeconfig}", f"--context=lab-{site}", *words.split()]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_two_agencies_follow_their_runbooks_and_nobody_else_gets_in(agencies: list[AgencyOperator]) -> None:
    ministry, province = agencies
    for agency in agencies:
        assert [agency.step(person) for person in STEPS.values()] == list(STEPS)
        assert set(agency.states().values()) == {"landing-zone-ready"}

    # What keeps others out is undone by hand, in three ways; the operator's own rights refuse a fourth.
    for words in (LEAK, "delete networkpolicy default-deny"):
        made = kubectl(f"{words} --namespace={NAMESPACE}")
        assert made.returncode == 0, made.stderr
    refused = kubectl(f"create rolebinding admin --clusterrole=cluster-admin --group=x --namespace={NAMESPACE}")
    assert "forbidden" in refused.stderr
    found = ministry.must("agency", "provision", ministry.agency, "--yes", "--json")
    leaks = ministry.evidence(found, "cross-tenant")[0]
    assert (leaks["allowed"] > 1, leaks["pairs"]) == (True, 2)
    assert any("tinh-bac-ninh may get secrets" in each for each in leaks["leaks"])
    assert any(f"{NAMESPACE}/leak gives" in each for each in leaks["leaks"])
    stands = ministry.evidence(found, "landing-zone")[0]
    assert any("default-deny" in each for each in stands["problems"])
    assert kubectl(f"delete rolebinding leak --namespace={NAMESPACE}").returncode == 0

    # Drift, repair and destruction, as of every other stack.
    layer = ("--layer", "agency", "--agency", ministry.agency, "--json")
    drifted = ministry.must("stack", "drift", *layer, code=5).document["drift"]
    assert [len(each["changes"]) for each in drifted] == [0, 1]
    ministry.must("stack", "repair", "--yes", *layer)
    mended = ministry.must("agency", "provision", ministry.agency, "--yes", "--json")
    assert [each["problems"] for each in ministry.evidence(mended, "landing-zone")] == [[], []]
    assert [each["allowed"] for each in ministry.evidence(mended, "cross-tenant")] == [0, 0]
    ministry.must("stack", "destroy", "--yes", *layer)
    left = kubectl("get namespace -l ndc.gov.vn/agency -o json")
    labels = [each["metadata"]["labels"] for each in json.loads(left.stdout)["items"]]
    assert {each["ndc.gov.vn/agency"] for each in labels} == {province.agency}
