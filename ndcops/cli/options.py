"""Options that every command takes; they may stand before or after the verb."""

from dataclasses import dataclass
from pathlib import Path

import typer

from ndcops.model.errors import InvalidInput

FLAGS = ("--json", "--yes", "-y", "--dry-run", "--debug")
VALUES = ("--site", "--target", "--inventory")


@dataclass(frozen=True)
class Options:
    """What stands in front of `ROOM VERB`. `sites` empty means all."""

    sites: tuple[str, ...] = ()
    json: bool = False
    yes: bool = False
    dry_run: bool = False
    debug: bool = False
    target: str = "lab"
    inventory: Path | None = None


def options_of(context: typer.Context) -> Options:
    """The options that the root callback kept."""
    found = context.find_object(Options)
    return found if found is not None else Options()


def options_to_act(context: typer.Context) -> Options:
    """The same for a command that acts at once. Raises InvalidInput for --dry-run: there is no plan to show."""
    options = options_of(context)
    if options.dry_run:
        raise InvalidInput(
            f"'{context.command_path}' has no plan to stop after, it acts at once",
            details=["nothing was changed"],
            resolution="leave out --dry-run",
        )
    return options


def in_front(arguments: list[str]) -> list[str]:
    """The arguments with the general options moved before the verb, where the parser expects them."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in FLAGS or word.startswith(tuple(f"{name}=" for name in VALUES)):
            front.append(word)
        elif word in VALUES:
            front += [word, *(next_word for next_word in [next(words, None)] if next_word is not None)]
        else:
            rest.append(word)
    return front + rest
