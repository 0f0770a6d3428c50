"""Why a task or a connection failed, from Ansible's messages, and which of them end a run as an error."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.hardening import TaskFailure

LONGEST_REASON = 600


class Cause(StrEnum):
    """What went wrong, as a phrase that starts the reason."""

    HOST_KEY = "its SSH host key is not the one in known_hosts"
    LOGIN = "the operator's key does not log in"
    SUDO_PASSWORD = "the sudo password is wrong"  # noqa: S105
    UNREACHABLE = "it cannot be reached"
    MIRROR = "the package mirror cannot be reached from this host"
    DISK_FULL = "its disk is full"
    READ_ONLY = "its file system is read-only"


# The first that matches names the cause; messages of OpenSSH, sudo, apt and the kernel.
CONNECTION: tuple[tuple[Cause, str], ...] = (
    (Cause.HOST_KEY, r"host key verification failed|remote host identification has changed|host key is known"),
    (Cause.LOGIN, r"permission denied \(|too many authentication failures"),
    (Cause.SUDO_PASSWORD, r"(incorrect|missing|wrong) (sudo|become) password|sorry, try again"),
    (Cause.DISK_FULL, r"no space left on device|disk quota exceeded"),
    (Cause.READ_ONLY, r"read-only file system"),
)
PACKAGES: tuple[Cause, str] = (
    Cause.MIRROR,
    r"could not (connect|resolve)|connection (failed|timed out|refused)|temporary failure resolving|"
    r"failed to fetch|failed to update apt cache|cannot initiate the connection",
)


def cause_of(text: str, *, action: str, unreachable: bool) -> Cause | None:
    """Return what a message of Ansible means, None when it speaks for itself."""
    packages: tuple[tuple[Cause, str], ...] = (
        (PACKAGES,) if action.rpartition(".")[2] in {"apt", "package", "apt_repository"} else ()
    )
    for cause, pattern in (*CONNECTION, *packages):
        if re.search(pattern, text, re.IGNORECASE):
            return cause
    return Cause.UNREACHABLE if unreachable else None


def reason_of(result: Mapping[str, Any], *, action: str, unreachable: bool = False) -> str:
    """Return why a task failed: the cause and the module's own words."""
    if result.get("_ansible_no_log") or "censored" in result:
        return "the task failed; its output holds secrets and is not shown"
    words = [str(result.get(key) or "") for key in ("msg", "module_stderr", "stderr")]
    words += [_item_words(item) for item in result.get("results") or () if item.get("failed")]
    text = " ".join(" ".join(word.split()) for word in words if word.strip())
    cause = cause_of(text, action=action, unreachable=unreachable)
    full = f"{cause}: {text}" if cause is not None and text else text or str(cause or "no reason was given")
    return full if len(full) <= LONGEST_REASON else f"{full[:LONGEST_REASON]}…"


def _item_words(item: Mapping[str, Any]) -> str:
    return f"{item.get('item', '')}: {item.get('msg', '')}"


def refusal(failures: Sequence[TaskFailure], known_hosts: Path) -> NdcopsError | None:
    """Return the error for a run in which no task ran: a host key that differs, a wrong sudo password."""
    keys = [failure for failure in failures if failure.reason.startswith(Cause.HOST_KEY)]
    if keys:
        return Refused(
            f"{_hosts(keys)}: the SSH host key is not the one in {known_hosts}",
            details=["either the host was installed anew, or somebody stands between"],
            resolution="at the host's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        )
    passwords = [failure for failure in failures if failure.reason.startswith(Cause.SUDO_PASSWORD)]
    if passwords:
        return InvalidInput(
            f"{_hosts(passwords)}: the sudo password is wrong",
            resolution="give the right one through NDCOPS_SUDO_PASSWORD_FD",
        )
    return None


def _hosts(failures: Sequence[TaskFailure]) -> str:
    return ", ".join(sorted({f"host {failure.host}" for failure in failures}))
