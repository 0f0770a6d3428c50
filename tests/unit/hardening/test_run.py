"""Plan, apply, verify, repair and roll back, over hosts in memory."""

from pathlib import Path

import pytest

from ndcops.hardening.run import Selection
from ndcops.model.errors import Interrupted, InvalidInput, NdcopsError, PartlyApplied, Refused
from ndcops.model.record import find_break
from ndcops.model.waiver import Waiver, WaiverOwner, Waivers
from tests.unit.hardening.conftest import NAMES, WANTED, Room

ALL = Selection()
DATABASES = Selection(hosts=("ndc1-database-1", "ndc2-database-1"))


def apply(rig: Room, selection: Selection = ALL, run: str = "r1", batch: int = 1):
    room = rig.room
    proposal = room.plan(selection, run=run, batch=batch)
    return room.execute(proposal.plan, batch=batch)


def test_the_plan_names_just_what_apply_changes(rig: Room) -> None:
    rig.hosts.hosts["ndc1-database-1"].settings = {"banners": "both", "ssh-crypto": "strong"}
    proposal = rig.room.plan(DATABASES, run="r1")
    assert {step.host: step.predicted for step in proposal.plan.steps} == {
        "ndc1-database-1": ("kernel-values | It is safe",),
        "ndc2-database-1": tuple(sorted(f"{name} | It is {value}" for name, value in WANTED.items())),
    }
    evidence = rig.room.execute(proposal.plan).evidence
    assert [one["unpredicted"] for one in evidence.values()] == [[], []]


def test_applying_hardens_every_host_and_a_second_plan_is_empty(rig: Room) -> None:
    apply(rig)
    assert all(host.settings == WANTED and host.armed is None for host in rig.hosts.hosts.values())
    assert all(host.confirmed == ["r1"] for host in rig.hosts.hosts.values())
    assert rig.room.plan(ALL, run="r2").plan.steps == ()


def test_nothing_changes_before_the_host_is_armed(rig: Room) -> None:
    rig.playbooks.during = lambda name: rig.hosts.log.append(f"{name} changing")
    apply(rig, Selection(hosts=("ndc1-database-1",)))
    said = [line.removeprefix("ndc1-database-1 ") for line in rig.hosts.log if "beat" not in line]
    assert said == [
        "prove", "install", "runs", "snapshot r1", "arm r1", "changing", "prove", "disarm r1", "snapshot r1.after"
    ]  # fmt: skip
    assert "ndc1-database-1 beat r1" in rig.hosts.log


def test_nodes_are_drained_before_and_uncordoned_after(rig: Room) -> None:
    apply(rig, Selection(roles=("kubernetes_node",)))
    assert rig.drains.log == [
        "cordon ndc1-general-1", "drain ndc1-general-1", "uncordon ndc1-general-1",
        "cordon ndc1-general-2", "drain ndc1-general-2", "uncordon ndc1-general-2",
    ]  # fmt: skip


def test_a_node_that_somebody_cordoned_stays_cordoned(rig: Room) -> None:
    rig.drains.nodes["ndc1-general-1"] = False
    apply(rig, Selection(hosts=("ndc1-general-1",)))
    assert "uncordon ndc1-general-1" not in rig.drains.log


def test_a_node_that_does_not_empty_is_left_as_it_was(rig: Room) -> None:
    rig.drains.stuck = {"ndc1-general-1"}
    with pytest.raises(NdcopsError, match="did not leave"):
        apply(rig, Selection(hosts=("ndc1-general-1",)))
    assert rig.drains.nodes["ndc1-general-1"] is True
    assert rig.hosts.hosts["ndc1-general-1"].settings == {}


def test_a_failed_task_puts_the_host_back_and_stops_the_later_batches(rig: Room) -> None:
    rig.playbooks.failing = {("ndc1-general-1", "kernel-values")}
    with pytest.raises(PartlyApplied) as caught:
        apply(rig, batch=2)
    assert "ndc1-general-1: host ndc1-general-1 was not hardened; it is as it was before" in caught.value.details
    done = {name for name, host in rig.hosts.hosts.items() if host.settings == WANTED}
    assert done < set(NAMES)
    assert rig.hosts.hosts["ndc1-general-1"].settings == {}
    assert rig.hosts.hosts["ndc2-database-1"].settings == {}
    assert ("ndc2-database-1", "blocked") in rig.events


def test_a_host_that_went_back_in_the_middle_is_said(rig: Room) -> None:
    rig.playbooks.during = rig.hosts.expire
    with pytest.raises(NdcopsError) as caught:
        apply(rig, Selection(hosts=("ndc1-database-1",)))
    assert caught.value.message == "host ndc1-database-1 was not hardened; it is as it was before"
    assert any("its time ran out" in detail for detail in caught.value.details)


