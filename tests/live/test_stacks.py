"""The main job on one site of the lab, as ndcops-operator: apply, drift, refusals, and every way to be cut off.

Each test makes the state that it needs; `up` and `destroy` are repeatable, so the order costs time only.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ndcops.lab import outage
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.state import LabState, lab_target
from ndcops.lab.status import status
from ndcops.model.object_names import zone_namespace
from ndcops.toolchain.build import ensure_engine
from tests.conftest import small_disk
from tests.live.site_operator import Operator, crash_and_converge, paused_engine, tiny_inventory
from tests.live.unproven_clusters import bad_token, production
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live

SEED = 3
CRASHES = 2
LAYER = "network"
UP = ("stack", "up", "--yes", "--json")
UP_ONE = (*UP, "--layer", LAYER)
NAMESPACE = zone_namespace("soc")


@pytest.fixture(scope="module")
def operator(lab: LabState, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    target = lab_target()
    inventory = tiny_inventory(tmp_path_factory.mktemp("tiny") / "inventory")
    one = Operator(inventory, target.state_dir, target.clusters[0].kubeconfig)
    yield one
    one.must("stack", "destroy", "--yes")
    assert one.living() == {}


@pytest.fixture
def applied(operator: Operator) -> Operator:
    """With the first layer applied; what holds for one layer holds for all."""
    operator.must(*UP_ONE)
    return operator


@pytest.fixture
def empty(operator: Operator) -> Operator:
    operator.must("stack", "destroy", "--yes")
    return operator


def test_up_then_nothing_to_do_then_destroy(empty: Operator) -> None:
    assert empty.run("stack", "preview", "--json").code == 5
    first = empty.must(*UP).document
    assert list(first["done"]) == ["network/ndc1", "storage/ndc1", "compute/ndc1"]
    empty.assert_one_of_each()
    second = empty.must(*UP).document
    assert (second["plan"]["steps"], second["done"]) == ([], {})
    preview = empty.must("stack", "preview", "--json").document["preview"]
    assert [each["changes"] for each in preview] == [[], [], []]
    assert empty.must("stack", "drift", "--json").document["drift"]
    assert empty.must("stack", "outputs", "--layer", "network").document["network/ndc1"]

    empty.must("stack", "destroy", "--yes")
    assert empty.living() == {}
    assert empty.recorded() == set()
    assert empty.must("stack", "destroy", "--yes", "--json").document["done"] == {}


def test_an_edit_by_hand_is_found_with_its_writer_and_repaired(applied: Operator) -> None:
    label = "pod-security.kubernetes.io/warn"
    before = applied.kubectl(
        "get", "namespace", NAMESPACE, "-o", f"jsonpath={{.metadata.labels.{_escaped(label)}}}"
    )
    applied.kubectl(
        "label", "namespace", NAMESPACE, f"{label}=privileged", "--overwrite", "--field-manager=night-shift"
    )
    found = applied.must("stack", "drift", "--json", code=5).document["drift"]
    (changed,) = [each for each in found if each["changes"]]
    (change,) = changed["changes"]
    assert (changed["stack"]["layer"], change["operation"]) == ("network", "update")
    assert (change["object"]["kind"], change["object"]["name"]) == ("Namespace", NAMESPACE)
    assert any(label in path for path in change["paths"]), change["paths"]
    assert change["writers"][0]["manager"] == "night-shift"

    repaired = applied.must("stack", "repair", "--yes", "--json").document
    assert list(repaired["done"]) == ["network/ndc1"]
    applied.must("stack", "drift")
    after = applied.kubectl(
        "get", "namespace", NAMESPACE, "-o", f"jsonpath={{.metadata.labels.{_escaped(label)}}}"
    )
    assert after == before != "privileged"


def _escaped(label: str) -> str:
    return label.replace(".", r"\.")


def test_plain_pulumi_works_in_the_stack_s_folder(applied: Operator) -> None:
    folder = applied.pulumi_dir / "work" / applied.site / LAYER
    environment = {
        **os.environ,
        "PULUMI_HOME": str(applied.pulumi_dir / "home"),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(applied.pulumi_dir / "passphrase"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    argv = [
        str(ensure_engine("pulumi") / "pulumi"),
        "stack",
        "export",
        "--stack",
        applied.site,
        "--non-interactive",
    ]
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    kept = json.loads(applied.state_file(LAYER).read_text())["checkpoint"]["latest"]["resources"]
    assert len(json.loads(done.stdout)["deployment"]["resources"]) == len(kept)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("other uid", "another cluster answers"),
        ("no uid", "no UID is pinned for production"),
        ("no context", "context nowhere cannot be used"),
        ("bad token", "answered 401"),
    ],
)
@pytest.mark.parametrize("verb", ["up", "destroy"])
def test_what_is_not_proven_to_be_the_cluster_is_refused(
    operator: Operator, tmp_path: Path, fault: str, reason: str, verb: str
) -> None:
    live = lab_target().clusters[0].uid
    uid = {"other uid": "00000000-1111-2222-3333-444444444444", "no uid": None}.get(fault, live)
    context = "nowhere" if fault == "no context" else "lab-ndc1"
    kubeconfig = bad_token(operator, tmp_path) if fault == "bad token" else operator.kubeconfig
    inventory = production(operator, tmp_path, uid, context)
    before = operator.living()
    ended = operator.run(
        "stack", verb, "--yes", "--json", "--target", "production", "--inventory", str(inventory),
        KUBECONFIG=str(kubeconfig),
    )  # fmt: skip
    assert ended.code == 3, ended.told()
    assert any(reason in line for line in ended.document["error"]["details"]), ended.told()
    assert operator.living() == before


def test_an_agreed_uid_is_accepted(operator: Operator, tmp_path: Path) -> None:
    inventory = production(operator, tmp_path, lab_target().clusters[0].uid)
    ended = operator.run(
        "stack", "up", "--dry-run", "--json", "--layer", "storage", "--target", "production",
        "--inventory", str(inventory), KUBECONFIG=str(operator.kubeconfig),
    )  # fmt: skip
    assert ended.code == 0, ended.told()
    assert ended.document["plan"]["target"] == "production"


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2]])
def test_a_damaged_state_is_refused_and_kept(applied: Operator, damage: Callable[[bytes], bytes]) -> None:
    path = applied.state_file(LAYER)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    try:
        for words in (UP_ONE, ("stack", "destroy", "--yes", "--json"), ("stack", "drift", "--json")):
            ended = applied.run(*words)
            assert ended.code == 3, ended.told()
            assert "damaged" in ended.document["error"]["message"]
            assert ended.document["error"]["resolution"]
        assert path.read_bytes() == damage(whole)
    finally:
        path.write_bytes(whole)
    assert applied.must(*UP_ONE).document["done"] == {}


def _at_work(operator: Operator, process: "subprocess.Popen[str]") -> bool:
    """Whether the engine has made some of the layer's objects; the command must still run."""
    assert process.poll() is None, operator.ended(process).told()
    return len(operator.recorded()) > 5


