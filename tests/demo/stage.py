"""Where the agency's chapter plays: its commands are shown with their reasons, and held to how they must end."""

import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ndcops.model.errors import ExitCode

REPOSITORY = Path(__file__).parents[2]
NDCOPS = Path(sys.executable).parent / "ndcops"


class EndedOtherwise(Exception):
    """A command did not end as it must. code: what the chapter ends with."""

    def __init__(self, code: int, expected: int) -> None:
        super().__init__(f"ended with {code}, {expected:d} was expected")
        self.code = code or int(ExitCode.FAILED)


@dataclass(frozen=True)
class Stage:
    """environment: of every command. folder: for what is made for the occasion; it goes with the chapter."""

    environment: Mapping[str, str]
    folder: Path

    def command(self, why: str, *words: str, expected: int = ExitCode.DONE) -> None:
        """Show and run it. Raises EndedOtherwise."""
        self.say(f"\n# {why}\n$ ndcops {shlex.join(words)}")
        code = subprocess.run([NDCOPS, *words], cwd=REPOSITORY, env=self.environment).returncode
        if code != expected:
            raise EndedOtherwise(code, expected)

    def asked(self, *words: str) -> str:
        """What a command prints that is asked in silence. Raises EndedOtherwise."""
        done = subprocess.run(
            [NDCOPS, *words], cwd=REPOSITORY, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise EndedOtherwise(done.returncode, ExitCode.DONE)
        return done.stdout

    def say(self, text: str) -> None:
        print(text, flush=True)
