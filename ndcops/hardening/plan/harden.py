"""Which hosts are hardened, in which order, and with which controls; pure.

Safety: no plan is made while any host has a reason against it (unreachable, a setting that breaks its role), and a
batch begins only when every host of the one before is done.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from pydantic import JsonValue

from ndcops.hardening.plan.refusals import Wanted, refusals
from ndcops.hardening.steps import HardenHost, HardenWorld, RestoreHost
from ndcops.model.document import Value
from ndcops.model.errors import Refused
from ndcops.model.hardening import HostTarget, PlayResult
from ndcops.model.record import canonical_json
from ndcops.model.target import TargetKind
from ndcops.workflow.plan import Plan


class HostFacts(Value):
    """One host before a change.

    problem: why it cannot be entered now; empty when a fresh login and sudo went through. drains: it is a node
    of a cluster of the target. controls: what is to hold on it; empty means all of its role.
    """

    target: HostTarget
    variables: dict[str, JsonValue]
    bastions: tuple[str, ...] = ()
    problem: str = ""
    drains: bool = False
    controls: tuple[str, ...] = ()


class HardeningFacts(Value):
    """All that a plan is made from. predicted: what the play says it would change."""

    target: TargetKind
    hosts: tuple[HostFacts, ...]
    predicted: PlayResult = PlayResult()


def check_hosts(facts: HardeningFacts) -> None:
    """Raises Refused with every reason why the hosts may not be hardened."""
    reasons = [f"{one.target.host.name}: {reason}" for one in facts.hosts for reason in _reasons(one)]
    reasons += [f"{one.host}: {one.task}: {one.reason}" for one in facts.predicted.failures]
    if reasons:
        hosts = len({reason.partition(":")[0] for reason in reasons})
        raise Refused(
            f"{hosts} of {len(facts.hosts)} hosts may not be hardened; nothing was changed",
            details=reasons,
            resolution="correct inventory/hardening.yaml or the host, then: ndcops harden plan",
        )


def _reasons(facts: HostFacts) -> list[str]:
    wanted = Wanted(facts.target, facts.variables, facts.bastions)
    return [*([facts.problem] if facts.problem else []), *refusals(wanted)]


def plan_harden(facts: HardeningFacts, *, run: str, batch: int, title: str = "harden apply") -> Plan[HardenWorld]:
    """One step a host that changes, `batch` hosts at a time; hosts that are right already are left out."""
    check_hosts(facts)
    predicted = {
        one.target.host.name: tuple(sorted({c.task for c in facts.predicted.changed_on(one.target.host.name)}))
        for one in facts.hosts
    }
    chosen = [one for one in facts.hosts if predicted[one.target.host.name]]
    steps: list[HardenHost] = []
    for start in range(0, len(chosen), batch):
        before = tuple(step.key for step in steps[-batch:]) if start else ()
        steps += [
            HardenHost(
                one.target.host.name, run, one.controls, predicted[one.target.host.name], one.drains, before
            )
            for one in chosen[start : start + batch]
        ]
    digests = {f"host {one.target.host.name}": digest_of(one.variables) for one in facts.hosts}
    return Plan("hardening", facts.target.value, title, tuple(steps), digests)


def plan_rollback(target: TargetKind, hosts: Sequence[HostFacts], *, run: str, batch: int) -> Plan[HardenWorld]:
    """Put hosts back as they were before a run, `batch` at a time."""
    steps: list[RestoreHost] = []
    for start in range(0, len(hosts), batch):
        before = tuple(step.key for step in steps[-batch:]) if start else ()
        steps += [
            RestoreHost(one.target.host.name, run, one.drains, before) for one in hosts[start : start + batch]
        ]
    return Plan("hardening", target.value, "harden rollback", tuple(steps), {"run": run})


def digest_of(variables: dict[str, Any]) -> str:
    """SHA-256 of the variables; a number with a fraction counts as its text."""
    return hashlib.sha256(canonical_json(_without_floats(variables))).hexdigest()


def _without_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_floats(item) for item in value]
    return repr(value) if isinstance(value, float) else value
