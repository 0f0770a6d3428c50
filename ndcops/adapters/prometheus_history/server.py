"""Usage over time from a Prometheus: range queries of whole days, a few hundred days at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import urllib3

from ndcops.adapters.prometheus_history.access import PASSWORD, TOKEN, USER, Access
from ndcops.adapters.prometheus_history.answers import Answers
from ndcops.adapters.prometheus_history.queries import DEFAULT_QUERIES, SITE_LABEL
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.usage_history import UsageHistory

STEP = timedelta(days=1)
CHUNK_STEPS = 200
"""Steps of one query: a server refuses more than 11,000 points a series, and a proxy what takes a minute."""

TIMEOUT_S = 60.0
MAX_ANSWER_BYTES = 64 << 20


@dataclass(frozen=True)
class PrometheusHistory:
    """One server. queries: PromQL by resource, each giving one series a site, named by the label `site_label`."""

    access: Access
    queries: Mapping[str, str] = field(default_factory=lambda: DEFAULT_QUERIES)
    site_label: str = SITE_LABEL
    timeout_s: float = TIMEOUT_S

    def read(self, begin: datetime, end: datetime) -> UsageHistory:
        """One sample a day, at midnight UTC, of `begin` <= time <= `end`.

        Raises InvalidInput for a query that the server refuses or that is not one series a site, NdcopsError when
        the server does not answer.
        """
        first, last = _midnight_from(begin), end.astimezone(UTC)
        answers = Answers(self.access.url, self.site_label)
        with self._pool() as pool:
            for resource, query in self.queries.items():
                for since, until in _chunks(first, last):
                    answers.take(resource, query, *self._ask(pool, query, since, until))
        series = tuple(series for _, series in sorted(answers.series.items()))
        return UsageHistory(series, tuple(sorted(answers.notes)))

    def _pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(
            headers=dict(self.access.headers),
            retries=urllib3.Retry(total=1, backoff_factor=0.2),
            timeout=self.timeout_s,
            ca_certs=self.access.authority,
        )

    def _ask(self, pool: urllib3.PoolManager, query: str, since: datetime, until: datetime) -> tuple[int, bytes]:
        """Status and body of one range query; a POST, because a query can be longer than an address may."""
        fields = {
            "query": query,
            "start": str(int(since.timestamp())),
            "end": str(int(until.timestamp())),
            "step": str(int(STEP.total_seconds())),
            "timeout": f"{self.timeout_s:.0f}s",
        }
        url = f"{self.access.url}/api/v1/query_range"
        try:
            # No redirects: they would carry the query to another address than was asked for.
            response = pool.request(
                "POST", url, fields=fields, encode_multipart=False, preload_content=False, redirect=False
            )
            try:
                body = response.read(MAX_ANSWER_BYTES + 1)
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NdcopsError(
                f"Prometheus {self.access.url} does not answer",
                details=[str(getattr(error, "reason", error))],
                resolution=f"curl {self.access.url}/-/healthy",
            ) from error
        if len(body) > MAX_ANSWER_BYTES:
            raise InvalidInput(
                f"Prometheus {self.access.url}: an answer is larger than {MAX_ANSWER_BYTES >> 20} MiB",
                details=[query],
                resolution=f"aggregate the query to one series a site: sum by ({self.site_label}) (...)",
            )
        if response.status in (401, 403):
            raise NdcopsError(
                f"Prometheus {self.access.url} answered {response.status}: it does not accept the credentials",
                resolution=f"set {TOKEN}, or {USER} and {PASSWORD}",
            )
        return response.status, body


def _midnight_from(begin: datetime) -> datetime:
    """The first midnight UTC that is not before `begin`."""
    moment = begin.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == moment else midnight + STEP


def _chunks(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Ranges of at most CHUNK_STEPS steps, both ends asked for, none twice."""
    since = first
    while since <= last:
        yield since, min(since + STEP * (CHUNK_STEPS - 1), last)
        since += STEP * CHUNK_STEPS
