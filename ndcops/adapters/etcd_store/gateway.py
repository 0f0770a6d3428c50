"""One member of an etcd through its JSON gateway (etcd.io, "gRPC gateway"); `client` asks several in turn."""

import json
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import urllib3

from ndcops.adapters.etcd_store.access import EtcdAccess
from ndcops.model.coordination import CoordinationMember
from ndcops.model.record import JsonObject

NOT_FOUND, ALREADY_EXISTS, EXHAUSTED, FAILED_PRECONDITION = 5, 6, 8, 9
_UNAVAILABLE: Final = frozenset({1, 4, 14})
"""gRPC codes of a member that cannot serve now, though another may: cancelled, deadline, unavailable."""

_REQUIRE_LEADER: Final = {"Grpc-Metadata-hasleader": "true"}
"""A member without a leader then says so at once, and holds no request (etcd, rpctypes/metadatafields.go)."""


class NoAnswer(Exception):
    """The member gave no answer that counts; what was asked may have been done, or not."""


class Rejected(Exception):
    """The store answered with an error. code: gRPC's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Reply:
    """A member's answer. date: its own clock, in whole seconds, when it said so."""

    body: JsonObject
    date: datetime | None


class Gateway:
    """One member; safe for several threads."""

    def __init__(self, member: CoordinationMember, access: EtcdAccess) -> None:
        self.member = member
        where = urlsplit(member.endpoint)
        self._pool = urllib3.HTTPSConnectionPool(
            where.hostname or "",
            where.port,
            maxsize=4,
            retries=False,
            ca_certs=str(access.ca_file),
            cert_file=str(access.client_certificate_file),
            key_file=str(access.client_key_file),
            ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
        )

    def post(
        self, path: str, body: JsonObject, *, connect_s: float, read_s: float, any_leader: bool = False
    ) -> Reply:
        """The answer; with `any_leader` also of a member that has none. Raises NoAnswer, Rejected."""
        try:
            response = self._pool.request(
                "POST",
                path,
                body=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"} | ({} if any_leader else _REQUIRE_LEADER),
                timeout=urllib3.Timeout(connect=connect_s, read=read_s),
            )
            data = response.data
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(_reason(error)) from error
        return Reply(_answer(response.status, data), _date(response.headers.get("Date")))

    def close(self) -> None:
        """Close its connections."""
        self._pool.close()


def _answer(status: int, data: bytes) -> JsonObject:
    """The JSON of an answer; a stream's (keep-alive) is its first line. Raises NoAnswer, Rejected."""
    try:
        parsed = json.loads(data.partition(b"\n")[0])
    except ValueError as error:
        raise NoAnswer(f"status {status}, and no JSON: {data[:80].decode(errors='replace')}") from error
    if not isinstance(parsed, dict):
        raise NoAnswer(f"status {status}: {str(parsed)[:80]}")
    failure = parsed.get("error") if isinstance(parsed.get("error"), dict) else parsed if status >= 400 else None
    if failure is not None:
        code, message = failure.get("code", failure.get("grpc_code", 2)), str(failure.get("message", ""))
        if code in _UNAVAILABLE:
            raise NoAnswer(message)
        raise Rejected(int(code), message)
    return parsed


def _reason(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError | urllib3.exceptions.ReadTimeoutError):
        return "does not answer in time"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "connection refused or no way there"
    return " ".join(str(error).split())[:200]


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
