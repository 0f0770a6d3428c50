"""Turns a failed engine run into an error for people: which objects failed, why, what to type next."""

import errno
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
        reasons = [line.strip() for line in str(error).splitlines() if "error:" in line] or [str(error).strip()]
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
        resolution=f"ndcops stack up --site {stack.site} --layer {stack.layer}",
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
