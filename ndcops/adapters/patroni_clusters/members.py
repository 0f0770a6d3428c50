"""Patroni's REST API (patroni docs, REST API): what each member says of itself; `clusters` calls it."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import urllib3

TIMEOUT_S: Final = 1.5
"""Every member is asked at once; a store and its members answer or give up within 5 s together."""
CONNECT_TIMEOUT_S: Final = 0.7
"""A lost site's members take no connection: each look at a database after a loss waits for this."""

_NO_KEY: Final = "ndcops_wake"


@dataclass(frozen=True)
class MemberAnswer:
    """What a member says of itself.

    position: of WAL in bytes: written by a primary, replayed by a standby. state: `streaming` for a standby that
    follows, else what Patroni calls it. clock_offset_ms: its clock minus ours, to half a second.
    """

    is_primary: bool
    state: str
    timeline: int | None
    position: int | None
    clock_offset_ms: int | None


class MemberApi:
    """A client of all members, with client certificate; safe for several threads."""

    def __init__(
        self,
        authority: Path,
        certificate: Path,
        key: Path,
        *,
        timeout_s: float = TIMEOUT_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = urllib3.PoolManager(
            ca_certs=str(authority), cert_file=str(certificate), key_file=str(key), retries=False
        )
        self._timeout = urllib3.Timeout(connect=min(CONNECT_TIMEOUT_S, timeout_s), read=timeout_s)
        self._now = now

    def ask_all(self, urls: Mapping[str, str]) -> dict[str, MemberAnswer]:
        """By name, those that answer; `urls` are the members' api_url."""
        if not urls:
            return {}
        with ThreadPoolExecutor(len(urls)) as pool:
            answers = pool.map(self._ask, urls.values())
            return {name: answer for name, answer in zip(urls, answers, strict=True) if answer is not None}

    def wake(self, url: str) -> None:
        """Ask the member of that api_url for its next loop now; one that does not hear takes it at its time.

        Patroni wakes after every PATCH of /config (patroni/api.py, do_PATCH_config), also after one that changes
        nothing: here the removal of a key that there never was.
        """
        config = url.removesuffix("/patroni") + "/config"
        try:
            self._pool.request("PATCH", config, json={_NO_KEY: None}, timeout=self._timeout)
        except urllib3.exceptions.HTTPError:
            return

    def _ask(self, url: str) -> MemberAnswer | None:
        try:
            reply = self._pool.request("GET", url, timeout=self._timeout)
            # 503 is an answer too: a member whose PostgreSQL does not run
            if reply.status not in (200, 503):
                return None
            return member_answer(reply.json(), _offset_ms(reply.headers.get("Date"), self._now()))
        except (urllib3.exceptions.HTTPError, ValueError):
            return None


def member_answer(document: Any, clock_offset_ms: int | None) -> MemberAnswer:
    """What a member's `/patroni` says. Raises ValueError for anything else."""
    if not isinstance(document, dict) or "state" not in document:
        raise ValueError("not what Patroni's REST API answers")
    position = document.get("xlog") or {}
    is_primary = document.get("role") in ("primary", "master")
    written = position.get("location") if is_primary else position.get("replayed_location")
    return MemberAnswer(
        is_primary=is_primary,
        state=str(document.get("replication_state") or document["state"]),
        timeline=document.get("timeline"),
        position=int(written) if written is not None else None,
        clock_offset_ms=clock_offset_ms,
    )


def _offset_ms(date: str | None, now: datetime) -> int | None:
    """Date headers have whole seconds: half a second is added."""
    if date is None:
        return None
    return round((parsedate_to_datetime(date) - now).total_seconds() * 1000) + 500