def test_a_second_up_at_the_same_time_is_refused(empty: Operator) -> None:
    first = empty.start(*UP_ONE)
    wait_until(lambda: _at_work(empty, first), "the first up is at work", every_s=0.02)
    with paused_engine(first):
        second = empty.run(*UP_ONE)
    assert empty.ended(first).code == 0
    assert second.code == 3, second.told()
    error = second.document["error"]
    assert "is being changed by process" in " ".join([error["message"], *error["details"]])
    empty.assert_one_of_each()


def test_ctrl_c_in_the_middle_is_resumed(empty: Operator) -> None:
    # All layers: the engine may well finish the first one, whose objects are all in hand at once.
    process = empty.start(*UP)
    wait_until(lambda: _at_work(empty, process), "up is at work", every_s=0.02)
    with paused_engine(process):
        process.send_signal(signal.SIGINT)
        time.sleep(1)
    ended = empty.ended(process)
    assert ended.code == 130, ended.told()
    assert ended.document["error"]["exit_code"] == 130
    empty.assert_one_of_each()
    empty.must(*UP)
    empty.assert_one_of_each()
    empty.must("stack", "preview")


def test_an_api_server_killed_half_way_is_survived(empty: Operator) -> None:
    process = empty.start(*UP_ONE)
    wait_until(lambda: _at_work(empty, process), "up is at work", every_s=0.02)
    (server,) = [each for each in status().sites[0].processes if each.name == "kube-apiserver"]
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    try:
        time.sleep(1)
    finally:
        outage.revive(empty.site)
    assert empty.ended(process).code in (0, 1, 4)
    empty.must(*UP_ONE)
    empty.assert_one_of_each()
    empty.must("stack", "preview", "--layer", LAYER)


def test_a_full_disk_is_said_and_converges_once_there_is_room(empty: Operator) -> None:
    folder = empty.pulumi_dir
    kept = folder.rename(folder.with_name("pulumi-kept"))
    try:
        with small_disk(folder, size="96k"):
            full = empty.run(*UP_ONE)
            assert full.code == 1, full.told()
            assert "the disk of its state is full" in full.document["error"]["message"], full.told()
            assert "Traceback" not in full.err
            assert empty.living() == {}
            subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True, timeout=10)
            empty.must(*UP_ONE)
            empty.assert_one_of_each()
            empty.must("stack", "destroy", "--yes")
            assert empty.living() == {}
        folder.rmdir()
    finally:
        kept.rename(folder)


def test_a_state_that_was_put_back_takes_up_what_was_applied_since(applied: Operator) -> None:
    """What `whole_state` leaves after a disk filled up half-way: the state of before, the objects of after."""
    path = applied.state_file(LAYER)
    document = json.loads(path.read_bytes())
    latest = document["checkpoint"]["latest"]
    before = applied.living()
    latest["resources"] = [each for each in latest["resources"] if not each["type"].startswith("kubernetes:")]
    path.write_text(json.dumps(document))
    applied.must(*UP_ONE)
    assert applied.living() == before
    applied.assert_one_of_each()


def test_a_kill_at_any_moment_leaves_nothing_double_and_nothing_orphaned(empty: Operator) -> None:
    began = time.monotonic()
    empty.must(*UP_ONE)
    usual_s = time.monotonic() - began
    sample = random.Random(SEED)
    crashes = [crash_and_converge(empty, sample, usual_s, layer=LAYER) for _ in range(CRASHES)]
    assert any(crash.hit for crash in crashes), crashes


def test_the_operator_is_named_in_the_journal(applied: Operator) -> None:
    journals = sorted((applied.pulumi_dir / "journal").iterdir())
    records = [json.loads(line) for line in journals[-1].read_text().splitlines()]
    assert {record["actor"] for record in records} == {"ndcops-operator"}
    assert journals[-1].stat().st_mode & 0o777 == 0o600
    assert LabPaths(lab_folder()).kubeconfig == applied.kubeconfig
