"""Errors that reach a person: what failed, why, the next command; the command line maps them to exit codes."""

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; a contract with CI pipelines (docs/architecture.md)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    PARTLY_APPLIED = 4
    DIFFERENCES = 5
    INTERRUPTED = 130


class NdcopsError(Exception):
    """Something failed.

    message: what failed and where, one line. details: the reasons, one line each.
    resolution: the next command or edit. exit_code: how the process ends.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, details: Sequence[str] = (), resolution: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.resolution = resolution


class InvalidInput(NdcopsError):
    """A file, option or value is wrong; nothing was changed."""

    exit_code = ExitCode.USAGE


class Refused(NdcopsError):
    """Acting would be unsafe, or a fact that the decision needs is unknown; nothing was changed."""

    exit_code = ExitCode.REFUSED


class PartlyApplied(NdcopsError):
    """Some steps were applied, then one failed; the next run resumes."""

    exit_code = ExitCode.PARTLY_APPLIED


class Interrupted(NdcopsError):
    """The operator stopped the run; the next run resumes."""

    exit_code = ExitCode.INTERRUPTED