def test_a_host_that_was_started_anew_in_the_middle_is_put_back(rig: Room) -> None:
    rig.playbooks.during = rig.hosts.power_cut
    with pytest.raises(NdcopsError) as caught:
        apply(rig, Selection(hosts=("ndc1-database-1",)))
    assert caught.value.message == "host ndc1-database-1 was not hardened; it is as it was before"
    assert any("started anew in the middle" in detail for detail in caught.value.details)
    assert rig.hosts.hosts["ndc1-database-1"].settings == {}


def test_ctrl_c_puts_the_host_in_hand_back(rig: Room) -> None:
    rig.playbooks.during = lambda name: rig.stop.set()
    with pytest.raises(Interrupted):
        apply(rig, DATABASES)
    assert [host.settings for host in rig.hosts.hosts.values()] == [{}] * len(NAMES)
    assert not any(host.armed for host in rig.hosts.hosts.values())


def test_what_a_killed_run_left_armed_is_begun_anew(rig: Room) -> None:
    host = rig.hosts.hosts["ndc1-database-1"]
    host.guarded, host.runs["r1"], host.armed, host.settings = True, {}, "r1", {"banners": "half"}
    apply(rig, Selection(hosts=("ndc1-database-1",)))
    assert (host.settings, host.confirmed) == (WANTED, ["r1"])
    assert rig.hosts.log.index("ndc1-database-1 restore r1") < rig.hosts.log.index("ndc1-database-1 snapshot r1")


def test_a_host_that_another_run_holds_is_refused(rig: Room) -> None:
    host = rig.hosts.hosts["ndc1-database-1"]
    host.guarded, host.runs["other"], host.armed = True, {}, "other"
    with pytest.raises(Refused, match="run other is at work on it"):
        apply(rig, Selection(hosts=("ndc1-database-1",)))


@pytest.mark.parametrize(
    ("door", "error", "words"),
    [("shut", Refused, "cannot be reached"), ("wrong key", Refused, "another host key")],
)
def test_a_host_that_nobody_enters_is_refused_before_anything(rig, door, error, words) -> None:
    rig.hosts.hosts["ndc2-database-1"].door = door
    with pytest.raises(error) as caught:
        rig.room.plan(DATABASES, run="r1")
    assert any(words in detail for detail in caught.value.details)
    assert not any("install" in line for line in rig.hosts.log)


def test_a_wrong_password_is_asked_for_once(rig: Room) -> None:
    rig.hosts.hosts["ndc2-database-1"].door = "wrong password"
    with pytest.raises(InvalidInput, match="sudo does not take the password"):
        rig.room.plan(DATABASES, run="r1")


def test_a_full_disk_changes_nothing(rig: Room) -> None:
    rig.hosts.hosts["ndc1-database-1"].room = False
    with pytest.raises(Refused, match="are free"):
        apply(rig, Selection(hosts=("ndc1-database-1",)))
    assert rig.hosts.hosts["ndc1-database-1"].settings == {}


def test_a_setting_that_breaks_a_role_is_refused(rig: Room) -> None:
    roles = {"kubernetes_node": {"settings": {"kernel_forwarding": False}}}
    rig.with_baseline(roles=roles)
    with pytest.raises(Refused) as caught:
        rig.room.plan(ALL, run="r1")
    assert "ndc1-general-1: kernel_forwarding is off: a node routes its pods' packets" in caught.value.details
    assert not any("database" in detail for detail in caught.value.details)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(hosts=("x",)),
        Selection(sites=("ndc9",)),
        Selection(roles=("mainframe",)),
        Selection(controls=("y",)),
    ],
)
def test_an_unknown_name_is_named(rig: Room, selection: Selection) -> None:
    with pytest.raises(InvalidInput, match="unknown"):
        rig.room.plan(selection, run="r1")


def test_drift_is_found_and_just_it_is_repaired(rig: Room) -> None:
    apply(rig)
    rig.hosts.hosts["ndc1-database-1"].settings["ssh-crypto"] = "weak"
    rig.hosts.hosts["ndc1-bastion-1"].settings["stray"] = "file"
    report = rig.room.verify(ALL)
    assert not report.is_clean
    assert report.drifted == {"ndc1-database-1": ("ssh-crypto",)}
    assert [(one.host, [d.subject for d in one.differences]) for one in report.hosts if one.differences] == [
        ("ndc1-database-1", ["ssh-crypto"]),
        ("ndc1-bastion-1", ["stray"]),
    ]
    rig.playbooks.applied.clear()
    room = rig.room
    room.execute(room.plan_repair(report, run="r2").plan)
    assert rig.playbooks.applied == [("ndc1-database-1", ("ssh-crypto",))]
    assert rig.room.verify(ALL).is_clean


