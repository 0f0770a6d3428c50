"""What every source of usage promises: the fake, the CSV reader, and the reader of a real Prometheus."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import inf, isnan, nan
from pathlib import Path

import pytest

from ndcops.adapters.prometheus_history import Access, CsvHistory, PrometheusHistory
from ndcops.capacity.ports import UsageHistorySource
from ndcops.model.errors import InvalidInput
from ndcops.model.usage_history import SeriesKey, UsageSeries
from tests.contract.prometheus_server import prometheus_with
from tests.fakes.usage_history import FakeUsageHistory

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 450
"""More than two of the queries that the Prometheus reader divides a history into."""
END = BEGIN + timedelta(days=DAYS - 1)
HOLE = range(100, 110)
QUERIES = {"cpu": "sum by (site) (cores)", "memory": "sum by (site) (memory_bytes)"}
METRICS = {"cpu": "cores", "memory": "memory_bytes"}


def _stamp(day: int) -> int:
    return int((BEGIN + timedelta(days=day)).timestamp())


def _samples() -> dict[SeriesKey, list[tuple[int, float]]]:
    """Two sites, two resources; one series with a hole, a NaN and an infinity, one that begins late."""
    samples = {
        SeriesKey(site, resource): [(_stamp(day), 1000.0 + day + 0.25) for day in range(DAYS)]
        for site in ("ndc1", "ndc2")
        for resource in QUERIES
    }
    strange = samples[SeriesKey("ndc1", "cpu")]
    strange[7], strange[8] = (strange[7][0], nan), (strange[8][0], inf)
    samples[SeriesKey("ndc1", "cpu")] = [each for day, each in enumerate(strange) if day not in HOLE]
    samples[SeriesKey("ndc2", "memory")] = samples[SeriesKey("ndc2", "memory")][300:]
    return samples


@pytest.fixture(scope="module", params=["fake", "csv", "prometheus"])
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[UsageHistorySource]:
    samples, folder = _samples(), tmp_path_factory.mktemp("usage")
    if request.param == "fake":
        yield FakeUsageHistory(samples)
    elif request.param == "csv":
        yield CsvHistory(_csv(samples, folder))
    else:
        if shutil.which("prometheus") is None:
            pytest.skip("prometheus is not installed (tests/install_system_tools.sh)")
        rows = (
            (METRICS[key.resource], {"site": key.site, "pool": "general"}, stamp, value)
            for key, found in samples.items()
            for stamp, value in found
        )
        with prometheus_with(rows, folder) as url:
            yield PrometheusHistory(Access.of(url, {}), QUERIES)


def _csv(samples: dict[SeriesKey, list[tuple[int, float]]], folder: Path) -> Path:
    path = folder / "usage.csv"
    lines = ["site,resource,time,value"]
    for key, found in samples.items():
        for stamp, value in found:
            time = datetime.fromtimestamp(stamp, UTC).isoformat()
            lines.append(f"{key.site},{key.resource},{time},{value}")
    path.write_text("\n".join([*lines, ""]))
    return path


def _series(source: UsageHistorySource, site: str, resource: str) -> UsageSeries:
    history = source.read(BEGIN, END)
    return next(each for each in history.series if each.key == SeriesKey(site, resource))


def test_every_source_gives_the_same_history(source: UsageHistorySource) -> None:
    assert source.read(BEGIN, END) == FakeUsageHistory(_samples()).read(BEGIN, END)


def test_series_come_in_the_order_of_their_keys_with_units(source: UsageHistorySource) -> None:
    keys = [each.key for each in source.read(BEGIN, END).series]
    assert keys == sorted(keys)
    assert [key.unit for key in keys] == ["cores", "bytes", "cores", "bytes"]


def test_holes_nan_and_infinity_are_kept(source: UsageHistorySource) -> None:
    found = _series(source, "ndc1", "cpu")
    assert len(found.values) == DAYS - len(HOLE)
    assert found.stamps_s[HOLE.start] - found.stamps_s[HOLE.start - 1] == (len(HOLE) + 1) * 86_400
    assert isnan(found.values[7])
    assert found.values[8] == inf


def test_both_ends_of_the_time_belong_to_it(source: UsageHistorySource) -> None:
    first, last = BEGIN + timedelta(days=2), BEGIN + timedelta(days=4)
    found = source.read(first, last).series[0]
    assert list(found.stamps_s) == [_stamp(2), _stamp(3), _stamp(4)]
    assert list(source.read(first, first).series[0].stamps_s) == [_stamp(2)]


@pytest.mark.parametrize(("begin", "end"), [(END + timedelta(days=30), END + timedelta(days=60)), (END, BEGIN)])
def test_a_time_without_samples_has_no_series(source: UsageHistorySource, begin: datetime, end: datetime) -> None:
    assert source.read(begin, end).series == ()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (tests/install_system_tools.sh)")
    rows = [("cores", {"site": "ndc1", "pool": pool}, _stamp(0), 1.0) for pool in ("general", "data")]
    with prometheus_with(rows, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sum by (site) (", "refuses the query for cpu"),
        ("label_replace(cores, 'site', '$1', 'a', '(')", "refuses the query for cpu"),
        ("sum(cores)", "without the label 'site'"),
        ("cores", "several series for site ndc1"),
        ("cores * on (site) cores", "refuses the query for cpu"),
    ],
)
def test_a_wrong_query_is_the_caller_s_fault(url: str, query: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        PrometheusHistory(Access.of(url, {}), {"cpu": query}).read(BEGIN, BEGIN)
    assert message in caught.value.message
    assert any(query in line for line in caught.value.details)


def test_the_default_queries_are_promql(url: str) -> None:
    assert PrometheusHistory(Access.of(url, {})).read(BEGIN, BEGIN).series == ()
