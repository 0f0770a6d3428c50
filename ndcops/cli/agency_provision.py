"""`ndcops agency provision`: an agency's landing zone at its home and standby sites."""

from typing import Annotated

import typer

from ndcops.cli.options import options_of


def provision(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="The agency's id: its folder in inventory/agencies.")],
    system: Annotated[
        str | None, typer.Option(help="Only this system's gate; its agency's zones are made in any case.")
    ] = None,
) -> int:
    """Make the landing zone that the dossier declares and prove who gets in. Exit 5 when its gate stays shut."""
    from ndcops.cli.agency_provision_run import provision_agency

    return provision_agency(options_of(context), agency, system)
