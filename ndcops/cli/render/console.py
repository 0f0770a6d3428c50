"""The two consoles, JSON documents, errors, tables and the question before a change."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ndcops.model.errors import InvalidInput, NdcopsError, Refused

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def show_json(document: Any) -> None:
    """Print the one JSON document of a `--json` run."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=False) + "\n")


def say(line: str) -> None:
    """One line for the person, on stderr, so that stdout stays data."""
    err.print(escape(line))


def show_error(error: NdcopsError, *, as_json: bool) -> None:
    """What failed, why, and the next command to type."""
    if as_json:
        show_json(
            {
                "error": {
                    "message": error.message,
                    "details": list(error.details),
                    "resolution": error.resolution,
                    "exit_code": int(error.exit_code),
                }
            }
        )
    err.print(f"[bold red]{_label(error)}[/] {escape(error.message)}", soft_wrap=True)
    for line in error.details:
        err.print(f"  {escape(line)}", soft_wrap=True)
    if error.resolution:
        err.print(f"[bold]next:[/] {escape(error.resolution)}", soft_wrap=True)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table of plain values; numbers stand right."""
    listed = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    for index, column in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[index], int | float) for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    out.print(table)


def confirm(target: str, *, yes: bool, typed: str | None = None) -> None:
    """Ask before a change. Raises InvalidInput without a terminal or `--yes`, Refused when the answer is no.

    typed: the word that must be typed, `--yes` or not, before what cannot be undone in production.
    """
    if yes and typed is None:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(
            "this command changes things and cannot ask: there is no terminal",
            resolution="add --yes" if typed is None else "run it in a terminal: the target's name must be typed",
        )
    question = f"type '{typed}' to go on" if typed else f"apply this plan to {target}? [y/N]"
    try:
        answer = err.input(f"[bold]{escape(question)}[/] ").strip().lower()
    except EOFError:  # Ctrl-D
        answer = ""
    if answer != (typed or "y") and not (typed is None and answer == "yes"):
        raise Refused("not confirmed; nothing was changed")


def _label(error: NdcopsError) -> str:
    return "refused:" if isinstance(error, Refused) else "error:"
