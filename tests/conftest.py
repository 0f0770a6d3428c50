"""Fixtures that several kinds of tests share: a disk that is soon full, and the session's one small lab."""

import os
import signal
import subprocess
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from xdist.remote import Producer

from tests import side_by_side
from tests.guarded_host import booted_guarded_host as booted_guarded_host
from tests.guarded_host import guarded_host as guarded_host

if TYPE_CHECKING:
    from ndcops.lab.state import LabState
    from ndcops.model.inventory import Inventory

REPOSITORY = Path(__file__).parents[1]
NODES_PER_POOL = 2
_LAB = pytest.StashKey[ExitStack]()


def pytest_configure() -> None:
    """In the background a shell lets its commands ignore Ctrl-C, and what they start ignores it for good."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Machines are shared: how long an example takes says nothing about what it shows. Each run draws anew, so that
    # what fifty examples miss is for the next run to find.
    hypothesis.settings.register_profile("shared", deadline=None, max_examples=50)
    hypothesis.settings.load_profile("shared")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> side_by_side.SideBySide | None:
    return side_by_side.SideBySide(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    side_by_side.in_order(items)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The session's lab ends with the last test that shares it, not with the session."""
    if _LAB in item.session.stash and not side_by_side.shares_the_sessions_lab(nextitem):
        item.session.stash[_LAB].close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """An error of ours says more in its details than in its message: a failed test shows them too."""
    report = yield
    # A lab that has ended took its logs and its place in the environment along.
    state = os.environ.get("NDCOPS_STATE_DIR")
    if report.failed and state and _LAB in item.session.stash:
        report.sections += _logs_of_databases(Path(state))
    details = getattr(call.excinfo.value, "details", ()) if call.excinfo else ()
    if details:
        report.sections.append(("details of the error", "\n".join(map(str, details))))
    return report


def _logs_of_databases(state: Path) -> list[tuple[str, str]]:
    """What Patroni and PostgreSQL said last at each site: the lab's folder goes with the lab."""
    logs = sorted(state.glob("lab/sites/*/logs/database-*.log"))
    return [(f"{log.parts[-3]} {log.name}", "\n".join(log.read_text().splitlines()[-40:])) for log in logs]


@dataclass(frozen=True)
class LabCluster:
    """The cluster that a test may write to, as ndcops-operator."""

    kubeconfig: Path
    context: str
    uid: str


def small_inventory() -> "Inventory":
    """The sample inventory with two nodes a pool."""
    from ndcops.adapters.inventory_files.reader import read_inventory

    inventory = read_inventory(REPOSITORY / "inventory")
    sites = []
    for site in inventory.sites:
        pools = tuple(pool.model_copy(update={"nodes": NODES_PER_POOL}) for pool in site.pools)
        sites.append(site.model_copy(update={"pools": pools}))
    return inventory.model_copy(update={"sites": tuple(sites)})


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[Path]:
    """A memory file system of that size on `folder`; only root may mount one."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True, timeout=10)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=10)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LabState]":
    """The session's lab, up; the environment points at its state folder."""
    from ndcops.lab.down import down
    from ndcops.lab.up import up

    with ExitStack() as ends:
        request.session.stash[_LAB] = ends
        environment = ends.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("NDCOPS_STATE_DIR", str(tmp_path_factory.mktemp("live-state")))
        ends.callback(down)
        yield up(small_inventory())


@pytest.fixture(scope="session")
def lab_service(lab: "LabState") -> "LabState":
    """The session's lab, where the service `identity` has its database and its name."""
    from ndcops.lab.up import up

    return up(small_inventory(), services=["identity"])


@pytest.fixture(scope="session")
def lab_cluster(request: pytest.FixtureRequest) -> LabCluster:
    """The lab's first site, or the cluster that $NDCOPS_TEST_KUBECONFIG and $NDCOPS_TEST_CONTEXT name."""
    from ndcops.adapters.kubernetes_api import KubernetesApi
    from ndcops.lab.state import lab_target
    from ndcops.model.target import ClusterRef

    kubeconfig = os.environ.get("NDCOPS_TEST_KUBECONFIG")
    if kubeconfig:
        context = os.environ["NDCOPS_TEST_CONTEXT"]
        unpinned = ClusterRef(site="test", kubeconfig=Path(kubeconfig), context=context, uid=None)
        return LabCluster(unpinned.kubeconfig, context, KubernetesApi().read_uid(unpinned))
    request.getfixturevalue("lab")
    first = lab_target().clusters[0]
    assert first.uid is not None
    return LabCluster(first.kubeconfig, first.context, first.uid)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of 64 KiB."""
    with small_disk(tmp_path / "disk", size="64k") as folder:
        yield folder
