"""A key file that is none, or is locked, and a host that is not there: said before or instead of a login."""

import socket
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from ndcops.adapters.ssh_hosts.access import SshAccess, connected
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.hardening import HostTarget
from ndcops.model.host import Host


def target(port: int) -> HostTarget:
    host = Host(name="h1", site="ndc1", role="bastion", address="127.0.0.1", ssh_port=port)
    return HostTarget(host=host, user="operator")


def access(tmp_path: Path, identity: Path) -> SshAccess:
    (tmp_path / "known_hosts").touch()
    return SshAccess(tmp_path / "known_hosts", identity, lambda: "secret", timeout_s=1.0)


def write_key(path: Path, passphrase: bytes = b"") -> Path:
    way = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    key = ed25519.Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, way))
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read: No such file"), (b"no key", "is no private key that SSH can use")],
)
def test_what_is_no_key_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=words), connected(access(tmp_path, path), target(9)):
        pytest.fail("it connected")


def test_a_locked_key_sends_to_the_agent(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key", b"passphrase")
    with (
        pytest.raises(InvalidInput, match="is locked by a passphrase") as caught,
        connected(access(tmp_path, path), target(9)),
    ):
        pytest.fail("it connected")
    assert caught.value.resolution.startswith("ssh-add ")


def test_nobody_at_the_port_is_said_with_host_and_port(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            pytest.raises(NdcopsError, match=rf"host h1 \(127.0.0.1 port {port}\) cannot be reached"),
            connected(access(tmp_path, path), target(port)),
        ):
            pytest.fail("it connected")


def test_a_missing_known_hosts_is_said(tmp_path: Path) -> None:
    missing = SshAccess(tmp_path / "gone", None, lambda: "secret")
    with pytest.raises(InvalidInput, match="cannot be read"), connected(missing, target(9)):
        pytest.fail("it connected")
