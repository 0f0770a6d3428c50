"""The journal in a file: durable, torn ends dropped, any other damage refused, a full disk said clearly."""

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import Record, find_break
from ndcops.workflow.journal_file import FileJournal, read_journal

NOW = datetime(2026, 1, 31, 8, 0, 0, 123456, tzinfo=UTC)
PAGE_BYTES = os.sysconf("SC_PAGESIZE")


def journal(path: Path) -> FileJournal:
    return FileJournal(path, actor="ndcops-operator", now=lambda: NOW)


def written(path: Path, count: int = 3) -> tuple[Record, ...]:
    opened = journal(path)
    for number in range(count):
        opened.append("step/begun", {"key": f"network/ndc{number}", "lag_bytes": 100, "reason": "trễ"})
    return opened.records()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "run.jsonl"


def test_records_come_back_as_they_were_written(path: Path) -> None:
    records = written(path)
    assert read_journal(path) == records
    assert find_break(records) is None
    assert [record.actor for record in records] == ["ndcops-operator"] * 3
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_journal_goes_on_where_it_ended(path: Path) -> None:
    written(path)
    again = journal(path)
    again.append("run/ended", {"result": "done"})
    assert [record.sequence for record in read_journal(path)] == [0, 1, 2, 3]


def test_nothing_is_written_before_the_first_record(path: Path) -> None:
    assert journal(path).records() == ()
    assert not path.exists()


def test_a_body_that_has_no_canonical_form_is_not_written(path: Path) -> None:
    opened = journal(path)
    with pytest.raises(ValueError, match="float"):
        opened.append("step/done", {"duration_s": 1.5})
    assert not path.exists()


def test_several_threads_make_one_chain(path: Path) -> None:
    opened = journal(path)
    threads = [threading.Thread(target=opened.append, args=("step/begun", {"key": str(n)})) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_journal(path)) == 8


@pytest.mark.parametrize("kept", [0, 1, 40, -2, -1])
def test_a_torn_last_line_is_dropped_and_written_over(path: Path, kept: int) -> None:
    records = written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][: kept if kept >= 0 else len(lines[2]) + kept])
    opened = journal(path)
    assert opened.records() == records[:2]
    opened.append("run/ended", {})
    assert [record.kind for record in read_journal(path)] == ["step/begun", "step/begun", "run/ended"]


def _swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], lines[2]]


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda lines: [lines[0], b"{}\n", lines[2]], "line 2: not a record"),
        (lambda lines: [lines[0], b"\xff\xfe\n", lines[2]], "line 2: not a record"),
        (lambda lines: [lines[0], b"\n", lines[2]], "line 2: not a record"),
        (lambda lines: [lines[0], lines[2]], "record 2: expected number 1"),
        (lambda lines: lines[1:], "record 1: expected number 0"),
        (_swapped, "record 1: expected number 0"),
        (lambda lines: [lines[0], lines[1].replace(b"ndc1", b"ndc7"), lines[2]], "record 1: its content"),
        (lambda lines: [lines[0], lines[1].replace(b"08:00", b"09:00"), lines[2]], "record 1: its content"),
        (lambda lines: [lines[0], lines[1].replace(b"T08", b"t08"), lines[2]], "line 2: not as"),
        (lambda lines: [lines[0], lines[1].replace(b":", b": ", 1), lines[2]], "line 2: not as"),
        (lambda lines: [lines[0], lines[1].replace(b"\n", b"\r"), lines[2]], "line 2: not a record"),
        (lambda lines: [lines[0], lines[1].replace(b"100", b"1e2"), lines[2]], "record 1: its content"),
    ],
)
def test_any_other_damage_is_refused(path: Path, damage: object, where: str) -> None:
    written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(damage(lines)))  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(Refused, match=where) as caught:
        journal(path)
    assert caught.value.exit_code == 3
    assert f"mv {path} {path}.damaged" in caught.value.resolution
    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, tuple[Record, ...]]:
    path = tmp_path_factory.mktemp("journal") / "run.jsonl"
    records = written(path)
    return path, path.read_bytes(), records


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found_or_tears_the_last_line(
    whole: tuple[Path, bytes, tuple[Record, ...]], data: st.DataObject
) -> None:
    path, original, records = whole
    content = bytearray(original)
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    path.write_bytes(bytes(content))
    try:
        found = read_journal(path)
    except Refused:
        return
    assert at == len(content) - 1
    assert found == records[:2]


def test_a_full_disk_is_said_and_leaves_whole_records_only(tiny_disk: Path) -> None:
    path = tiny_disk / "run.jsonl"
    opened = journal(path)

    def fill() -> None:
        for number in range(1000):
            opened.append("step/begun", {"key": str(number), "padding": "x" * (PAGE_BYTES // 3)})

    with pytest.raises(NdcopsError, match="No space left on device") as caught:
        fill()
    assert caught.value.resolution == f"df -h {tiny_disk}"
    assert read_journal(path) == opened.records()
    assert json.loads(path.read_bytes().splitlines()[len(opened.records()) - 1])["kind"] == "step/begun"


def test_a_record_that_fits_only_in_part_is_an_error(tiny_disk: Path) -> None:
    path = tiny_disk / "run.jsonl"
    opened = journal(path)
    opened.append("step/begun", {"key": "small"})
    with pytest.raises(NdcopsError, match="No space left on device"):
        opened.append("step/done", {"key": "large", "padding": "x" * 100_000})
    assert [record.body["key"] for record in read_journal(path)] == ["small"]
    opened.append("step/done", {"key": "small again"})
    assert [record.body["key"] for record in journal(path).records()] == ["small", "small again"]


def test_a_folder_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NdcopsError, match=r"cannot write: (Not a directory|File exists)"):
        journal(tmp_path / "file" / "run.jsonl").append("run/planned", {})
