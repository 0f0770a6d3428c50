"""Whether a command ended as the runbook says; pure."""

import re

from ndcops.model.runbook import Check
from ndcops.onboarding.ports.commands import Outcome


def unexpected(check: Check, outcome: Outcome) -> str:
    """What is not as it must be; empty when all is."""
    if outcome.exit_code != check.exit_code:
        lines = [line.strip() for line in outcome.stderr.splitlines() if line.strip()]
        said = next(
            (line for line in lines if line.startswith(("refused:", "error:"))), lines[-1] if lines else ""
        )
        return f"ended with {outcome.exit_code}, {check.exit_code} was expected" + (f": {said}" if said else "")
    if not re.search(check.expected, outcome.stdout):
        return f"what it printed does not match {check.expected}"
    return ""
