"""Copies of a moved database, on which a change of the writing end is rehearsed whole."""

from typing import Protocol

from ndcops.model.cutover import WriterFindings
from ndcops.model.move import Move


class Clones(Protocol):
    """Two copies on the centre's server. Every method raises NdcopsError when the server refuses or is gone."""

    def make(self, move: Move) -> Move:
        """Both copies, streaming from the first to the second; leftovers of a killed rehearsal go first."""
        ...

    def write(self, clone: Move) -> None:
        """Let a client write to whichever copy takes it."""
        ...

    def written(self, clone: Move) -> WriterFindings:
        """End that client; every row that it was confirmed must be in the first copy."""
        ...

    def go_on(self, move: Move) -> None:
        """The stream into the target goes on, if a killed rehearsal left it standing."""
        ...

    def remove(self, move: Move) -> None:
        """Take both copies away."""
        ...
