"""Takes answers of /api/v1/query_range apart (Prometheus HTTP API, format of version 1); `server` calls it."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.record import JsonObject
from ndcops.model.usage_history import SeriesKey, UsageSeries


@dataclass
class Answers:
    """Samples by site and resource, from one server. `notes`: its warnings, for example of a missing part."""

    url: str
    site_label: str
    series: dict[SeriesKey, UsageSeries] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)

    def take(self, resource: str, query: str, status: int, body: bytes) -> None:
        """Add an answer. Raises InvalidInput for a query that is wrong, NdcopsError for any other failure."""
        document = self._document(status, body)
        if document.get("status") != "success" or status >= 300:
            raise self._failure(resource, query, status, document)
        try:
            self.notes |= {f"{resource}: {warning}" for warning in document.get("warnings") or ()}
            data = document["data"]
            if data["resultType"] != "matrix":
                raise ValueError(f"a {data['resultType']} instead of a matrix")
            sites: set[str] = set()
            for found in data["result"]:
                key = SeriesKey(self._site(resource, query, found["metric"], sites), resource)
                series = self.series.setdefault(key, UsageSeries.empty(key))
                for pair in found["values"]:
                    series.add(*_sample(pair))
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise self._strange(str(error)) from error

    def _site(self, resource: str, query: str, labels: dict[str, str], sites: set[str]) -> str:
        advice = f"aggregate it: sum by ({self.site_label}) (...)"
        site = labels.get(self.site_label)
        if not site:
            raise InvalidInput(
                f"the query for {resource} gives a series without the label '{self.site_label}'",
                details=[query, f"its labels: {labels}"[:200]],
                resolution=advice,
            )
        if site in sites:
            raise InvalidInput(
                f"the query for {resource} gives several series for site {site}",
                details=[query],
                resolution=advice,
            )
        sites.add(site)
        return site

    def _document(self, status: int, body: bytes) -> JsonObject:
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise self._strange(f"status {status}: {body[:200].decode(errors='replace') or 'nothing'}") from error
        if not isinstance(document, dict):
            raise self._strange(f"status {status}: {body[:200].decode(errors='replace')}")
        return document

    def _failure(self, resource: str, query: str, status: int, document: JsonObject) -> NdcopsError:
        said = f"{document.get('errorType', 'error')}: {document.get('error', 'no reason given')}"[:600]
        if status in (400, 422):  # bad_data and execution: the server says what is wrong with the query
            return InvalidInput(
                f"Prometheus {self.url} refuses the query for {resource}",
                details=[said, query],
                resolution=f"promtool query instant {self.url} 'QUERY'",
            )
        return NdcopsError(
            f"Prometheus {self.url} answered {status}", details=[said], resolution=f"curl {self.url}/-/ready"
        )

    def _strange(self, reason: str) -> NdcopsError:
        return NdcopsError(
            f"{self.url} does not answer as a Prometheus does",
            details=[reason],
            resolution=f"curl {self.url}/api/v1/status/buildinfo",
        )


def _sample(pair: Any) -> tuple[int, float]:
    """(Unix seconds, value): the API gives the stamp as a number, the value as text, `NaN` and `+Inf` included."""
    stamp, value = pair
    return round(stamp), float(value)
