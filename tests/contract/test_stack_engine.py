"""What every stack engine promises: the fake of the rooms' tests, and Pulumi on the lab."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ndcops.adapters.pulumi_engine import EngineSettings, PulumiEngine
from ndcops.model.errors import Interrupted
from ndcops.model.object_names import zone_namespace
from ndcops.model.stack_changes import Operation, StackChanges, StackId, StackProgress
from ndcops.model.stack_input import StackInput
from ndcops.provisioning.ports import StackEngine
from ndcops.toolchain.build import ensure_engine
from ndcops.toolchain.engines import PULUMI_VERSION
from tests.conftest import REPOSITORY, LabCluster
from tests.fakes.stack_engine import FakeEngine
from tests.stacks.sample import stack_input

STACK = StackId(layer="network", site="ndc1")
ZONE = "public"


@dataclass(frozen=True)
class World:
    """An engine, its input, and a hand that edits the namespace `edited` behind its back."""

    engine: StackEngine
    given: StackInput
    edit: Callable[[], object]
    edited: str
    progress: list[StackProgress]

    def apply(self, *, refresh: bool = False) -> StackChanges:
        return self.engine.apply(STACK, self.given, self.progress.append, refresh=refresh)

    def preview(self) -> StackChanges:
        return self.engine.preview(STACK, self.given, self.progress.append)

    def drift(self) -> StackChanges:
        return self.engine.drift(STACK, self.given, self.progress.append)

    def destroy(self) -> StackChanges:
        return self.engine.destroy(STACK, self.given, self.progress.append)


def _fake() -> World:
    engine = FakeEngine()

    def edit() -> None:
        engine.live[STACK][f"Namespace {ZONE}"] = {"cidr": "by hand"}

    return World(engine, stack_input(), edit, f"Namespace {ZONE}", [])


def _real(cluster: LabCluster, folder: Path) -> World:
    settings = EngineSettings(
        pulumi=ensure_engine("pulumi") / "pulumi",
        stacks_dir=REPOSITORY / "stacks",
        state_dir=folder / "pulumi",
        plugin_dir=REPOSITORY / "ndcops" / "provider" / "plugin",
    )
    given = stack_input(kubeconfig=str(cluster.kubeconfig), context=cluster.context, cluster_uid=cluster.uid)

    def edit() -> None:
        kubectl = [str(ensure_engine("kube") / "kubectl"), f"--kubeconfig={cluster.kubeconfig}"]
        wish = [
            "label",
            "namespace",
            zone_namespace(ZONE),
            "pod-security.kubernetes.io/warn=privileged",
            "--overwrite",
        ]
        argv = [*kubectl, f"--context={cluster.context}", *wish]
        subprocess.run(argv, check=True, capture_output=True, timeout=60)

    return World(PulumiEngine(settings, PULUMI_VERSION), given, edit, f"Namespace {zone_namespace(ZONE)}", [])


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.live)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield _fake()
        return
    cluster: LabCluster = request.getfixturevalue("lab_cluster")
    yield _real(cluster, tmp_path)
    # With an engine of its own: a test may have interrupted the other one for good.
    _real(cluster, tmp_path).destroy()


def operations(changes: StackChanges) -> set[Operation]:
    return {change.operation for change in changes.changes}


def test_the_life_of_a_stack(world: World) -> None:
    engine = world.engine
    assert (engine.object_count(STACK), engine.outputs(STACK), engine.pending(STACK)) == (None, None, ())

    foreseen = world.preview()
    assert operations(foreseen) == {Operation.CREATE}
    assert not engine.object_count(STACK)
    assert engine.outputs(STACK) is None
    before = engine.fingerprint(STACK)

    applied = world.apply()
    assert applied.stack == STACK
    assert {(each.object, each.operation) for each in applied.changes} == {
        (each.object, each.operation) for each in foreseen.changes
    }
    assert engine.object_count(STACK) == len(applied.changes)
    assert applied.outputs == engine.outputs(STACK) != {}
    assert engine.pending(STACK) == ()
    assert engine.fingerprint(STACK) != before
    assert {progress.stack for progress in world.progress} == {STACK}

    again = world.apply()
    assert (again.changes, again.unchanged) == ((), len(applied.changes))
    assert world.preview().changes == ()
    assert world.drift().changes == ()

    world.edit()
    before = engine.fingerprint(STACK)
    (drifted,) = world.drift().changes
    assert (str(drifted.object), drifted.operation) == (world.edited, Operation.UPDATE)
    assert engine.fingerprint(STACK) == before
    assert [str(each.object) for each in world.apply(refresh=True).changes] == [world.edited]
    assert world.drift().changes == ()

    assert operations(world.destroy()) == {Operation.DELETE}
    assert engine.object_count(STACK) == 0
    assert engine.outputs(STACK) is None


def test_an_interrupted_engine_begins_nothing_more(world: World) -> None:
    world.engine.interrupt()
    for run in (world.preview, world.apply, world.destroy):
        with pytest.raises(Interrupted):
            run()
    assert not world.engine.object_count(STACK)
