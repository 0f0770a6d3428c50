"""`ndcops agency verify`: whether source and target hold the same, row by row."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of


def verify(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="The agency's id: its folder in inventory/agencies.")],
    database: Annotated[str | None, typer.Option(help="Only this database of the dossier.")] = None,
    lanes: Annotated[int, typer.Option(min=1, max=64, help="Sessions a side that read at once.")] = 2,
    lag_s: Annotated[float, typer.Option(min=1, help="The longest wait for the stream to catch up.")] = 60,
    recheck_s: Annotated[
        float, typer.Option(min=1, help="How long rows of one table that keep changing are looked at again.")
    ] = 60,
    report: Annotated[Path | None, typer.Option(help="Write everything that was found here, as JSON.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write it as a page here, vi and en, for the agency.")] = None,
) -> int:
    """Compare source and target, only ever reading. Exit 0 the same, 5 different, 3 undecided."""
    from ndcops.cli.agency_verify_run import VerifyWords, verify_databases
    from ndcops.onboarding.ports import ProofLimits

    limits = ProofLimits(lanes=lanes, lag_s=lag_s, recheck_s=recheck_s)
    return verify_databases(options_of(context), VerifyWords(agency, database, limits, report, html))
