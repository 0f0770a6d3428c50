"""Everything that a person sees: the only place that uses rich. JSON goes to stdout alone, progress to stderr."""

from ndcops.cli.render.console import confirm, say, show_error, show_json, show_table
from ndcops.cli.render.progress import StackProgressTable, WorkProgress
from ndcops.cli.render.stacks import show_changes, show_proposal, show_result
from ndcops.cli.render.status import show_status

__all__ = [
    "StackProgressTable",
    "WorkProgress",
    "confirm",
    "say",
    "show_changes",
    "show_error",
    "show_json",
    "show_proposal",
    "show_result",
    "show_status",
    "show_table",
]
