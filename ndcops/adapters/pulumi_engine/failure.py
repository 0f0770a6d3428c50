"""Turns a failed engine run into an error for people: which objects failed, why, what to type next."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.automation.errors import CommandError

from ndcops.adapters.pulumi_engine.events import EventCollector
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.stack_changes import StackId

MOST_LINES = 12
"""More reasons than this are one fault seen many times."""


def engine_failure(stack: StackId, events: EventCollector, error: CommandError) -> NdcopsError:
    """The error to raise; Refused when the cluster is not the pinned one."""
    reasons = [line for line in events.diagnostics if line not in ("update failed", "preview failed")]
    if not reasons:
        reasons = _last_words(str(error))
    details = reasons[:MOST_LINES]
    if len(reasons) > MOST_LINES:
        details.append(f"… and {len(reasons) - MOST_LINES} more")
    if any("another cluster" in line for line in reasons):
        return Refused(f"stack {stack}: the cluster is not the one that the target pins", details=details)
    if any("no space left on device" in line for line in reasons):
        return _disk_full(stack, details)
    return NdcopsError(
        f"stack {stack}: {len(events.failures)} objects failed" if events.failures else f"stack {stack} failed",
        details=details,
        resolution=f"ndcops agency provision {stack.agency}"
        if stack.agency
        else f"ndcops stack up --site {stack.site} --layer {stack.layer}",
    )


def _last_words(report: str) -> list[str]:
    """What a failed command says, of the Automation API's report (`code: N`, then stdout and stderr)."""
    code = re.match(r"\s*code: (-?\d+)", report)
    number = int(code[1]) if code is not None else 1
    if number < 0:
        return [f"the engine was killed by signal {-number}"]
    lines = [re.sub(r"^ *std(out|err): ", "", line).strip() for line in report.splitlines()]
    said = [line for line in lines if line and not line.startswith("code: ")]
    return (
        [line for line in said if "error:" in line] or said[-1:] or [f"the engine ended with exit code {number}"]
    )


@contextmanager
def system_failures(stack: StackId) -> Iterator[None]:
    """Turns what the operating system refuses (a full disk, a missing engine) into an error for people."""
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror or error}: {error.filename or 'no file named'}"
        if error.errno == errno.ENOSPC:
            raise _disk_full(stack, [reason]) from error
        raise NdcopsError(f"stack {stack}: {reason}", resolution="ndcops doctor") from error


def _disk_full(stack: StackId, details: list[str]) -> NdcopsError:
    return NdcopsError(
        f"stack {stack}: the disk of its state is full",
        details=details,
        resolution="free space, then run again",
    )
