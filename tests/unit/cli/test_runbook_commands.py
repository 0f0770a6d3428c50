"""Every command that the sample runbook shows exists and parses; those of what is still being built are listed."""

import shlex

import pytest
import typer

from ndcops.adapters.inventory_files import read_inventory
from ndcops.cli.app import app
from ndcops.cli.options import in_front
from ndcops.model.lifecycle import LifecycleState
from tests.conftest import REPOSITORY

PENDING: frozenset[str] = frozenset()
"""Verbs of `ndcops agency` that move data: not in this release yet. A verb that has come must leave this list."""

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


def is_pending(command: str) -> bool:
    _, group, verb, *_ = shlex.split(command)
    return group == "agency" and verb in PENDING


@pytest.mark.parametrize("command", [each for each in COMMANDS if not is_pending(each)])
def test_a_command_of_the_runbook_exists_and_parses(command: str) -> None:
    assert parsed(command) is not None


@pytest.mark.parametrize("verb", sorted(PENDING))
def test_a_verb_that_has_come_is_no_longer_pending(verb: str) -> None:
    with pytest.raises(typer.TyperException, match=f"No such command '{verb}'"):
        parsed(f"ndcops agency {verb} bo-tu-phap")


def test_pending_verbs_are_those_of_the_runbook() -> None:
    assert {shlex.split(each)[2] for each in COMMANDS if is_pending(each)} == PENDING


def test_up_to_the_landing_zone_nothing_is_pending() -> None:
    assert RUNBOOK is not None
    early = [step for step in RUNBOOK.steps if step.state.rank <= LifecycleState.LANDING_ZONE_READY.rank]
    assert [step.id for step in early if is_pending(step.command)] == []
    assert {step.state.rank for step in early} >= {0, 1, 2, 3, 4}


def test_words_that_a_command_does_not_take_are_found() -> None:
    with pytest.raises(typer.TyperException, match="No such option"):
        parsed("ndcops agency assess bo-tu-phap --all-of-it")
