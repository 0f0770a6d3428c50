"""Preview, apply, drift, repair and destroy over sites and layers: read facts, plan, confirm, execute, record."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.inventory import Inventory
from ndcops.model.landing_zone import LandingZone
from ndcops.model.record import JsonObject
from ndcops.model.site_status import SiteReport, StatusReport
from ndcops.model.stack_changes import ObjectChange, StackChanges, StackId, StackProgress
from ndcops.model.stack_input import AGENCY_LAYER, LAYERS, StackInput
from ndcops.model.target import SIMULATED_IN_LAB, ClusterRef, Target, TargetKind
from ndcops.provisioning.plan import (
    ALL_LAYERS,
    ClusterFacts,
    ProvisioningFacts,
    StackFacts,
    check_clusters,
    is_failovers,
    plan_change,
    plan_destroy,
)
from ndcops.provisioning.ports import Clusters, StackEngine
from ndcops.provisioning.steps import ChangeStack, StackWorld
from ndcops.workflow.journal import Journal
from ndcops.workflow.plan import Plan
from ndcops.workflow.runner import Runner, RunResult, StepEvent

Result = TypeVar("Result")
_OF_SERVICES = "compute"
"""The layer whose objects failover moves."""


@dataclass(frozen=True)
class Selection:
    """Which stacks a command is about; empty tuples mean all, but landing zones come only where they are named."""

    sites: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A plan and the facts that it was made from: what a person is shown before confirming."""

    plan: Plan[StackWorld]
    facts: ProvisioningFacts


