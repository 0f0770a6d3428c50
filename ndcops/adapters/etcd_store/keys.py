"""Where things lie in the coordination store; the modules beside take their keys from here."""

from dataclasses import dataclass

ROOT = "ndcops/v1"


@dataclass(frozen=True)
class Keys:
    """Keys below one root. A run's records are numbered with six digits, so that they list in order."""

    root: str = ROOT

    @property
    def lock(self) -> str:
        """The operator lock: it exists while somebody holds it, and dies with his lease."""
        return f"{self.root}/operator/lock"

    @property
    def epoch(self) -> str:
        """The last epoch that was given out; never removed."""
        return f"{self.root}/operator/epoch"

    def records(self, run: str) -> str:
        """The prefix of a run's records."""
        return f"{self.root}/runs/{run}/"

    def record(self, run: str, index: int) -> str:
        """One record."""
        return f"{self.records(run)}{index:06d}"

    @property
    def heads(self) -> str:
        """The prefix of all runs' heads."""
        return f"{self.root}/heads/"

    def head(self, run: str) -> str:
        """A run in short."""
        return f"{self.heads}{run}"

    def broken_glass(self, run: str) -> str:
        """The signed order under which a run went on without a majority."""
        return f"{self.root}/broken-glass/{run}"
