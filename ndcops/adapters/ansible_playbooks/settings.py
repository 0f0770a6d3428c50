"""What every run of the play needs: the playbooks, how hosts are entered, where the run keeps its files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PlaybookSettings:
    """playbooks: folder of harden.yml. state: private folder for what a run keeps while it lasts.

    identity: a private key file; None asks the ssh-agent. sudo_password: asked once a run; it is never logged,
    written, nor given in an argument.
    """

    playbooks: Path
    known_hosts: Path
    identity: Path | None
    sudo_password: Callable[[], str]
    state: Path
    playbook: str = "harden.yml"
    forks: int = 20
