"""Every command that the sample runbook shows exists and parses; those of what is still being built are listed."""

import shlex

import pytest
import typer

from ndcops.adapters.inventory_files import read_inventory
from ndcops.cli.app import app
from ndcops.cli.options import in_front
from tests.conftest import REPOSITORY

BLANKS = {
    "agency": "bo-tu-phap",
    "system": "ho-tich-dien-tu",
    "database": "ho-tich-db",
    "agency_signer": "an",
    "centre_signer": "binh",
}
RUNBOOK = read_inventory(REPOSITORY / "inventory").runbook
assert RUNBOOK is not None
COMMANDS = sorted(
    {
        command.format_map(BLANKS)
        for step in RUNBOOK.steps
        for command in (
            step.command,
            step.verification.command,
            *(check.command for check in step.preconditions),
            *([step.rollback] if step.rollback else []),
        )
    }
)


def parsed(command: str) -> dict[str, object]:
    """The values of a command's options. Raises typer's error for words that it does not take."""
    node = typer.main.get_command(app)
    rest = in_front(shlex.split(command)[1:])
    context = node.make_context("ndcops", rest)
    while hasattr(node, "resolve_command"):
        name, node, rest = node.resolve_command(context, [*context._protected_args, *context.args])
        context = node.make_context(name, rest, parent=context)
    return dict(context.params)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_runbook_exists_and_parses(command: str) -> None:
    assert parsed(command) is not None


def test_words_that_a_command_does_not_take_are_found() -> None:
    with pytest.raises(typer.TyperException, match="No such option"):
        parsed("ndcops agency assess bo-tu-phap --all-of-it")
