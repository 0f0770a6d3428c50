"""Senders of events to the lab's collector (RFC 5425), with a certificate or without."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from ndcops.lab.hosts.status import LabHostsStatus


@contextmanager
def collector(found: LabHostsStatus, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    assert found.siem is not None
    address = (found.siem.address, found.syslog_tls_port)
    with (
        socket.create_connection(address, timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="siem") as connection,
    ):
        yield connection


def framed(message: str) -> bytes:
    return f"{len(message.encode())} {message}".encode()


def turned_away(found: LabHostsStatus, context: ssl.SSLContext, message: str) -> bool:
    """Whether the collector ends the connection of who sends this.

    In TLS 1.3 a client is done with its handshake before the server has judged its certificate (RFC 8446, 2):
    sending may well succeed, and only reading tells.
    """
    try:
        with collector(found, context) as connection:
            connection.sendall(framed(message))
            return connection.recv(1) == b""
    except TimeoutError:
        return False
    except (ssl.SSLError, ConnectionError):
        return True
