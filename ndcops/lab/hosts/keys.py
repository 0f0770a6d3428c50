"""Keys of the lab hosts, all made before the first boot: host keys, operator's key and password, certificates."""

import secrets
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ndcops.lab.hosts.layout import HostsPaths, HostState
from ndcops.lab.hosts.siem import ALIAS
from ndcops.lab.pki import Authority, Subject
from ndcops.lab.private_file import write_private
from ndcops.model.errors import NdcopsError
from ndcops.model.host import HostRole

OPERATOR = "operator"
HOST_KEY_KINDS = {"ed25519": (), "rsa": ("-b", "3072")}
"""Key types of a host, and ssh-keygen's further arguments. RSA, at the 3072 bits that ANSSI asks, is for clients
that know nothing newer."""


def _make_key(path: Path, kind: str, comment: str) -> None:
    """A key pair without passphrase, unless it is there; whole or not at all."""
    public = path.with_name(f"{path.name}.pub")
    if path.exists() and public.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    argv = ["ssh-keygen", "-q", "-t", kind, *HOST_KEY_KINDS[kind], "-N", "", "-C", comment, "-f", str(fresh)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise NdcopsError(
            f"ssh-keygen could not make {path}", details=[done.stderr.strip()], resolution="ndcops lab hosts up"
        )
    fresh.with_name(f"{fresh.name}.pub").replace(public)
    fresh.replace(path)


def make_operator(paths: HostsPaths) -> None:
    """The operator's key and sudo password."""
    _make_key(paths.identity, "ed25519", OPERATOR)
    if not paths.sudo_password.exists():
        write_private(paths.sudo_password, secrets.token_urlsafe(24) + "\n")


def host_key_files(paths: HostsPaths, host: str) -> list[Path]:
    """A host's private keys; each public half lies beside its own."""
    return [paths.host_keys / host / f"ssh_host_{kind}_key" for kind in HOST_KEY_KINDS]


def make_host_keys(paths: HostsPaths, host: str) -> None:
    """A host's SSH keys."""
    for path, kind in zip(host_key_files(paths, host), HOST_KEY_KINDS, strict=True):
        _make_key(path, kind, f"root@{host}")


def write_known_hosts(paths: HostsPaths, hosts: Sequence[HostState]) -> None:
    """Every host's keys under its address and its name (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""
    lines = []
    for host in hosts:
        for path in host_key_files(paths, host.name):
            kind, key, *_ = path.with_name(f"{path.name}.pub").read_text().split()
            lines.append(f"{host.address},{host.name} {kind} {key}\n")
    write_private(paths.known_hosts, "".join(lines))


def make_certificates(paths: HostsPaths, hosts: Sequence[HostState], now: datetime) -> None:
    """An authority, and a certificate per host that holds for its name and address."""
    authority = Authority(paths.pki, "ndcops lab hosts", now)
    for host in hosts:
        names = (host.name, host.address, *([ALIAS] if host.role is HostRole.SIEM else []))
        authority.issue(host.name, Subject(host.name, hosts=names))
