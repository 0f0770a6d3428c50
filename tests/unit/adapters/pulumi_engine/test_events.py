"""The engine's event stream becomes changes, progress and reasons."""

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from ndcops.adapters.pulumi_engine.events import EventCollector, object_name
from ndcops.model.stack_changes import ObjectRef, Operation, StackProgress
from tests.unit.adapters.pulumi_engine.samples import (
    STACK,
    URN,
    diagnostic,
    event,
    failed,
    metadata,
    outputs,
    pre,
    summary,
)

GROUP = "urn:pulumi:ndc1::ndcops-network::ndcops:network:SiteNetwork::network"
PROVIDER = "urn:pulumi:ndc1::ndcops-network::pulumi:providers:kubernetes::cluster"
DIFF = {"data.b": {"diffKind": "update", "inputDiff": True}, "data.a": {"diffKind": "add", "inputDiff": True}}


def collect(*events: EngineEvent) -> tuple[EventCollector, list[StackProgress]]:
    progress: list[StackProgress] = []
    collector = EventCollector(STACK, progress.append, 7)
    for each in events:
        collector(each)
    return collector, progress


@pytest.mark.parametrize(
    ("events", "operation"),
    [
        ([pre("create"), outputs("create")], Operation.CREATE),
        ([pre("create")], Operation.CREATE),
        ([pre("import"), outputs("import")], Operation.CREATE),
        ([pre("update"), outputs("update")], Operation.UPDATE),
        ([pre("delete"), outputs("delete")], Operation.DELETE),
        ([pre("create-replacement"), pre("replace"), pre("delete-replaced")], Operation.REPLACE),
        ([outputs("update")], Operation.UPDATE),  # a refresh tells its changes only at the end
        ([outputs("delete")], Operation.DELETE),
    ],
)
def test_operations(events: list[EngineEvent], operation: Operation) -> None:
    collector, _ = collect(*events)
    (change,) = collector.changes.values()
    assert (change.urn, change.operation) == (URN, operation)
    assert change.object == ObjectRef(api_version="v1", kind="Namespace", namespace="", name="public")
    assert collector.unchanged == 0


@pytest.mark.parametrize("op", ["same", "read", "refresh"])
def test_what_is_the_same_is_no_change(op: str) -> None:
    collector, _ = collect(pre(op), outputs(op))
    assert collector.changes == {}
    assert collector.unchanged == (op == "same")


@pytest.mark.parametrize("urn", [GROUP, PROVIDER])
@pytest.mark.parametrize("op", ["create", "update", "delete", "same"])
def test_groups_and_providers_are_no_objects(op: str, urn: str) -> None:
    collector, progress = collect(pre(op, urn=urn), outputs(op, urn=urn))
    assert (collector.changes, collector.unchanged, progress) == ({}, 0, [])


def test_paths_of_a_change_are_sorted() -> None:
    collector, _ = collect(pre("update", detailedDiff=DIFF))
    assert collector.changes[URN].paths == ("data.a", "data.b")


def test_keys_stand_in_for_missing_paths() -> None:
    collector, _ = collect(pre("update", diffs=["spec"]))
    assert collector.changes[URN].paths == ("spec",)


def test_a_replacement_keeps_the_paths_that_forced_it() -> None:
    collector, _ = collect(
        pre("create-replacement", detailedDiff=DIFF),
        outputs("create-replacement", detailedDiff=DIFF),
        pre("replace", detailedDiff=DIFF),
        pre("delete-replaced"),
        outputs("delete-replaced"),
    )
    (change,) = collector.changes.values()
    assert (change.operation, change.paths) == (Operation.REPLACE, ("data.a", "data.b"))


def test_progress_counts_each_object_once() -> None:
    _, progress = collect(outputs("create"), outputs("create"), outputs("same", urn=f"{URN}-2"))
    assert [(each.handled, each.total) for each in progress] == [(1, 7), (1, 7), (2, 7)]
    assert progress[0].line == "Namespace zone-public"


def test_failures_and_errors_are_kept_once_and_warnings_are_not() -> None:
    collector, _ = collect(
        failed(),
        diagnostic("Namespace  zone-public:\n forbidden\n"),
        diagnostic("Namespace  zone-public:\n forbidden\n"),
        diagnostic("no quota left"),
        diagnostic("careful", severity="warning"),
        diagnostic("update failed", urn=""),
        diagnostic("   ", urn=""),
    )
    assert collector.failures == ["Namespace zone-public"]
    assert collector.diagnostics == [
        "Namespace zone-public: forbidden",
        "Namespace zone-public: no quota left",
        "update failed",
    ]


def test_the_summary_ends_the_run() -> None:
    collector, _ = collect(outputs("create"))
    assert not collector.ended.is_set()
    collector(summary())
    assert collector.ended.is_set()


@pytest.mark.parametrize(
    "body",
    [
        {"preludeEvent": {"config": {}}},
        {"stdoutEvent": {"message": "hello", "color": "never"}},
        {"cancelEvent": {}},
        {},
    ],
)
def test_other_events_are_let_by(body: dict[str, Any]) -> None:
    collector, progress = collect(event(**body))
    assert (collector.changes, collector.diagnostics, progress) == ({}, [], [])


@pytest.mark.parametrize(
    "inputs",
    [None, {}, {"metadata": None}, {"metadata": "sealed"}, {"metadata": {}}],
)
def test_an_object_without_metadata_has_no_name(inputs: object) -> None:
    side = {"urn": URN, "type": "x", "id": "", "parent": "", "provider": "", "inputs": inputs, "outputs": {}}
    collector, _ = collect(event(resourcePreEvent={"metadata": {**metadata("create"), "new": side}}))
    found = collector.changes[URN].object
    assert found is None or found.name == ""


@pytest.mark.parametrize(
    ("urn", "name"),
    [
        (URN, "Namespace zone-public"),
        (GROUP, "SiteNetwork network"),
        ("urn:pulumi:ndc1::p::kubernetes:core/v1:ConfigMap::a::b", "ConfigMap a::b"),
        ("not a urn", "not a urn"),
        ("", ""),
    ],
)
def test_names_for_people(urn: str, name: str) -> None:
    assert object_name(urn) == name
