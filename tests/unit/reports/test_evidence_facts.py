"""Hosts, controls, rules and waivers stand as the latest records say; equal names are folded."""

from typing import Any

import pytest

from ndcops.model.host import Host, HostRole
from ndcops.model.record import JsonObject
from ndcops.model.waiver import WaiverState
from ndcops.reports.evidence_facts import EvidenceFacts, HostState, Standing, WaiverHold, gather_evidence
from ndcops.reports.evidence_groups import folded, natural
from ndcops.reports.evidence_rules import Excuse
from tests.unit.reports.sample_evidence import (
    TAKEN_AT,
    catalogue,
    chain,
    changed,
    control,
    drift,
    hosts,
    scanned,
    verified,
    waiver,
    waivers,
)

HOST = "ndc1-database-1"
ITEM = ("MaxAuthTries", "6", "3")


def facts(told: list[tuple[str, JsonObject]], states: tuple[WaiverState, ...] = (), **more: Any) -> EvidenceFacts:
    """The facts of a chain on one database host."""
    known = more.pop("hosts", hosts(1)[:1])
    return gather_evidence(chain(told), catalogue(), states, known, TAKEN_AT.date())


def only(asked: JsonObject, *controls: str) -> JsonObject:
    """A host's drift by a verification of those controls alone."""
    return asked | {"controls": list(controls)}


RESTORED = ("host/restored", {"host": HOST, "run": "r1", "ok": True})


def test_fields_of_a_later_release_do_not_make_a_record_unreadable() -> None:
    kind, body = scanned(HOST, "a_rule", later="field")

    assert facts([(kind, body), verified(drift(HOST) | {})]).evidence.unread == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], HostState.NEVER),
        ([changed(HOST, "ssh-access", ITEM)], HostState.NEVER),
        ([verified(drift(HOST))], HostState.CLEAN),
        ([verified(drift(HOST, last_run=None))], HostState.UNHARDENED),
        ([verified(drift(HOST, "ssh-access"))], HostState.DRIFTED),
        ([verified(drift(HOST, "ssh-access")), changed(HOST, "ssh-access", ITEM)], HostState.CHANGED),
        ([verified(drift(HOST, "ssh-access")), verified(drift(HOST))], HostState.CLEAN),
        ([verified(drift(HOST, problem="no route to host"))], HostState.SILENT),
        ([verified(only(drift(HOST), "ssh-access"))], HostState.NEVER),
        ([verified(only(drift(HOST, "ssh-access"), "ssh-access"))], HostState.DRIFTED),
        ([verified(drift(HOST, "ssh-access")), verified(only(drift(HOST), "sudo-policy"))], HostState.DRIFTED),
        ([verified(drift(HOST, "ssh-access")), verified(only(drift(HOST), "ssh-access"))], HostState.CLEAN),
        ([verified(drift(HOST)), verified(only(drift(HOST, problem="shut"), "ssh-access"))], HostState.SILENT),
        ([verified(drift(HOST)), RESTORED], HostState.CHANGED),
        ([RESTORED, verified(drift(HOST))], HostState.CLEAN),
    ],
)
def test_a_host_stands_as_its_latest_records_say(told: list[tuple[str, JsonObject]], expected: HostState) -> None:
    assert [host.state for host in facts(told).hosts] == [expected]


@pytest.mark.parametrize(
    ("told", "states", "expected"),
    [
        ([], (), Standing.UNKNOWN),
        ([changed(HOST, "ssh-access", ITEM)], (), Standing.CHANGED),
        ([verified(drift(HOST))], (), Standing.HELD),
        ([verified(drift(HOST, "ssh-access"))], (), Standing.DRIFTED),
        ([verified(drift(HOST, "sudo-policy"))], (), Standing.HELD),
        ([verified(drift(HOST, problem="silent"))], (), Standing.UNKNOWN),
        ([verified(drift(HOST, "ssh-access")), changed(HOST, "ssh-access", ITEM)], (), Standing.CHANGED),
        ([verified(drift(HOST))], (waiver("w", control="ssh-access", names=(HOST,)),), Standing.WAIVED),
        (
            [verified(drift(HOST))],
            (waiver("w", control="ssh-access", names=(HOST,), problem="old"),),
            Standing.HELD,
        ),
        ([verified(drift(HOST))], (waiver("w", control="ssh-access", names=("other",)),), Standing.HELD),
        ([verified(only(drift(HOST), "sudo-policy"))], (), Standing.UNKNOWN),
        ([verified(only(drift(HOST), "ssh-access"))], (), Standing.HELD),
        ([verified(only(drift(HOST, "ssh-access"), "ssh-access"))], (), Standing.DRIFTED),
        ([verified(only(drift(HOST, "ssh-access"), "ssh-access")), verified(drift(HOST))], (), Standing.HELD),
        ([changed(HOST, "ssh-access", ITEM), verified(drift(HOST)), RESTORED], (), Standing.CHANGED),
    ],
)
def test_a_control_stands_as_the_latest_records_say(
    told: list[tuple[str, JsonObject]], states: tuple[WaiverState, ...], expected: Standing
) -> None:
    found = next(
        each for layer in facts(told, states).layers for each in layer.controls if each.id == "ssh-access"
    )

    assert found.standings[HOST] is expected