def test_a_verification_of_chosen_controls_says_which(rig: Room) -> None:
    apply(rig)
    assert {one.controls for one in rig.room.verify(ALL).hosts} == {()}
    chosen = rig.room.verify(Selection(hosts=("ndc1-database-1",), controls=("ssh-crypto",)))
    assert [one.controls for one in chosen.hosts] == [("ssh-crypto",)]


def test_an_unhardened_host_is_not_clean(rig: Room) -> None:
    report = rig.room.verify(DATABASES)
    assert [host.last_run for host in report.hosts] == [None, None]
    assert not report.is_clean


def test_an_unreachable_host_is_said_by_verify(rig: Room) -> None:
    apply(rig)
    rig.hosts.hosts["ndc1-database-1"].door = "shut"
    report = rig.room.verify(DATABASES)
    assert "cannot be reached" in report.hosts[0].problem
    assert not report.is_clean


def test_rollback_at_any_later_time(rig: Room) -> None:
    rig.hosts.hosts["ndc1-database-1"].settings = {"banners": "own"}
    apply(rig)
    room = rig.room
    assert "r1" in [run.run for run in room.runs(DATABASES)["ndc1-database-1"]]
    room.execute(room.plan_rollback(DATABASES, "r1"))
    assert rig.hosts.hosts["ndc1-database-1"].settings == {"banners": "own"}
    assert rig.hosts.hosts["ndc2-database-1"].settings == {}
    restored = [record.body for record in rig.evidence.records() if record.kind == "host/restored"]
    assert [(body["host"], body["run"], body["ok"]) for body in restored] == [
        ("ndc1-database-1", "r1", True), ("ndc2-database-1", "r1", True)
    ]  # fmt: skip
    with pytest.raises(Refused, match="keeps no snapshot of run r9"):
        room.execute(room.plan_rollback(Selection(hosts=("ndc1-database-1",)), "r9"))


def test_evidence_chains_control_task_rule_and_values(rig: Room) -> None:
    apply(rig, Selection(hosts=("ndc1-database-1",)))
    records = rig.evidence.records()
    assert find_break(records) is None
    body = next(record.body for record in records if record.body["control"] == "ssh-crypto")
    assert (body["host"], body["rules"], body["cis"]) == ("ndc1-database-1", ["ssh-crypto"], ["1.1"])
    assert body["items"] == [{"subject": "ssh-crypto", "before": None, "after": "strong"}]


OWNER = WaiverOwner(name="soc-lead", title={"vi": "Trưởng ca", "en": "Lead"}, public_key="KEY")
WAIVER = Waiver(
    id="w1", control="banners", hosts=("database_host",), reason={"vi": "cũ", "en": "old"}, owner="soc-lead",
    expires="2026-01-31", signature="signed by KEY",
)  # fmt: skip


def waived(rig: Room, **changes: object) -> Room:
    document = Waivers(owners=(OWNER,), waivers=(WAIVER.model_copy(update=changes),))
    rig.inventory = rig.inventory.model_copy(update={"waivers": document})
    return rig


def test_a_waived_control_is_left_alone_where_it_is_waived(rig: Room) -> None:
    apply(waived(rig))
    assert rig.hosts.hosts["ndc1-database-1"].settings.keys() == WANTED.keys() - {"banners"}
    assert rig.hosts.hosts["ndc1-bastion-1"].settings == WANTED
    assert rig.room.verify(ALL).is_clean


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"expires": WAIVER.expires.replace(day=30)}, "expired on 2026-01-30"),
        ({"signature": ""}, "not signed by soc-lead"),
        ({"signature": "signed by OTHER"}, "the signature is not by soc-lead over this entry"),
        ({"control": "no-such"}, "there is no control 'no-such'"),
        ({"owner": "nobody"}, "owner 'nobody' is not declared"),
    ],
)
def test_a_waiver_that_does_not_count_fails_verify(rig: Room, changes, problem) -> None:
    apply(waived(rig, **changes))
    assert rig.hosts.hosts["ndc1-database-1"].settings == WANTED
    report = rig.room.verify(ALL)
    assert [state.problem for state in report.waivers] == [problem]
    assert not report.is_clean


def test_scanners_judge_the_chosen_hosts_and_join_the_evidence(rig: Room) -> None:
    seen: list[tuple[str, int, int]] = []
    found = rig.room.scan(
        Selection(hosts=("ndc1-bastion-1",)), Path("ds.xml"), "p", on_host=lambda *step: seen.append(step)
    )
    assert [scan.scanner for scan in found] == ["openscap", "lynis"]
    assert rig.scanners.judged == ["ndc1-bastion-1"]
    assert seen[-1] == ("ndc1-bastion-1", 2, 2)
    records = [record for record in rig.evidence.records() if record.kind == "host/scanned"]
    assert [(record.body["passed"], record.body["failed"], record.body["index"]) for record in records] == [
        (1, 1, None),
        (0, 0, 88),
    ]
