"""Usage in CSV files: what is read, and how faults are named."""

from contextlib import suppress
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.adapters.prometheus_history import CsvHistory
from ndcops.model.errors import InvalidInput
from ndcops.model.usage_history import SeriesKey, UsageHistory, unit_of

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
HEADER = "site,resource,time,value\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.csv"


def read(path: Path, text: str | bytes) -> UsageHistory:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CsvHistory(path).read(BEGIN, END)


def faults(path: Path, text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(InvalidInput) as caught:
        read(path, text)
    assert caught.value.resolution
    return caught.value.details


@pytest.mark.parametrize(
    ("time", "stamp"),
    [
        ("2026-01-02", 1767312000),
        ("2026-01-02T00:00:00Z", 1767312000),
        ("2026-01-02T07:00:00+07:00", 1767312000),
        ("2026-01-02 00:00:00.4+00:00", 1767312000),
    ],
)
def test_times_are_utc_whatever_their_offset(path: Path, time: str, stamp: int) -> None:
    (series,) = read(path, f"{HEADER}ndc1,cpu,{time},1.5\n").series
    assert (list(series.stamps_s), list(series.values)) == ([stamp], [1.5])


def test_duplicates_and_steps_back_are_kept_as_they_come(path: Path) -> None:
    rows = "ndc1,cpu,2026-01-03,1\nndc1,cpu,2026-01-02,2\nndc1,cpu,2026-01-02,3\n"
    (series,) = read(path, HEADER + rows).series
    assert list(series.values) == [1.0, 2.0, 3.0]


def test_columns_may_stand_in_any_order_and_an_empty_value_is_nan(path: Path) -> None:
    text = "\ufefftime,value,resource,site\r\n2026-01-02,,storage/fast,ndc1\r\n\r\n"
    (series,) = read(path, text).series
    assert series.key == SeriesKey("ndc1", "storage/fast")
    assert isnan(series.values[0])


@pytest.mark.parametrize(
    ("resource", "unit"),
    [("cpu", "cores"), ("memory", "bytes"), ("storage/fast", "bytes"), ("power", "watts"), ("a.b/gpu", "pieces")],
)
def test_every_resource_has_a_unit(resource: str, unit: str) -> None:
    assert unit_of(resource) == unit


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("ndc1,cpu,2026-01-02,1.5Gi2", "column 4 (value): '1.5Gi2' is not a number"),
        ("ndc1,cpu,2026-01-02,1_000", "column 4 (value): '1_000' is not a number"),
        ("ndc1,cpu,yesterday,1", "column 3 (time): 'yesterday' is not a time"),
        ("ndc1,cpu,2026-13-01,1", "column 3 (time): '2026-13-01' is not a time"),
        ("ndc1,cpu,2026-01-02T00:00:00,1", "column 3 (time): '2026-01-02T00:00:00' has no UTC offset"),
        ("ndc1,cpu,,1", "column 3 (time): '' is not a time"),
        (",cpu,2026-01-02,1", "column 1 (site): '' is not a name"),
        ("ndc1,c\x1bpu,2026-01-02,1", r"column 2 (resource): 'c\x1bpu' is not a name"),
        ("ndc1,cpu,2026-01-02", "3 columns; expected 4"),
        ("ndc1,cpu,2026-01-02,1,5", "5 columns; expected 4"),
    ],
)
def test_a_fault_names_line_and_column(path: Path, row: str, said: str) -> None:
    (fault,) = faults(path, f"{HEADER}ndc1,cpu,2026-01-01,1\n{row}\n")
    assert fault.startswith(f"{path}:3: {said}")


def test_a_column_is_counted_as_the_file_has_it(path: Path) -> None:
    (fault,) = faults(path, "value,site,resource,time\nmany,ndc1,cpu,2026-01-02\n")
    assert ":2: column 1 (value): 'many'" in fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the columns are nothing"),
        ("site,resource,time\n", "the columns are site,resource,time; expected site,resource,time,value"),
        ("site,site,resource,time,value\n", "the columns are"),
        (b"site,resource,time,value\n\xff\xfe", "not UTF-8"),
        (HEADER + 'ndc1,cpu,2026-01-02,"1', "not CSV"),
        (HEADER + f"ndc1,cpu,2026-01-02,{'9' * 200_000}\n", "not CSV"),
    ],
)
def test_a_file_that_is_not_such_a_table_is_refused(path: Path, text: str | bytes, said: str) -> None:
    assert said in faults(path, text)[-1]


def test_many_faults_are_cut_short(path: Path) -> None:
    found = faults(path, HEADER + "ndc1,cpu,2026-01-02,x\n" * 1000)
    assert len(found) == 21
    assert "reading stopped" in found[-1]


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        CsvHistory(path).read(BEGIN, END)


@given(text=st.text(alphabet="ndc1,cpu.-:TZ+2026\"'\n\r e0NaN\x00", max_size=120))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused(path: Path, text: str) -> None:
    """Nothing but a history or InvalidInput comes out."""
    path.write_bytes((HEADER + text).encode())
    with suppress(InvalidInput):
        history = CsvHistory(path).read(BEGIN, END)
        assert all(len(series.stamps_s) == len(series.values) > 0 for series in history.series)
