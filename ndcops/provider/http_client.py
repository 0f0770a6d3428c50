"""Pooled, retrying HTTPS to one API server; `cluster_api` is its only caller.

Calls are short (waiting is done by polling), so a pool of sixteen connections serves any number of
threads: a connection per thread would spend more CPU on TLS handshakes than on requests.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError, SSLError

from ndcops.model.errors import InvalidInput
from ndcops.provider.errors import ApiError, Cancelled, Unreachable
from ndcops.provider.kubeconfig import ClusterAccess
from ndcops.provider.tls import tls_context

CONNECTIONS: Final = 16
CONNECT_TIMEOUT_S: Final = 5.0
READ_TIMEOUT_S: Final = 60.0
RETRY_BUDGET_S: Final = 20.0
_FIRST_DELAY_S: Final = 0.1
_LONGEST_DELAY_S: Final = 3.0
_RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class _Transient:
    """A failure that the next attempt may not have."""

    error: ApiError | Unreachable
    retry_after_s: float


class HttpClient:
    """Requests to one API server. Every request that this client sends may be repeated safely."""

    def __init__(
        self,
        access: ClusterAccess,
        cancelled: threading.Event,
        on_warning: Callable[[str], None],
        *,
        retry_budget_s: float = RETRY_BUDGET_S,
    ) -> None:
        self._access = access
        self._cancelled = cancelled
        self._on_warning = on_warning
        self._retry_budget_s = retry_budget_s
        self._base = access.server.rstrip("/")
        # The pool itself: its manager would parse the same URL again for every request.
        self._pool = _manager(access).connection_from_url(self._base)
        self._path = urlsplit(self._base).path

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> tuple[int, Any]:
        """Status and decoded JSON of the answer.

        Raises ApiError for an answer of 400 and above, Unreachable when none came within the retry budget
        (connection refused, 429 and 5xx are tried again), Cancelled when the engine asked to stop.
        """
        payload = None if body is None else orjson.dumps(body)
        headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": "ndcops"}
        deadline = time.monotonic() + self._retry_budget_s
        delay_s = _FIRST_DELAY_S
        while True:
            if self._cancelled.is_set():
                raise Cancelled(f"stopped before {method} {path}")
            outcome = self._attempt(method, path, payload, headers)
            if not isinstance(outcome, _Transient):
                return outcome
            wait_s = max(outcome.retry_after_s, delay_s * random.uniform(0.7, 1.3))  # noqa: S311 - spreads retries
            if time.monotonic() + wait_s > deadline:
                raise outcome.error
            if self._cancelled.wait(wait_s):
                raise Cancelled(f"stopped while retrying {method} {path}") from outcome.error
            delay_s = min(delay_s * 2, _LONGEST_DELAY_S)

    def _attempt(
        self, method: str, path: str, payload: bytes | None, headers: dict[str, str], *, renewed: bool = False
    ) -> "tuple[int, Any] | _Transient":
        """The answer, or what may pass by itself. Raises what will not."""
        try:
            answer = self._send(method, path, payload, {**headers, **self._access.headers()})
        except SSLError as error:
            raise self._no_trust(error) from error
        except HTTPError as error:
            return _Transient(self._no_answer(error), 0.0)
        self._pass_warnings(answer)
        if answer.status < 400:
            return answer.status, orjson.loads(answer.data) if answer.data else None
        if answer.status == 401 and not renewed and self._access.renew():
            return self._attempt(method, path, payload, headers, renewed=True)
        failure = _api_error(answer)
        if answer.status in _RETRIED_STATUSES:
            return _Transient(failure, _retry_after_s(answer))
        raise self._explained(failure)

    def _send(self, method: str, path: str, payload: bytes | None, headers: dict[str, str]) -> Any:
        return self._pool.urlopen(
            method,
            self._path + path,
            body=payload,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
        )

    def _pass_warnings(self, answer: Any) -> None:
        warning = answer.headers.get("Warning")
        if warning:
            # RFC 7234: 299 - "text"
            self._on_warning(warning.split('"')[1] if '"' in warning else warning)

    def _no_answer(self, error: HTTPError) -> Unreachable:
        return Unreachable(
            f"the API server {self._base} does not answer",
            details=[str(error.__cause__ or error)],
            resolution=f"check that the cluster of context '{self._access.context}' runs, then run the same again",
        )

    def _no_trust(self, error: SSLError) -> Unreachable:
        return Unreachable(
            f"no trusted connection to the API server {self._base}",
            details=[str(error)],
            resolution=f"check certificate-authority and client-certificate of context '{self._access.context}'",
        )

    def _explained(self, failure: ApiError) -> ApiError:
        if failure.status == 401:
            failure.details = (f"context '{self._access.context}', user '{self._access.user}'", *failure.details)
            failure.message = f"the API server {self._base} refused the credentials (401 Unauthorized)"
            failure.resolution = "renew the credentials in the kubeconfig, then run the same again"
        return failure


def _manager(access: ClusterAccess) -> urllib3.PoolManager:
    options: dict[str, Any] = {"num_pools": 2, "maxsize": CONNECTIONS, "block": True}
    if access.server.startswith("https://"):
        options["ssl_context"] = tls_context(access)
        if access.tls_server_name:
            options["server_hostname"] = access.tls_server_name
            options["assert_hostname"] = access.tls_server_name
        elif access.insecure:
            options["assert_hostname"] = False
    elif not access.server.startswith("http://"):
        raise InvalidInput(
            f"the cluster's server '{access.server}' in the kubeconfig is no URL",
            details=["expected https://HOST:PORT"],
            resolution="correct clusters[].cluster.server in the kubeconfig",
        )
    if access.proxy_url:
        return urllib3.ProxyManager(access.proxy_url, **options)
    return urllib3.PoolManager(**options)


def _api_error(answer: Any) -> ApiError:
    try:
        status = orjson.loads(answer.data)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        text = answer.data[:200].decode(errors="replace").strip()
        return ApiError(answer.status, "", f"HTTP {answer.status}: {text or answer.reason}")
    details = status.get("details") or {}
    return ApiError(
        answer.status,
        str(status.get("reason", "")),
        str(status.get("message", "")) or f"HTTP {answer.status}",
        causes=details.get("causes") or (),
    )


def _retry_after_s(answer: Any) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_DELAY_S) if text.isdigit() else 0.0