def test_a_control_stands_as_its_worst_host() -> None:
    found = facts([verified(drift("ndc1-database-1"), drift("ndc1-database-2", "ssh-access"))], hosts=hosts(2)[:2])
    ssh = next(each for each in found.controls if each.id == "ssh-access")

    assert (ssh.standing, ssh.held, len(ssh.standings)) == (Standing.DRIFTED, 1, 2)


def test_a_control_of_another_role_does_not_count() -> None:
    assert "kubelet-files" not in {each.id for each in facts([verified(drift(HOST))]).controls}


def test_without_the_inventory_a_control_counts_only_where_it_changed_something() -> None:
    found = facts([changed(HOST, "ssh-access", ITEM), verified(drift(HOST))], hosts=())

    assert [(each.id, each.standing) for each in found.controls] == [("ssh-access", Standing.HELD)]


@pytest.mark.parametrize(
    ("rule", "states", "role", "excuse"),
    [
        ("ufw_enabled", (), HostRole.BASTION, Excuse.OPEN),
        ("ufw_enabled", (waiver("w", rule="ufw_enabled", names=(HOST,)),), HostRole.BASTION, Excuse.WAIVED),
        ("ufw_enabled", (waiver("w", control="host-firewall", names=(HOST,)),), HostRole.BASTION, Excuse.WAIVED),
        ("ufw_enabled", (waiver("w", rule="ufw_enabled", names=("other",)),), HostRole.BASTION, Excuse.OPEN),
        (
            "ufw_enabled",
            (waiver("w", rule="ufw_enabled", names=(HOST,), problem="x"),),
            HostRole.BASTION,
            Excuse.OPEN,
        ),
        ("grub2_password", (), HostRole.BASTION, Excuse.UNWINNABLE),
        ("no_aslr", (), HostRole.KUBERNETES_NODE, Excuse.UNWINNABLE),
        ("no_aslr", (), HostRole.BASTION, Excuse.OPEN),
    ],
)
def test_a_failing_rule_is_answered_for_by_a_waiver_or_the_catalogue_or_nobody(
    rule: str, states: tuple[WaiverState, ...], role: HostRole, excuse: Excuse
) -> None:
    node_only = control(
        "kernel", 6, unwinnable=[{"rule": "no_aslr", "reason": "Nodes need it.", "roles": ["kubernetes_node"]}]
    )
    controls = catalogue((*catalogue().model_dump(mode="json")["controls"], node_only))
    host = Host(name=HOST, site="ndc1", role=role, address="10.0.0.1")
    found = gather_evidence(chain([scanned(HOST, rule)]), controls, states, (host,), TAKEN_AT.date())

    assert [(each.rule, each.excuse) for each in found.failures] == [(rule, excuse)]


def test_every_way_of_a_waiver_is_told_apart() -> None:
    found = facts([], waivers()).waivers

    assert [hold for _, hold in found] == [
        WaiverHold.GOOD,
        WaiverHold.GOOD,
        WaiverHold.EXPIRED,
        WaiverHold.UNSIGNED,
        WaiverHold.BROKEN,
        WaiverHold.UNFOUNDED,
    ]


def test_a_later_scan_replaces_an_earlier_one_of_the_same_profile() -> None:
    found = facts([scanned(HOST, "a", "b"), scanned(HOST, "b"), scanned(HOST, "c", profile="cis_level2_server")])

    assert [(each.profile, each.rule) for each in found.failures] == [
        ("cis_level1_server", "b"),
        ("cis_level2_server", "c"),
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ()),
        (("b", "a"), ("a", "b")),
        (("n-10", "n-9", "n-8"), ("n-8 … 10",)),
        (("n-1", "n-2"), ("n-1", "n-2")),
        (("n-1", "n-2", "n-4", "n-3", "m-5"), ("m-5", "n-1 … 4")),
        (("n-01", "n-02", "n-03"), ("n-01", "n-02", "n-03")),
        (("n-1", "n-3", "n-5"), ("n-1", "n-3", "n-5")),
    ],
)
def test_names_of_a_run_are_folded(names: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert folded(names) == expected


def test_names_stand_in_natural_order() -> None:
    assert natural(["n10-b", "n2-b", "n2-a", "n2-a"]) == ("n2-a", "n2-b", "n10-b")
