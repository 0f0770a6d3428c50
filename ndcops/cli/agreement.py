"""Before something changes: the plan shown, `--dry-run` heard, the person asked."""

import threading
from collections.abc import Callable
from typing import Any

from ndcops.cli import render
from ndcops.cli.options import Options
from ndcops.cli.signals import default_signals
from ndcops.model.errors import Interrupted
from ndcops.workflow.plan import Plan

Show = Callable[[bool], None]
"""Shows what would be done; takes whether JSON is wanted."""


def agreed(options: Options, target: str, show: Show, *, stop: threading.Event | None = None) -> bool:
    """Whether to go on; False after `--dry-run`. Raises as `ask` does."""
    if not _shown(options, show):
        return False
    ask(options, target, stop=stop)
    return True


def agreed_plan(
    options: Options,
    plan: Plan[Any],
    show: Show,
    *,
    stop: threading.Event | None = None,
    typed: str | None = None,
) -> bool:
    """The same for a plan; one without steps asks nobody, and says in JSON that nothing was done."""
    if not _shown(options, show):
        return False
    if not plan.steps:
        if options.json:
            render.show_json({"plan": plan.document(), "done": {}})
        return False
    ask(options, plan.target, stop=stop, typed=typed)
    return True


def ask(options: Options, target: str, *, stop: threading.Event | None = None, typed: str | None = None) -> None:
    """Ask the person; meanwhile signals end the command at once.

    stop: set when the command was stopped while it planned. typed: a word that must be typed instead of yes.
    Raises Interrupted, and as `render.confirm` does.
    """
    if stop is not None and stop.is_set():
        raise Interrupted("interrupted; nothing was changed")
    with default_signals():
        render.confirm(target, yes=options.yes, typed=typed)


def _shown(options: Options, show: Show) -> bool:
    """Show; with JSON alone only a dry run shows, for the end tells the plan. False after `--dry-run`."""
    if options.dry_run or not options.json:
        show(options.json)
    return not options.dry_run
