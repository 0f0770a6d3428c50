"""Answers of something that says it is a Prometheus: refusals, nonsense, silence, and how the time is divided."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from ndcops.adapters.prometheus_history import Access, PrometheusHistory
from ndcops.model.errors import InvalidInput, NdcopsError
from tests.fakes.served_http import QuietHandler, served

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = {"cpu": "sum by (site) (cores)"}


def matrix(*series: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}, **more}


def series(*values: Any, **labels: str) -> dict[str, Any]:
    return {"metric": labels or {"site": "ndc1"}, "values": list(values)}


@contextmanager
def server(answer: Any, status: int = 200) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that gives one answer; its address, and the forms that it was sent."""
    forms: list[dict[str, str]] = []

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 - http.server looks it up
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            forms.append({name: values[0] for name, values in sent.items()} | dict(self.headers))
            self.say(status, answer, {"Location": "/elsewhere"})

    with served(Handler) as port:
        yield f"http://127.0.0.1:{port}", forms


def failure(answer: Any, status: int = 200) -> NdcopsError:
    with server(answer, status) as (url, _), pytest.raises(NdcopsError) as caught:
        PrometheusHistory(Access.of(url, {}), QUERY).read(BEGIN, BEGIN)
    assert caught.value.resolution
    return caught.value


def test_a_long_time_is_asked_for_in_parts_that_do_not_overlap() -> None:
    with server(matrix()) as (url, forms):
        token = {"NDCOPS_PROMETHEUS_TOKEN": "t0k3n"}
        PrometheusHistory(Access.of(url, token), QUERY).read(
            BEGIN - timedelta(hours=3), BEGIN + timedelta(days=250, hours=1)
        )
    spans = [(int(form["start"]), int(form["end"])) for form in forms]
    begin_s, day_s = int(BEGIN.timestamp()), 86_400
    assert spans == [
        (begin_s, begin_s + 199 * day_s),
        (begin_s + 200 * day_s, begin_s + 250 * day_s + 3600),
    ]
    assert {form["step"] for form in forms} == {str(day_s)}
    assert {form["query"] for form in forms} == {QUERY["cpu"]}
    assert {form["Authorization"] for form in forms} == {"Bearer t0k3n"}


def test_warnings_of_the_server_are_passed_on() -> None:
    with server(matrix(series([1, "1"]), warnings=["one store is away"])) as (url, _):
        history = PrometheusHistory(Access.of(url, {}), QUERY).read(BEGIN, BEGIN)
    assert history.notes == ("cpu: one store is away",)
    assert list(history.series[0].values) == [1.0]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"<html>Sign in</html>", 200),
        (b"", 200),
        (b"[]", 200),
        (b"null", 502),
        (b"<html>Bad gateway</html>", 502),
        (b"moved", 302),
        ({"status": "success"}, 200),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, 200),
        (matrix({"metric": {"site": "ndc1"}}), 200),
        (matrix({"metric": None, "values": []}), 200),
        (matrix(series([1, "many"])), 200),
        (matrix(series([1, "1", 2])), 200),
        (matrix(series(["x", "1"])), 200),
        (matrix(series([1e400, "1"])), 200),
        (matrix(series([1e30, "1"])), 200),
    ],
)
def test_an_answer_that_is_not_prometheus_s_is_an_error(answer: Any, status: int) -> None:
    error = failure(answer, status)
    assert not isinstance(error, InvalidInput)
    assert "does not answer as a Prometheus does" in error.message
    assert error.details


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_not_accepted_name_the_variables(status: int) -> None:
    assert "NDCOPS_PROMETHEUS_TOKEN" in failure(b"Unauthorized", status).resolution


@pytest.mark.parametrize(
    ("status", "kind", "invalid"),
    [(400, "bad_data", True), (422, "execution", True), (503, "timeout", False), (500, "internal", False)],
)
def test_a_refusal_gives_the_server_s_reason(status: int, kind: str, invalid: bool) -> None:
    error = failure({"status": "error", "errorType": kind, "error": "why"}, status)
    assert isinstance(error, InvalidInput) is invalid
    assert error.details[0] == f"{kind}: why"


def test_a_silent_server_is_an_error() -> None:
    with server(matrix()) as (url, _):
        pass
    with pytest.raises(NdcopsError, match="does not answer") as caught:
        PrometheusHistory(Access.of(url, {}), QUERY).read(BEGIN, BEGIN)
    assert "refused" in caught.value.details[0]


def test_a_certificate_authority_that_is_not_there_is_an_error() -> None:
    access = Access.of("https://127.0.0.1:1", {"NDCOPS_PROMETHEUS_CA": "/nowhere/ca.pem"})
    with pytest.raises(NdcopsError, match="does not answer"):
        PrometheusHistory(access, QUERY).read(BEGIN, BEGIN)
