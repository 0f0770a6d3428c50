"""Messages of Ansible, OpenSSH, sudo and apt, and the errors they become."""

from pathlib import Path
from typing import Any

import pytest

from ndcops.adapters.ansible_playbooks.reasons import Cause, reason_of, refusal
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.hardening import TaskFailure

KNOWN = Path("inventory/known_hosts")


@pytest.mark.parametrize(
    ("message", "action", "unreachable", "cause"),
    [
        ("Failed to connect to the host via ssh: Host key verification failed.", "setup", True, Cause.HOST_KEY),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "setup", True, Cause.HOST_KEY),
        ("No ED25519 host key is known for 198.18.1.2", "setup", True, Cause.HOST_KEY),
        ("operator@198.18.1.2: Permission denied (publickey).", "setup", True, Cause.LOGIN),
        ("Task failed: Incorrect sudo password", "setup", False, Cause.SUDO_PASSWORD),
        ("Missing sudo password", "setup", False, Cause.SUDO_PASSWORD),
        ("connect to host 198.18.1.2 port 22: No route to host", "setup", True, Cause.UNREACHABLE),
        ("Failed to fetch http://mirror/: Could not connect", "ansible.builtin.apt", False, Cause.MIRROR),
        ("[Errno 28] No space left on device", "ndcops.host.files", False, Cause.DISK_FULL),
        ("/etc/a: Read-only file system", "ndcops.host.files", False, Cause.READ_ONLY),
    ],
)
def test_causes(message: str, action: str, unreachable: bool, cause: Cause) -> None:
    assert reason_of({"msg": message}, action=action, unreachable=unreachable) == f"{cause}: {message}"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"msg": "visudo refuses\n the new text"}, "visudo refuses the new text"),
        ({"msg": "Could not connect to the bus"}, "Could not connect to the bus"),
        ({}, "no reason was given"),
        ({"censored": "x", "msg": "SECRET"}, "the task failed; its output holds secrets and is not shown"),
        ({"msg": "x" * 700}, "x" * 600 + "…"),
        ({"results": [{"failed": True, "item": "a", "msg": "b"}, {"item": "c"}]}, "a: b"),
    ],
)
def test_other_reasons(result: dict[str, Any], reason: str) -> None:
    assert reason_of(result, action="ndcops.host.files") == reason


def failure(cause: Cause, host: str = "ndc1-bastion-1") -> TaskFailure:
    return TaskFailure(host=host, control="", task="", reason=f"{cause}: …")


def test_a_wrong_host_key_is_refused_and_a_wrong_password_is_bad_input() -> None:
    both = [failure(Cause.SUDO_PASSWORD), failure(Cause.HOST_KEY, "ndc2-siem-1")]
    error = refusal(both, KNOWN)
    assert isinstance(error, Refused)
    assert error.message == "host ndc2-siem-1: the SSH host key is not the one in inventory/known_hosts"
    error = refusal(both[:1], KNOWN)
    assert isinstance(error, InvalidInput)
    assert error.message == "host ndc1-bastion-1: the sudo password is wrong"
    assert refusal([failure(Cause.UNREACHABLE)], KNOWN) is None
