"""What the verbs of `ndcops capacity` share: opening the room with its facts, and reading the question."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ndcops.capacity.plan.buy import PurchasePlan
from ndcops.capacity.plan.report import CapacityReport
from ndcops.capacity.plan.verification import Verification
from ndcops.capacity.ports import UsageHistorySource
from ndcops.capacity.run import Capacity, Questions
from ndcops.cli import render
from ndcops.cli.options import Options
from ndcops.cli.toolchain import into
from ndcops.model.errors import InvalidInput
from ndcops.model.inventory import Inventory
from ndcops.model.price_list import PriceList
from ndcops.model.replay import ReplayProgress
from ndcops.model.snapshot import FactsProgress
from ndcops.model.target import SIMULATED_IN_LAB, TargetKind
from ndcops.model.wave_plan import WavePlan
from ndcops.wiring import capacity as wiring


@contextmanager
def asked(options: Options, saved: Path | None, save: Path | None) -> Iterator[tuple[Capacity, Questions]]:
    """The room and its facts: read from the clusters with progress, or from a saved snapshot."""
    with render.WorkProgress(quiet=options.json) as bars:

        def advance(progress: FactsProgress) -> None:
            bars.advance(progress.site, progress.kind, progress.read, progress.total or 0, None)

        room = wiring.capacity(options.target, options.inventory, is_saved=saved is not None, on_facts=advance)
        snapshot = room.open(saved) if saved is not None else room.read()
        if save is not None:
            digest = room.save(snapshot, save)
            render.say(f"saved the facts: {save} (SHA-256 {digest})")
    yield room, room.questions(snapshot)


def demands_of(
    inventory: Inventory,
    file: Path | None,
    services: Sequence[str] | None,
    dossier: str | None,
    wave: str | None,
    waves: Path | None,
) -> wiring.Demands:
    """The one question that is asked. Raises InvalidInput for none, for several, and for what does not exist."""
    named = {"--file": file, "--service": services, "--dossier": dossier, "--wave": wave}
    given = [name for name, value in named.items() if value]
    if len(given) != 1:
        raise InvalidInput(
            f"{'several questions' if given else 'no question'}: expected exactly one of {', '.join(named)}",
            resolution="ndcops capacity fit --help",
        )
    if file is not None:
        return wiring.manifest_demands(file)
    if services:
        return wiring.service_demands(inventory, services)
    if dossier is not None:
        return wiring.dossier_demands(inventory, dossier)
    if waves is None:
        raise InvalidInput("--wave needs the file of planned waves", resolution="add --waves FILE")
    return wiring.wave_demands(inventory, waves, wave or "")


def capacity_report(
    questions: Questions,
    sites: Sequence[str],
    source: UsageHistorySource | None,
    waves: WavePlan | None,
    prices: PriceList | None,
    horizon_days: int,
) -> CapacityReport:
    """Everything that can be answered from what is given."""
    purchase: PurchasePlan | None = None
    if prices is not None:
        purchase = questions.purchase(prices, waves, questions.snapshot.taken_at.date(), 60)
    is_lab = questions.snapshot.target == TargetKind.LAB
    return CapacityReport(
        target=questions.snapshot.target,
        taken_at=questions.snapshot.taken_at,
        simulated=SIMULATED_IN_LAB if is_lab else (),
        unread=tuple(questions.unread()),
        rooms=questions.rooms(sites),
        survivals=questions.survivals(sites),
        rack_losses=questions.rack_losses(sites),
        forecasts=questions.forecasts(sites, source, waves, horizon_days, 1) if source is not None else (),
        purchase=purchase,
    )


def verified(questions: Questions, options: Options, demands: wiring.Demands) -> tuple[Verification, ...]:
    """Our answer and the real scheduler's, site by site."""
    with render.WorkProgress(quiet=options.json) as bars:

        def advance(progress: ReplayProgress) -> None:
            bars.advance("scratch control plane", progress.what, progress.done, progress.total, None)

        scheduler = wiring.real_scheduler(into(bars))
        return questions.verified(options.sites, demands, scheduler, advance)
