"""`ndcops agency seed`: a database's rows into the centre, and the stream of what changes meanwhile."""

from typing import Annotated

import typer

from ndcops.cli.options import options_of


def seed(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="The agency's id: its folder in inventory/agencies.")],
    database: Annotated[str, typer.Option(help="The database's id in the dossier.")],
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Copies and index builds at once.")] = 4,
    max_sessions: Annotated[
        int | None, typer.Option(min=1, help="Wait while the source has more busy sessions than this.")
    ] = None,
    max_standby_lag_mib: Annotated[
        int, typer.Option(min=1, help="Wait while a standby of the source is further behind.")
    ] = 256,
    seen_from_target: Annotated[
        str, typer.Option(help="Where the target's server reaches the source, when elsewhere: libpq's words.")
    ] = "",
    hold_s: Annotated[
        int | None, typer.Option(min=1, help="Watch a stream that runs: in step for so many seconds.")
    ] = None,
    bound_mib: Annotated[int, typer.Option(min=1, help="With --hold-s: so far behind is still in step.")] = 16,
    undo: Annotated[bool, typer.Option("--undo", help="Take it all away again, at both ends.")] = False,
) -> int:
    """Copy a database under a snapshot and stream what changes since. Ctrl-C stops; the same command goes on."""
    from ndcops.cli.agency_seed_run import SeedWords, seed_database, undo_seed
    from ndcops.model.errors import InvalidInput
    from ndcops.model.seed import LoadLimits

    limits = LoadLimits(active_sessions=max_sessions, standby_lag_bytes=max_standby_lag_mib << 20)
    words = SeedWords(agency, database, jobs, limits, seen_from_target, hold_s, bound_mib << 20)
    if undo and hold_s is not None:
        raise InvalidInput("--undo and --hold-s exclude each other")
    return undo_seed(options_of(context), words) if undo else seed_database(options_of(context), words)
