"""Plan, apply, verify, repair and roll back the hardening of hosts: read facts, plan, execute, record."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from ndcops.hardening.plan import (
    HardeningFacts,
    HostFacts,
    plan_harden,
    plan_rollback,
    variables_of,
    waived_controls,
    waiver_states,
)
from ndcops.hardening.plan.harden import check_hosts
from ndcops.hardening.ports import GuardedHosts, NodeDrain, OnTask, Playbooks, Scanners, Signatures
from ndcops.hardening.run.selection import Proposal, Selection, is_chosen, refuse_unknown
from ndcops.hardening.steps import AFTER, HardenWorld
from ndcops.model.control import Catalogue
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.hardening import GuardRun, HostDrift, HostTarget, PlayResult, StateDifference, VerifyReport
from ndcops.model.host import Host, HostRole
from ndcops.model.inventory import Inventory
from ndcops.model.scan import Scan, scan_record
from ndcops.model.target import ClusterRef, Target
from ndcops.model.waiver import WaiverState
from ndcops.workflow.journal import Journal
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner, RunResult, StepEvent

Item = TypeVar("Item")
Result = TypeVar("Result")

VERIFIED = "hosts/verified"
SCANNED = "host/scanned"


@dataclass
class Hardening:
    """The room's entrance. targets: the hosts of the target, by name. width: the most hosts asked at once.

    given: variables of the playbooks that this machine decides, such as where its certificates lie.
    """

    inventory: Inventory
    target: Target
    targets: Mapping[str, HostTarget]
    catalogue: Catalogue
    hosts: GuardedHosts
    playbooks: Playbooks
    drain: NodeDrain
    scanners: Scanners
    signatures: Signatures
    given: Mapping[str, JsonValue]
    open_journal: Callable[[str], Journal]
    evidence: Journal
    today: Callable[[], date]
    width: int
    stop: threading.Event
    on_task: OnTask
    on_step: Callable[[StepEvent], None]
    evict_unmanaged: bool = False

    def chosen(self, selection: Selection) -> tuple[HostTarget, ...]:
        """The hosts of a selection, by site and role. Raises InvalidInput for an unknown name."""
        refuse_unknown("host", selection.hosts, tuple(self.targets))
        refuse_unknown("site", selection.sites, tuple(site.name for site in self.inventory.sites))
        refuse_unknown("role", selection.roles, tuple(role.value for role in HostRole))
        refuse_unknown("control", selection.controls, self.catalogue.ids())
        found = [target for target in self.targets.values() if is_chosen(target.host, selection)]
        return tuple(
            sorted(found, key=lambda one: (one.host.site, list(HostRole).index(one.host.role), one.host.name))
        )

    def plan(self, selection: Selection, *, run: str, batch: int = 1) -> Proposal:
        """What `apply` would change, exactly. Raises Refused with every reason against it."""
        states = self.waivers()
        facts = self._facts(self.chosen(selection), selection.controls, states)
        check_hosts(facts)
        facts = facts.model_copy(update={"predicted": self._check(facts)})
        return Proposal(plan_harden(facts, run=run, batch=batch), facts, states)

    def plan_repair(self, report: VerifyReport, *, run: str, batch: int = 1) -> Proposal:
        """The plan that brings back just what `verify` found changed."""
        drifted = report.drifted
        changes = tuple(change for host in report.hosts for change in host.changes)
        facts = self._facts(tuple(self.targets[name] for name in drifted), (), ())
        hosts = tuple(one.model_copy(update={"controls": drifted[one.target.host.name]}) for one in facts.hosts)
        facts = facts.model_copy(update={"hosts": hosts, "predicted": PlayResult(changes=changes)})
        plan = plan_harden(facts, run=run, batch=batch, title="harden repair")
        return Proposal(plan, facts, report.waivers)

    def plan_rollback(self, selection: Selection, run: str, *, batch: int = 1) -> Plan[HardenWorld]:
        """The plan that puts hosts back as they were before a run."""
        return plan_rollback(
            self.target.kind, self._side_by_side(self.chosen(selection), self._entered), run=run, batch=batch
        )

    def execute(self, proposal: Plan[HardenWorld], *, batch: int = 1) -> RunResult:
        """Run the plan, journaled. Raises PartlyApplied or Interrupted when not all of it was done."""
        world = HardenWorld(
            hosts=self.hosts,
            playbooks=self.playbooks,
            drain=self.drain,
            targets=self.targets,
            clusters={name: cluster for name in self.targets if (cluster := self._cluster_of(name)) is not None},
            variables=self.variables,
            catalogue=self.catalogue,
            evidence=self.evidence,
            on_task=self.on_task,
            stopped=self.stop.is_set,
            evict_unmanaged=self.evict_unmanaged,
        )
        journal = self.open_journal(proposal.title)
        return Runner(journal, world, width=batch, stop=self.stop, on_event=self.on_step).run(proposal)

    def verify(self, selection: Selection) -> VerifyReport:
        """What is no longer as hardened, and waivers that do not count. Changes nothing; recorded as evidence."""
        begun = time.monotonic()
        states = self.waivers()
        facts = self._facts(self.chosen(selection), selection.controls, states)
        found = self._check(facts)
        chosen = selection.controls
        hosts = self._side_by_side(facts.hosts, lambda one: self._drift_of(one, found, chosen))
        names = {one.host for one in hosts}
        report = VerifyReport(
            hosts=hosts,
            waivers=tuple(state for state in states if names & set(state.hosts) or not state.hosts),
            unsettable=found.unsettable,
            duration_s=time.monotonic() - begun,
        )
        self.evidence.append(VERIFIED, report.model_dump(mode="json", exclude={"duration_s"}))
        return report

    def runs(self, selection: Selection) -> dict[str, tuple[GuardRun, ...]]:
        """Snapshots that each host keeps: what a rollback may name."""
        chosen = self.chosen(selection)
        return dict(
            zip((one.host.name for one in chosen), self._side_by_side(chosen, self.hosts.runs), strict=True)
        )

    def waivers(self) -> tuple[WaiverState, ...]:
        """Every waiver as it stands today."""
        return waiver_states(
            self.inventory.waivers,
            tuple(target.host for target in self.targets.values()),
            self.catalogue,
            self.today(),
            self.signatures.is_valid,
        )

    def scan(
        self, selection: Selection, content: Path, profile: str, *, on_host: Callable[[str, int, int], None]
    ) -> tuple[Scan, ...]:
        """Let independent scanners judge the hosts; what they say joins the evidence.

        content: an SCAP data stream. on_host(name, done, of): a host's scanner ended. Raises NdcopsError.
        """

        def judge(target: HostTarget) -> tuple[Scan, ...]:
            on_host(target.host.name, 0, 2)
            rules = self.scanners.openscap(target, content, profile)
            on_host(target.host.name, 1, 2)
            look = self.scanners.lynis(target)
            on_host(target.host.name, 2, 2)
            return rules, look

        found = tuple(scan for scans in self._side_by_side(self.chosen(selection), judge) for scan in scans)
        for scan in found:
            self.evidence.append(SCANNED, scan_record(scan))
        return found

    @cached_property
    def variables(self) -> dict[str, dict[str, JsonValue]]:
        """What the playbooks read, by host."""
        return {
            name: {**variables_of(self.inventory, one.host), **self.given} for name, one in self.targets.items()
        }

    def _facts(
        self, chosen: Sequence[HostTarget], controls: tuple[str, ...], states: tuple[WaiverState, ...]
    ) -> HardeningFacts:
        entered = self._side_by_side(chosen, self._entered)
        hosts = tuple(
            one.model_copy(update={"controls": self._controls_of(one.target.host, controls, states)})
            for one in entered
        )
        return HardeningFacts(target=self.target.kind, hosts=hosts)

    def _entered(self, target: HostTarget) -> HostFacts:
        host = target.host
        problem = ""
        try:
            self.hosts.prove(target)
        except InvalidInput:
            raise  # a wrong password is wrong for all hosts
        except NdcopsError as error:
            problem = "; ".join((error.message, *error.details))
        cluster = self._cluster_of(host.name)
        return HostFacts(
            target=target,
            variables=self.variables[host.name],
            bastions=tuple(
                one.host.address
                for one in self.targets.values()
                if one.host.role is HostRole.BASTION and one.host.site == host.site
            ),
            problem=problem,
            drains=cluster is not None and self.drain.is_node(cluster, host.name),
        )

    def _cluster_of(self, name: str) -> ClusterRef | None:
        host = self.targets[name].host
        return self.target.cluster(host.site) if host.role is HostRole.KUBERNETES_NODE else None

    def _controls_of(
        self, host: Host, wanted: tuple[str, ...], states: tuple[WaiverState, ...]
    ) -> tuple[str, ...]:
        """Empty, which means all, unless some are chosen or waived."""
        waived = waived_controls(states, host.name)
        if not wanted and not waived:
            return ()
        return tuple(
            one for one in self.catalogue.ids(host.role) if one not in waived and one in (wanted or (one,))
        )

    def _check(self, facts: HardeningFacts) -> PlayResult:
        """The play in check mode, once for all hosts of equal controls."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for one in facts.hosts:
            if not one.problem:
                groups.setdefault(one.controls, []).append(one.target.host.name)
        results = [
            self.playbooks.check(names, controls=controls, variables=self.variables, on_task=self.on_task)
            for controls, names in groups.items()
        ]
        return PlayResult(
            changes=tuple(change for result in results for change in result.changes),
            failures=tuple(failure for result in results for failure in result.failures),
            unsettable=tuple(one for result in results for one in result.unsettable),
            duration_s=sum(result.duration_s for result in results),
            tasks=sum(result.tasks for result in results),
        )

    def _drift_of(self, facts: HostFacts, found: PlayResult, chosen: tuple[str, ...]) -> HostDrift:
        name = facts.target.host.name
        controls = facts.controls if chosen else ()
        if facts.problem:
            return HostDrift(host=name, last_run=None, controls=controls, problem=facts.problem)
        problem = "; ".join(f"{one.task}: {one.reason}" for one in found.failures_on(name))
        runs = self.hosts.runs(facts.target)
        confirmed = [run.run for run in runs if run.confirmed]
        differences: tuple[StateDifference, ...] = ()
        if confirmed and f"{confirmed[-1]}{AFTER}" in {run.run for run in runs}:
            differences = self.hosts.compare(facts.target, f"{confirmed[-1]}{AFTER}")
        return HostDrift(
            host=name,
            last_run=confirmed[-1] if confirmed else None,
            controls=controls,
            changes=found.changed_on(name),
            differences=differences,
            problem=problem,
        )

    def _side_by_side(self, items: Sequence[Item], work: Callable[[Item], Result]) -> tuple[Result, ...]:
        if not items:
            return ()
        with ThreadPoolExecutor(max_workers=self.width, thread_name_prefix="hardening") as pool:
            return tuple(pool.map(work, items))
