"""`ndcops agency rehearse|cutover|rollback|accept|decommission`: writes change over, and back whole."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of

AgencyId = Annotated[str, typer.Argument(help="The agency's id: its folder in inventory/agencies.")]
SystemId = Annotated[str | None, typer.Option("--system", help="The system; may be left out where there is one.")]
FromTarget = Annotated[
    str, typer.Option(help="Where the target's server reaches the source, when elsewhere: libpq's words.")
]
FromSource = Annotated[
    str, typer.Option(help="Where the source's server reaches the target, when elsewhere: libpq's words.")
]
RestoreSite = Annotated[
    str, typer.Option(help="Another site, where a restore is made.", envvar="NDCOPS_RESTORE_SITE")
]
RestoreServer = Annotated[
    str,
    typer.Option(
        help="A PostgreSQL server there: libpq's words without a password.", envvar="NDCOPS_RESTORE_SERVER"
    ),
]


def cutover(
    context: typer.Context,
    agency: AgencyId,
    system: SystemId = None,
    seen_from_target: FromTarget = "",
    seen_from_source: FromSource = "",
    abort: Annotated[
        bool, typer.Option("--abort", help="Take back one that was cut off, before its point of no return.")
    ] = False,
) -> int:
    """Stop writes at the source, take them at the centre. What fails before the point of no return is undone."""
    from ndcops.cli.agency_switch_run import SwitchWords, abort_cutover, change_end
    from ndcops.model.cutover import End

    words = SwitchWords(agency, system, End.SOURCE, seen_from_target, seen_from_source)
    return abort_cutover(options_of(context), words) if abort else change_end(options_of(context), words)


def rehearse(
    context: typer.Context,
    agency: AgencyId,
    system: SystemId = None,
) -> int:
    """Go through the whole cut-over and the way back on two copies of the target, with a client that writes."""
    from ndcops.cli.agency_switch_run import SwitchWords, rehearse_both
    from ndcops.model.cutover import End

    return rehearse_both(options_of(context), SwitchWords(agency, system, End.SOURCE, "", ""))


def accept(
    context: typer.Context,
    agency: AgencyId,
    system: SystemId = None,
    at: RestoreSite = "",
    into: RestoreServer = "",
) -> int:
    """Prove that a verified system ran well and can be restored elsewhere; then both sides sign for that."""
    from ndcops.cli.agency_end_run import accept_system
    from ndcops.cli.agency_switch_run import SwitchWords
    from ndcops.model.cutover import End
    from ndcops.model.errors import InvalidInput

    if not at or not into:
        raise InvalidInput(
            "where the restore is made is not given",
            resolution="--at SITE --into WORDS, or NDCOPS_RESTORE_SITE and NDCOPS_RESTORE_SERVER",
        )
    return accept_system(options_of(context), SwitchWords(agency, system, End.SOURCE, "", ""), at, into)


def decommission(
    context: typer.Context,
    agency: AgencyId,
    system: SystemId = None,
    at: RestoreSite = "",
    into: RestoreServer = "",
    certify: Annotated[bool, typer.Option("--certify", help="Certify that the source was erased.")] = False,
    person: Annotated[
        str | None, typer.Option("--as", help="Who certifies: a name of signers.yaml.", show_default=False)
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The person's private key (PEM, Ed25519).")] = None,
) -> int:
    """Restore the source a last time (--at, --into); then, once it is erased, two people certify (--certify)."""
    from ndcops.cli.agency_end_run import archive_source, certify_erasure
    from ndcops.cli.agency_switch_run import SwitchWords
    from ndcops.model.cutover import End
    from ndcops.model.errors import InvalidInput

    words = SwitchWords(agency, system, End.SOURCE, "", "")
    if certify and person is not None and key is not None:
        return certify_erasure(options_of(context), words, person, key)
    if certify or not at or not into:
        raise InvalidInput("give --at SITE --into WORDS, or --certify --as NAME --key FILE")
    return archive_source(options_of(context), words, at, into)


def rollback(
    context: typer.Context,
    agency: AgencyId,
    system: SystemId = None,
    seen_from_target: FromTarget = "",
    seen_from_source: FromSource = "",
) -> int:
    """Take writes back to the source, with every row written since the cut-over."""
    from ndcops.cli.agency_switch_run import SwitchWords, change_end
    from ndcops.model.cutover import End

    words = SwitchWords(agency, system, End.TARGET, seen_from_target, seen_from_source)
    return change_end(options_of(context), words)
