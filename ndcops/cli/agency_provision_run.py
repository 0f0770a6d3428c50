"""What `agency provision` does: plan → show → confirm → apply → look at what stands → keep the evidence."""

from collections.abc import Iterator
from contextlib import contextmanager

from ndcops.cli import render
from ndcops.cli.agency_run import opened
from ndcops.cli.agreement import agreed
from ndcops.cli.options import Options
from ndcops.cli.signals import stopping
from ndcops.cli.toolchain import into
from ndcops.model.errors import ExitCode
from ndcops.onboarding.run.landing_zones import LandingZones
from ndcops.wiring.landing_zones import landing_zones


def provision_agency(options: Options, agency: str, system: str | None) -> int:
    """Returns the exit code: 5 when the gate of a system that waits for it stays shut."""
    with _opened(options) as zones:
        proposal = zones.propose(agency, system)
        if not agreed(
            options,
            proposal.plan.target,
            lambda as_json: render.show_zones(proposal, as_json),
            stop=zones.room.stop,
        ):
            return ExitCode.DONE
        done = zones.execute(proposal)
        proof = zones.prove(proposal)
        zones.room.execute(proof.kept)
        render.show_zone_proof(proposal, done, proof, options.json)
    return ExitCode.DONE if all(report.is_open for report in proof.kept.reports) else ExitCode.DIFFERENCES


@contextmanager
def _opened(options: Options) -> Iterator[LandingZones]:
    """The room and what it needs for landing zones, stopped cleanly: engines finish their steps and save."""
    with (
        opened(options) as room,
        render.StackProgressTable("provision", quiet=options.json) as table,
        render.WorkProgress(quiet=options.json) as bars,
        landing_zones(
            room,
            options.target,
            options.inventory,
            stop=room.stop,
            on_progress=table.advance,
            on_build=into(bars),
        ) as (zones, interrupt),
    ):

        def stop() -> None:
            room.stop.set()
            table.say("stopping: the steps in hand are finished and saved (again to end them at once)")
            interrupt()

        with stopping(stop):
            yield zones
