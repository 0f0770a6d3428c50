"""`ndcops capacity` on saved facts: answers, exit codes, and what is refused."""

import gzip
import json
from pathlib import Path

import pytest

from ndcops.adapters.inventory_files import read_inventory
from ndcops.adapters.snapshot_files import SnapshotFiles
from ndcops.capacity.plan.demand import Demand
from ndcops.capacity.run import Questions
from ndcops.lab.scratch import ScratchScheduler
from ndcops.model.errors import ExitCode, InvalidInput
from ndcops.model.site import Site
from ndcops.model.snapshot import Unread
from tests.cli.conftest import REPOSITORY, Run
from tests.cli.saved_facts import save_facts

PRICES = REPOSITORY / "tests" / "unit" / "model" / "prices.yaml"
SMALL = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ndc-public}
spec:
  replicas: REPLICAS
  template:
    spec:
      containers:
        - name: web
          resources: {requests: {cpu: CPU, memory: 1Gi}}
"""


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_facts(REPOSITORY / "inventory", tmp_path_factory.mktemp("facts") / "facts.json.gz")


def _workload(folder: Path, *, replicas: str = "3", cpu: str = "2") -> str:
    path = folder / "web.yaml"
    path.write_text(SMALL.replace("REPLICAS", replicas).replace("CPU", cpu))
    return str(path)


def test_show_tells_what_is_left_of_every_site(ndcops: Run, facts: Path) -> None:
    rooms = ndcops("capacity", "show", "--snapshot", str(facts), "--json").document["sites"]
    assert [each["site"] for each in rooms] == ["ndc1", "ndc2", "ndc3"]
    cpu = next(each for each in rooms[0]["total"]["amounts"] if each["resource"] == "cpu")
    assert 0 < cpu["requested"] < cpu["allocatable"]
    assert {each["name"] for each in rooms[0]["pools"]} >= {"general", "gpu"}
    assert ndcops("capacity", "show", "--snapshot", str(facts), "--site", "ndc2").code == ExitCode.DONE


def test_fit_says_where_and_why_not(ndcops: Run, facts: Path, tmp_path: Path) -> None:
    small = _workload(tmp_path)
    assert ndcops("capacity", "fit", "-f", small, "--snapshot", str(facts)).code == ExitCode.DONE
    too_large = ndcops("capacity", "fit", "-f", _workload(tmp_path, cpu="500"), "--snapshot", str(facts), "--json")
    assert too_large.code == ExitCode.DIFFERENCES
    message = too_large.document["sites"][0]["placements"][0]["message"]
    assert message.startswith("0/145 nodes are available: ")
    assert "Insufficient cpu" in message


def test_fit_of_a_service_and_of_a_dossier(ndcops: Run, facts: Path) -> None:
    saved = ("--snapshot", str(facts))
    assert ndcops("capacity", "fit", "--service", "identity", *saved).code == ExitCode.DONE
    unknown = ndcops("capacity", "fit", "--service", "no-such", *saved)
    assert (unknown.code, "no service is called 'no-such'" in unknown.err) == (ExitCode.USAGE, True)


def test_survive_names_what_lacks(ndcops: Run, facts: Path) -> None:
    ended = ndcops("capacity", "survive", "--snapshot", str(facts), "--json")
    assert ended.code == ExitCode.DIFFERENCES
    first = ended.document["lost_sites"][0]
    assert (first["lost"], first["survives"]) == ("ndc1", False)
    assert first["limiting"]["reason"] == "Insufficient nvidia.com/gpu"
    assert ndcops("capacity", "survive", "--snapshot", str(facts), "--site", "ndc2").code == ExitCode.DONE
    fed = ndcops("capacity", "survive", "--feeds", "--snapshot", str(facts), "--site", "ndc2", "--json").document
    assert all(loss["survives"] and loss["shortfall_w"] == 0 for loss in fed["lost_feeds"])
    assert fed["lost_feeds"][0]["place"] == "ndc2"


def test_buy_from_a_price_list(ndcops: Run, facts: Path) -> None:
    ended = ndcops("capacity", "buy", "--prices", str(PRICES), "--snapshot", str(facts), "--json")
    assert ended.code == ExitCode.DONE, ended.err
    assert ended.document["purchase"]["gap"] <= 0.01


def test_forecast_from_a_csv(ndcops: Run, facts: Path, tmp_path: Path) -> None:
    rows = ["site,resource,time,value"]
    for day in range(200):
        stamp = f"2026-{4 + day // 30:02d}-{1 + day % 30:02d}T00:00:00Z"
        rows.append(f"ndc1,cpu,{stamp},{1000 + 5 * day}")
    history = tmp_path / "history.csv"
    history.write_text("\n".join(rows) + "\n")
    ended = ndcops("capacity", "forecast", "--history", str(history), "--snapshot", str(facts), "--json")
    assert ended.code == ExitCode.DONE, ended.err
    (only,) = ended.document["forecasts"]
    assert only["series"]["site"] == "ndc1"
    assert only["outlook"] in ("exhausts", "may-exhaust", "lasts")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("fit",), "no question"),
        (("fit", "--service", "identity", "--dossier", "x"), "several questions"),
        (("fit", "--dossier", "no-such"), "no dossier is called 'no-such'"),
        (("fit", "--wave", "w1"), "--wave needs the file of planned waves"),
        (("forecast",), "one source of usage is needed"),
        (("show", "--site", "ndc9"), "no facts of site 'ndc9'"),
    ],
)
def test_a_question_that_is_none(ndcops: Run, facts: Path, words: tuple[str, ...], expected: str) -> None:
    ended = ndcops("capacity", *words, "--snapshot", str(facts))
    assert ended.code == ExitCode.USAGE
    assert expected in ended.err


@pytest.mark.parametrize(
    ("replicas", "cpu", "expected"),
    [
        ("3", "1.5Gi2", "'1.5Gi2' is not a quantity"),
        ("-1", "1", "spec.replicas is -1"),
        ("3", "'-2'", "less than nothing of cpu"),
    ],
)
def test_a_workload_that_is_none(
    ndcops: Run, facts: Path, tmp_path: Path, replicas: str, cpu: str, expected: str
) -> None:
    path = _workload(tmp_path, replicas=replicas, cpu=cpu)
    ended = ndcops("capacity", "fit", "-f", path, "--snapshot", str(facts))
    assert ended.code == ExitCode.USAGE
    assert expected in ended.err


def test_a_snapshot_that_cannot_be_trusted(ndcops: Run, facts: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(facts.read_bytes()[:-200])
    assert ndcops("capacity", "show", "--snapshot", str(cut)).code == ExitCode.USAGE
    newer = tmp_path / "newer.json.gz"
    document = json.loads(gzip.decompress(facts.read_bytes()))
    newer.write_bytes(gzip.compress(json.dumps({**document, "apiVersion": "ndcops/v9"}).encode()))
    ended = ndcops("capacity", "show", "--snapshot", str(newer))
    assert ended.code == ExitCode.USAGE
    assert "ndcops capacity show --save" in ended.err


def test_facts_that_may_not_be_read_are_a_refusal(ndcops: Run, inventory: Path, tmp_path: Path) -> None:
    path = save_facts(inventory, tmp_path / "facts.json.gz", {"resourcequotas": Unread.FORBIDDEN})
    ended = ndcops("capacity", "survive", "--snapshot", str(path))
    assert ended.code == ExitCode.REFUSED
    assert "ndc1: resourcequotas" in ended.err


def test_a_page_from_saved_facts(ndcops: Run, facts: Path, tmp_path: Path) -> None:
    page = tmp_path / "capacity.html"
    ended = ndcops("capacity", "report", "-o", str(page), "--prices", str(PRICES), "--snapshot", str(facts))
    assert ended.code == ExitCode.DONE, ended.err
    text = page.read_text()
    assert "NDC3" in text.upper()
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_verify_of_what_a_site_lacks_is_said(facts: Path) -> None:
    questions = Questions(read_inventory(REPOSITORY / "inventory"), SnapshotFiles().open(facts))

    def lacking(site: Site) -> tuple[Demand, ...]:
        raise LookupError(f"site '{site.name}' has no pool 'arm'")

    with pytest.raises(InvalidInput, match="site 'ndc2' has no pool 'arm'"):
        questions.verified(["ndc2"], lacking, ScratchScheduler(), lambda _: None)
