"""Fresh hosts of three roles and a SIEM: plan, apply, again, reboot, again; what independent scanners say of them.

No score is reached by skipping: the denominator, the not-applicable rules and Lynis' number of tests are figures,
and every failing rule must have its reason in the catalogue of controls.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ndcops.adapters.ansible_playbooks import read_catalogue
from ndcops.model.control import Catalogue
from ndcops.model.host import HostRole
from ndcops.model.scan import Scan, Verdict
from ndcops.workflow.journal_file import read_journal
from tests.bench.hardened_hosts import LabFleet, fleet
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import REPOSITORY, BenchFailed, Sandbox
from tests.bench.timing import Clock

CONTENT = REPOSITORY / "tests" / "scap" / "ssg-debian13-ds.xml.xz"
PROFILE = "cis_level1_server"
HOSTS = 3
ROUNDS = 1
TARGETS = {
    "cis_l1_raw": AtLeast(0.95),
    "cis_l1_waived": AtLeast(1.0),
    "not_applicable": 70,
    "lynis_index": AtLeast(90),
    "lynis_tests": AtLeast(240),
    "changed_second": 0,
    "changed_after_reboot": 0,
    "check_exact": AtLeast(1),
    "apply_s": 90,
}
NOTES = (
    "figures are the worst host's, before or after the reboot; raw: passed of passed and failed; waived: rules "
    "whose reason is in the catalogue count as passed",
    "apply_s: drain, snapshot, arming, the play, last login; hosts one after the other; packages come from the "
    "lab's mirror, whose cache the first host fills",
    "the hosts are systemd-nspawn machines: kernel settings outside the network are read-only there, and without "
    "boot loader, modules and audit of their own some rules cannot pass (each is named)",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """One fleet a round."""
    rounds = []
    for number in clock.rounds("fleet"):
        with fleet(sandbox, HOSTS) as hosts:
            rounds.append(_round(hosts, sandbox, clock, number))
    worst: dict[str, float | int] = {}
    for found in rounds:
        for name, value in found["figures"].items():
            pick = min if isinstance(TARGETS.get(name), AtLeast) else max
            worst[name] = pick(worst.get(name, value), value)
    return Measured(worst, {"rounds": [each["samples"] for each in rounds]}, NOTES, len(rounds) >= clock.wanted)


def _round(hosts: LabFleet, sandbox: Sandbox, clock: Clock, number: int) -> dict[str, Any]:
    catalogue = read_catalogue(REPOSITORY / "playbooks" / "controls")
    clock.say(f"round {number}: plan")
    planned = sandbox.ndcops("--json", "harden", "plan", timeout_s=900).required().document()
    predicted = {(each["host"], each["task"]) for each in planned["changes"]}
    clock.say(f"round {number}: {len(predicted)} changes predicted; apply")
    done = sandbox.ndcops("--json", "--yes", "harden", "apply", timeout_s=1500).required().document()["done"]
    unpredicted = sorted({name for evidence in done.values() for name in evidence["unpredicted"]})
    changed = {(host, task) for host, evidence in done.items() for task in evidence["changed"]}
    apply_s = _apply_seconds(sandbox.state / "lab" / "hardening" / "journal")
    clock.say(f"round {number}: applied {apply_s}; again")
    second = hosts.play_again()
    before = hosts.scan(CONTENT, PROFILE)
    clock.say(f"round {number}: {_said(before)}; reboot")
    hosts.reboot()
    after_reboot = hosts.play_again()
    after = hosts.scan(CONTENT, PROFILE)
    clock.say(f"round {number}: {_said(after)}")
    scans = [*before, *after]
    unexplained = {scan.host: _unexplained(scan, catalogue, hosts.roles) for scan in scans if scan.verdicts}
    figures: dict[str, float | int] = {
        **_scores(scans, catalogue, hosts.roles),
        "changed_second": len(second.changes) + len(second.failures),
        "changed_after_reboot": len(after_reboot.changes) + len(after_reboot.failures),
        "check_exact": int(predicted == changed and not unpredicted),
        "apply_s": max(apply_s.values()),
        "second_s": round(second.duration_s, 1),
        "tasks": max(evidence["tasks"] for evidence in done.values()),
    }
    samples = {
        "apply_s": apply_s,
        "predicted_only": sorted(map(list, predicted - changed)),
        "changed_only": sorted(map(list, changed - predicted)),
        "second": [f"{each.host}: {each.task}" for each in (*second.changes, *second.failures)],
        "after_reboot": [f"{each.host}: {each.task}" for each in (*after_reboot.changes, *after_reboot.failures)],
        "unexplained": unexplained,
        "scans": [_summary(scan, catalogue, hosts.roles) for scan in scans],
    }
    return {"figures": figures, "samples": samples}


def _apply_seconds(folder: Path) -> dict[str, float]:
    """Seconds from a host's first effect to its last, by host."""
    begun: dict[str, float] = {}
    found: dict[str, float] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for record in read_journal(path):
            if record.kind == "step/begun":
                begun[record.body["key"]] = record.time.timestamp()
            elif record.kind == "step/done":
                found[record.body["key"]] = round(record.time.timestamp() - begun[record.body["key"]], 1)
    if not found:
        raise BenchFailed("the journal names no hardened host")
    return found


def _scores(scans: Sequence[Scan], catalogue: Catalogue, roles: Mapping[str, HostRole]) -> dict[str, float | int]:
    judged = [scan for scan in scans if scan.verdicts]
    looked = [scan for scan in scans if scan.index is not None]
    if not judged or not looked:
        raise BenchFailed("a scanner gave no verdict")
    return {
        "cis_l1_raw": round(min(scan.share_passed() for scan in judged), 4),
        "cis_l1_waived": round(
            min(scan.share_passed(frozenset(catalogue.unwinnable(roles[scan.host]))) for scan in judged), 4
        ),
        "judged": min(scan.count(Verdict.PASS) + len(scan.failing()) for scan in judged),
        "not_applicable": max(scan.count(Verdict.NOT_APPLICABLE) for scan in judged),
        "lynis_index": min(scan.index or 0 for scan in looked),
        "lynis_tests": min(scan.tests or 0 for scan in looked),
    }


def _unexplained(scan: Scan, catalogue: Catalogue, roles: Mapping[str, HostRole]) -> list[str]:
    return sorted(set(scan.failing()) - set(catalogue.unwinnable(roles[scan.host])))


def _summary(scan: Scan, catalogue: Catalogue, roles: Mapping[str, HostRole]) -> dict[str, Any]:
    if scan.index is not None:
        return {
            "host": scan.host,
            "lynis": scan.index,
            "tests": scan.tests,
            "seconds": scan.duration_s,
            "suggestions": list(scan.suggestions),
        }
    reasons = catalogue.unwinnable(roles[scan.host])
    return {
        "host": scan.host,
        "role": roles[scan.host].value,
        "passed": scan.count(Verdict.PASS),
        "failed": len(scan.failing()),
        "not_applicable": scan.count(Verdict.NOT_APPLICABLE),
        "raw": round(scan.share_passed(), 4),
        "seconds": scan.duration_s,
        "failing": {rule: reasons.get(rule, "UNEXPLAINED") for rule in scan.failing()},
    }


def _said(scans: Sequence[Scan]) -> str:
    parts = []
    for scan in scans:
        if scan.index is not None:
            parts.append(f"{scan.host} lynis {scan.index} ({scan.tests})")
        else:
            parts.append(f"{scan.host} CIS {100 * scan.share_passed():.1f}%")
    return ", ".join(parts)
