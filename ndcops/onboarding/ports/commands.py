"""How a runbook runs the commands that it shows."""

from typing import Protocol

from ndcops.model.document import Value


class Outcome(Value):
    """How a command ended. took_s: whole seconds."""

    exit_code: int
    stdout: str
    stderr: str
    took_s: int


class Commands(Protocol):
    """This very program, on the same target and inventory."""

    def run(self, command: str, *, time_box_s: int) -> Outcome:
        """Run a command as it is written, to its end; at the end of its time box it is stopped as by Ctrl-C.

        Raises Refused when it needs a key and none is at hand.
        """
        ...
