"""`ndcops ledger`: show what was recorded and the register that it adds up to, verify every copy, export."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode

app = typer.Typer(
    help="The ledger: every action, chained, signed, and kept at every centre.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

At = Annotated[
    str | None, typer.Option("--at", help="Read this copy: a site, or 'coordination store' (the default).")
]


@app.command()
def show(
    context: typer.Context,
    at: At = None,
    last: Annotated[int, typer.Option(help="So many of the latest records.", min=1)] = 20,
    register: Annotated[
        bool, typer.Option("--register", help="Show what all records add up to: agencies, services, states.")
    ] = False,
    restore: Annotated[
        list[str] | None,
        typer.Option(help="Show in which order to bring back what lived at this lost site; may be repeated."),
    ] = None,
) -> int:
    """Show the latest records, the register, or the plan to restore what lost sites held."""
    from ndcops.cli import render
    from ndcops.cli.ledger_answers import open_ledger, read_register

    options = options_of(context)
    book = open_ledger(options)
    if restore:
        from ndcops.onboarding.plan.register import restore_plan

        found = read_register(book, at)
        render.show_restore_plan(restore_plan(found.register, restore), found, options.json)
    elif register:
        render.show_register(read_register(book, at), options.json)
    else:
        records = [record for record in book.records_of(book.copy(at))][-last:]
        render.show_records(records, options.json)
    return ExitCode.DONE


@app.command()
def verify(
    context: typer.Context,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="A signed head that was kept apart, such as an auditor's; may be repeated."),
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Verify this exported file, not the copies.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="With --export: a trusted key, NAME+HASH+KEY.")] = None,
    mend: Annotated[
        bool, typer.Option("--mend", help="Write copies that do not hold anew, from one that does.")
    ] = False,
) -> int:
    """Check every copy's chain, Merkle root and signatures, and all against each other. Exit 5 if they differ."""
    from ndcops.cli import render
    from ndcops.cli.ledger_answers import mend_copies, open_ledger, read_head
    from ndcops.wiring import ledger as wired

    options = options_of(context)
    if export is not None:
        render.show_export_verdict(export, wired.judge_export(export, key or [], against or []), options.json)
        return ExitCode.DONE
    book = open_ledger(options)
    found = book.verify([(str(path), read_head(path)) for path in against or []])
    if mend:
        return mend_copies(book, found, options)
    render.show_ledger_verification(found, options.json)
    return ExitCode.DONE if found.is_whole else ExitCode.DIFFERENCES


@app.command()
def export(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The file to write, such as ledger.gz.")],
    at: At = None,
    verifier: Annotated[
        Path | None,
        typer.Option(help="Write the program beside it that verifies the file: python3 FILE EXPORT."),
    ] = None,
) -> int:
    """Write the whole ledger into one file that anybody can verify without ndcops."""
    from ndcops.cli import render
    from ndcops.cli.ledger_answers import open_ledger
    from ndcops.wiring import ledger as wired

    options = options_of(context)
    book = open_ledger(options)
    size_bytes = wired.export_ledger(book, at, path, verifier)
    keys = [each.text() for each in book.rules.keys]
    render.show_export(path, verifier, size_bytes, keys, options.json)
    return ExitCode.DONE