@dataclass
class Provisioning:
    """The room's entrance. width: the most engines at once. stop: set by Ctrl-C.

    landing_zone: what an agency's stack shall make; raises Refused when its dossier does not say it.
    """

    inventory: Inventory
    target: Target
    engine: StackEngine
    clusters: Clusters
    open_journal: Callable[[str], Journal]
    width: int
    stop: threading.Event
    on_progress: Callable[[StackProgress], None]
    on_step: Callable[[StepEvent], None]
    landing_zone: Callable[[StackId], LandingZone]

    def stacks(self, selection: Selection) -> tuple[StackId, ...]:
        """The stacks of a selection, layers first, landing zones as far as they exist. Raises InvalidInput."""
        known = tuple(site.name for site in self.inventory.built_sites())
        _refuse_unknown("site", selection.sites, known)
        _refuse_unknown("layer", selection.layers, ALL_LAYERS)
        _refuse_unknown("agency", selection.agencies, tuple(each.id for each in self.inventory.dossiers))
        if selection.agencies and AGENCY_LAYER not in selection.layers:
            raise InvalidInput("an agency has stacks of one layer only", resolution=f"add --layer {AGENCY_LAYER}")
        sites = selection.sites or known
        layers = [layer for layer in LAYERS if layer in (selection.layers or LAYERS)]
        of_sites = [StackId(layer=layer, site=site) for layer in layers for site in sites]
        return (*of_sites, *(self._landing_zones(sites, selection) if AGENCY_LAYER in selection.layers else ()))

    def _landing_zones(self, sites: Sequence[str], selection: Selection) -> tuple[StackId, ...]:
        agencies = [each.id for each in self.inventory.dossiers if each.id in (selection.agencies or (each.id,))]
        found = [StackId(layer=AGENCY_LAYER, site=site, agency=agency) for agency in agencies for site in sites]
        return tuple(stack for stack in found if self.engine.object_count(stack) or self.engine.pending(stack))

    def preview(self, selection: Selection) -> tuple[StackChanges, ...]:
        """What `up` would change, stack by stack."""
        stacks = self.stacks(selection)
        check_clusters(self.target.kind, self._cluster_facts(stacks))
        return self._side_by_side(stacks, lambda s: self.engine.preview(s, self.input_of(s), self.on_progress))

    def plan_up(self, selection: Selection, *, preview_first: bool) -> Proposal:
        """The plan of `up`.

        preview_first: also preview stacks that were never applied; without it their whole content is new,
        which needs no engine run to know.
        """
        facts = self._facts(selection, previewed=lambda s: preview_first or bool(self.engine.object_count(s)))
        return Proposal(plan_change(facts, refresh=False), facts)

    def plan_repair(self, drifted: Sequence[StackChanges]) -> Proposal:
        """The plan that brings the drifted stacks back to what is declared."""
        stacks = tuple(changes.stack for changes in drifted if changes.changes)
        facts = ProvisioningFacts(
            target=self.target.kind,
            clusters=self._cluster_facts(stacks),
            stacks=tuple(self._stack_facts(stack, None) for stack in stacks),
        )
        return Proposal(plan_change(facts, refresh=True), facts)

    def plan_destroy(self, selection: Selection) -> Proposal:
        """The plan that deletes what the selected stacks hold; landing zones by name only (InvalidInput)."""
        if AGENCY_LAYER in selection.layers and not selection.agencies:
            raise InvalidInput(
                "whose landing zone is to be destroyed is not said",
                resolution=f"add --agency ID to --layer {AGENCY_LAYER}",
            )
        facts = self._facts(selection, previewed=lambda _: False)
        return Proposal(plan_destroy(facts), facts)

    def execute(self, plan: Plan[StackWorld]) -> RunResult:
        """Run the plan, journaled. Raises PartlyApplied or Interrupted when not all of it was done."""
        runs_program = any(isinstance(step, ChangeStack) for step in plan.steps)
        world = self.world(runs_program=runs_program)
        journal = self.open_journal(plan.title)
        return Runner(journal, world, width=self.width, stop=self.stop, on_event=self.on_step).run(plan)

    def world(self, *, runs_program: bool = True) -> StackWorld:
        """What steps on stacks act on; runs_program: whether they need what the program shall make."""
        input_of = partial(self.input_of, runs_program=runs_program)
        return StackWorld(self.engine, input_of, self.on_progress)

    def drift(self, selection: Selection) -> tuple[StackChanges, ...]:
        """What differs in the clusters from what was applied, and who wrote it."""
        stacks = tuple(s for s in self.stacks(selection) if self.engine.object_count(s))
        check_clusters(self.target.kind, self._cluster_facts(stacks))
        return self._side_by_side(stacks, self._drift_of)

    def read_status(self, now: datetime) -> StatusReport:
        """Every site as it is now; a cluster that does not answer is reported with the reason."""
        sites = [site.name for site in self.inventory.built_sites() if self.target.cluster(site.name)]
        return StatusReport(
            target=self.target.kind.value,
            taken_at=now.isoformat(timespec="seconds"),
            sites=self._side_by_side(sites, self._site_report),
            simulated=SIMULATED_IN_LAB if self.target.kind is TargetKind.LAB else (),
        )

    def _site_report(self, site: str) -> SiteReport:
        stacks = {layer: StackId(layer=layer, site=site) for layer in LAYERS}
        objects = {layer: self.engine.object_count(stack) for layer, stack in stacks.items()}
        try:
            condition = self.clusters.read_condition(self._cluster(site))
        except NdcopsError as error:
            return SiteReport(site=site, condition=None, problem=error.message, objects=objects)
        return SiteReport(site=site, condition=condition, objects=objects)

    def outputs(self, selection: Selection) -> dict[str, JsonObject | None]:
        """Outputs by stack; None for one that was never applied."""
        return {str(stack): self.engine.outputs(stack) for stack in self.stacks(selection)}

    def input_of(self, stack: StackId, *, runs_program: bool = True) -> StackInput:
        """What the stack's program reads: declared facts, and outputs of the layers before.

        runs_program: drift and destroy go by the state, also of what nothing declares any more.
        """
        site = self.inventory.site(stack.site)
        cluster = self._cluster(stack.site)
        if site is None:
            raise InvalidInput(f"unknown site '{stack.site}'")
        upstream = {
            layer: outputs
            for layer in ALL_LAYERS[: ALL_LAYERS.index(stack.layer)]
            if (outputs := self.engine.outputs(StackId(layer=layer, site=stack.site))) is not None
        }
        holds_services = stack.layer == _OF_SERVICES
        return StackInput(
            site=site,
            services=() if stack.agency else self.inventory.services_at(stack.site),
            landing_zone=self.landing_zone(stack) if stack.agency and runs_program else None,
            target=self.target.kind.value,
            kubeconfig=str(cluster.kubeconfig),
            context=cluster.context,
            cluster_uid=cluster.uid,
            upstream=upstream,
            moved=self.clusters.read_moved(cluster) if holds_services else (),
            api_groups=self.clusters.read_api_groups(cluster) if holds_services else (),
        )

    def _drift_of(self, stack: StackId) -> StackChanges:
        given = self.input_of(stack, runs_program=False)
        found = self.engine.drift(stack, given, self.on_progress)
        cluster = self._cluster(stack.site)
        drifted = [change for change in found.changes if not is_failovers(change, given.moved)]
        return found.model_copy(
            update={"changes": tuple(self._with_writers(cluster, change) for change in drifted)}
        )

    def _with_writers(self, cluster: ClusterRef, change: ObjectChange) -> ObjectChange:
        if change.object is None:
            return change
        return change.model_copy(update={"writers": self.clusters.read_writers(cluster, change.object)})

    def _facts(self, selection: Selection, previewed: Callable[[StackId], bool]) -> ProvisioningFacts:
        return self.facts_of(self.stacks(selection), previewed)

    def facts_of(self, stacks: Sequence[StackId], previewed: Callable[[StackId], bool]) -> ProvisioningFacts:
        """All that a plan for these stacks is made from. Raises Refused when a cluster is not the pinned one."""
        clusters = self._cluster_facts(stacks)
        check_clusters(self.target.kind, clusters)
        chosen = [stack for stack in stacks if previewed(stack)]
        previews = dict(
            zip(
                chosen,
                self._side_by_side(chosen, lambda s: self.engine.preview(s, self.input_of(s), self.on_progress)),
                strict=True,
            )
        )
        return ProvisioningFacts(
            target=self.target.kind,
            clusters=clusters,
            stacks=tuple(self._stack_facts(stack, previews.get(stack)) for stack in stacks),
        )

    def _stack_facts(self, stack: StackId, preview: StackChanges | None) -> StackFacts:
        return StackFacts(
            stack=stack,
            fingerprint=self.engine.fingerprint(stack),
            object_count=self.engine.object_count(stack),
            pending=self.engine.pending(stack),
            preview=preview,
        )

    def _cluster_facts(self, stacks: Sequence[StackId]) -> tuple[ClusterFacts, ...]:
        sites = sorted({stack.site for stack in stacks})
        return self._side_by_side(sites, self._read_cluster)

    def _read_cluster(self, site: str) -> ClusterFacts:
        cluster = self._cluster(site)
        try:
            return ClusterFacts(cluster=cluster, live_uid=self.clusters.read_uid(cluster))
        except NdcopsError as error:
            return ClusterFacts(cluster=cluster, live_uid=None, problem="; ".join((error.message, *error.details)))

    def _cluster(self, site: str) -> ClusterRef:
        cluster = self.target.cluster(site)
        if cluster is None:
            raise InvalidInput(
                f"target {self.target.kind} has no cluster for site '{site}'",
                resolution="ndcops lab up" if self.target.kind == "lab" else f"edit inventory/sites/{site}.yaml",
            )
        return cluster

    def _side_by_side(
        self, items: Sequence[StackId] | Sequence[str], work: Callable[..., Result]
    ) -> tuple[Result, ...]:
        if not items:
            return ()
        with ThreadPoolExecutor(max_workers=self.width, thread_name_prefix="provisioning") as pool:
            return tuple(pool.map(work, items))


def _refuse_unknown(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise InvalidInput(
            f"unknown {what} '{unknown[0]}'",
            details=[f"known: {', '.join(known)}"],
            resolution="ndcops inventory show",
        )
