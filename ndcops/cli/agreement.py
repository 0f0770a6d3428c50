"""Before something changes: the plan shown, `--dry-run` heard, the person asked."""

from collections.abc import Callable

from ndcops.cli import render
from ndcops.cli.options import Options
from ndcops.cli.signals import default_signals


def agreed(options: Options, target: str, show: Callable[[bool], None]) -> bool:
    """Whether to go on; False after `--dry-run`. show: takes whether JSON is wanted.

    Raises as `render.confirm` does.
    """
    if options.dry_run or not options.json:
        show(options.json)
    if options.dry_run:
        return False
    with default_signals():
        render.confirm(target, yes=options.yes)
    return True
