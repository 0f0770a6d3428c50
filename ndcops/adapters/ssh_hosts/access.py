"""Opens SSH connections to hosts: known keys only, the operator's key, and errors that name the next step."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import paramiko
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import (
    AuthenticationException,
    BadHostKeyException,
    NoValidConnectionsError,
    PasswordRequiredException,
    SSHException,
)

from ndcops.model.errors import InvalidInput, NdcopsError, Refused
from ndcops.model.hardening import HostTarget

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # what it logs, it also raises

TIMEOUT_S = 10.0
KEEPALIVE_S = 5


@dataclass(frozen=True)
class SshAccess:
    """How hosts are entered. identity: a private key file; None asks the ssh-agent.

    sudo_password: asked only when sudo asks; it is never logged nor given in an argument.
    """

    known_hosts: Path
    identity: Path | None
    sudo_password: Callable[[], str]
    timeout_s: float = TIMEOUT_S


class _UnknownKey(SSHException):
    """The host's key is not in known_hosts."""

    def __init__(self, key: paramiko.PKey) -> None:
        super().__init__("unknown host key")
        self.key = key


class _Reject(paramiko.RejectPolicy):
    """As RejectPolicy, but keeps the key for the message."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
        del client, hostname
        raise _UnknownKey(key)


@contextmanager
def connected(access: SshAccess, target: HostTarget) -> Iterator[paramiko.SSHClient]:
    """A new connection, closed at the end. Raises Refused for a host key, NdcopsError, InvalidInput."""
    client = paramiko.SSHClient()
    try:
        client.load_host_keys(str(access.known_hosts))
    except OSError as error:
        raise InvalidInput(
            f"{access.known_hosts} cannot be read: {error.strerror}",
            details=["only hosts whose keys are known are entered"],
            resolution=f"collect the keys at the hosts' consoles into {access.known_hosts}",
        ) from error
    client.set_missing_host_key_policy(_Reject())
    try:
        _connect(client, access, target)
        yield client
    finally:
        client.close()


def _connect(client: paramiko.SSHClient, access: SshAccess, target: HostTarget) -> None:
    try:
        client.connect(
            target.host.address,
            target.host.ssh_port,
            target.user,
            pkey=_identity(access.identity) if access.identity is not None else None,
            allow_agent=access.identity is None,
            look_for_keys=False,
            timeout=access.timeout_s,
            banner_timeout=access.timeout_s,
            auth_timeout=access.timeout_s,
        )
        transport = client.get_transport()
        if transport is not None:
            transport.set_keepalive(KEEPALIVE_S)
    except BadHostKeyException as error:
        raise _wrong_key(access, target, error) from error
    except _UnknownKey as error:
        raise _unknown_key(access, target, error.key) from error
    except AuthenticationException as error:
        raise _no_login(access, target, str(error)) from error
    except (NoValidConnectionsError, TimeoutError, socket.gaierror, OSError) as error:
        raise unreachable(target, str(error)) from error
    except (SSHException, EOFError) as error:
        raise _no_session(access, target, str(error)) from error


def _identity(path: Path) -> paramiko.PKey:
    """The operator's private key. Raises InvalidInput when the file is none, or is locked by a passphrase."""
    try:
        return paramiko.PKey.from_path(path)
    except OSError as error:
        raise InvalidInput(
            f"the key {path} cannot be read: {error.strerror}",
            resolution="set NDCOPS_SSH_IDENTITY to a private key",
        ) from error
    except (PasswordRequiredException, TypeError) as error:  # cryptography says TypeError for a missing passphrase
        raise InvalidInput(
            f"the key {path} is locked by a passphrase",
            resolution=f"ssh-add {path}, and unset NDCOPS_SSH_IDENTITY: the ssh-agent is asked then",
        ) from error
    except (SSHException, UnknownKeyType, ValueError) as error:
        raise InvalidInput(
            f"the key {path} is no private key that SSH can use: {error}",
            resolution="set NDCOPS_SSH_IDENTITY to a private key",
        ) from error


def unreachable(target: HostTarget, reason: str) -> NdcopsError:
    """The error for a host that does not answer."""
    return NdcopsError(
        f"host {target.where} cannot be reached",
        details=[reason],
        resolution=f"nc -vz {target.host.address} {target.host.ssh_port}",
    )


def _wrong_key(access: SshAccess, target: HostTarget, error: BadHostKeyException) -> Refused:
    return Refused(
        f"host {target.where} shows another host key than {access.known_hosts} has",
        details=[
            f"expected {error.expected_key.fingerprint}, got {error.key.fingerprint} ({error.key.get_name()})",
            "either the host was installed anew, or somebody stands between",
        ],
        resolution=_CHECK.format(name=target.host.name, known_hosts=access.known_hosts),
    )


def _unknown_key(access: SshAccess, target: HostTarget, key: paramiko.PKey) -> Refused:
    return Refused(
        f"host {target.where} is not in {access.known_hosts}",
        details=[f"it shows {key.fingerprint} ({key.get_name()})"],
        resolution=_CHECK.format(name=target.host.name, known_hosts=access.known_hosts),
    )


_CHECK = (
    "at the console of {name}: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; "
    "when it is the same, put that key into {known_hosts}"
)


def _no_login(access: SshAccess, target: HostTarget, reason: str) -> NdcopsError:
    key = f"the key {access.identity}" if access.identity is not None else "the ssh-agent's keys"
    return NdcopsError(
        f"host {target.where} does not let user '{target.user}' in with {key}",
        details=[reason, "the key is not authorised there, or the account is locked or expired"],
        resolution=f"at the console: chage -l {target.user}; passwd -S {target.user}; journalctl -u ssh -n 20",
    )


def _no_session(access: SshAccess, target: HostTarget, reason: str) -> NdcopsError:
    """The port answers but no session comes about: a broken sshd, or PAM's account check closing the line."""
    del access
    return NdcopsError(
        f"host {target.where} answers, but SSH as '{target.user}' does not come about",
        details=[reason, "its sshd is broken, or its PAM refuses the account (locked, expired)"],
        resolution="at the console: sshd -t; journalctl -u ssh -n 20",
    )
