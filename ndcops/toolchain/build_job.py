"""One build as its steps see it: sources, scratch folders, log, pace; build.py makes it, the builders use it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ndcops.toolchain.disk_space import FreeBytes
from ndcops.toolchain.engines import EngineSource
from ndcops.toolchain.go_command import GoCommand, run_go
from ndcops.toolchain.progress import BuildProgress, Pace, ProgressSink, Stopwatch


@dataclass(frozen=True)
class BuildJob:
    """sources is a frozen copy of the Go module, product becomes the engine, scratch is thrown away."""

    source: EngineSource
    go: GoCommand
    sources: Path
    product: Path
    scratch: Path
    log: IO[bytes]
    on_progress: ProgressSink
    free: FreeBytes
    pace: Pace
    watch: Stopwatch = field(default_factory=Stopwatch)

    def tell(self, phase: str, done: int, total: int, remaining_s: float | None) -> None:
        """Report one moment to whoever watches."""
        self.on_progress(BuildProgress(self.source.name, phase, done, total, remaining_s))

    def run(
        self,
        arguments: Sequence[str],
        on_line: Callable[[str | None], None],
        output: IO[bytes] | None = None,
    ) -> None:
        """Run go on the copied sources; what it writes meanwhile stays in scratch and is swept with it."""
        run_go(
            self.go,
            arguments,
            folder=self.sources,
            log=self.log,
            on_line=on_line,
            environment={"GOTMPDIR": str(self.scratch)},
            output=output,
        )
