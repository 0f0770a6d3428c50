"""Snapshot files: what is saved comes back, equal content gives equal files, nothing damaged is ever opened."""

import gzip
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.adapters.snapshot_files import SnapshotFiles
from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.model.snapshot import PodGroup, SiteSnapshot, Snapshot, Unread

SNAPSHOT = Snapshot(
    target="lab",
    taken_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
    sites=(
        SiteSnapshot(
            site="ndc1",
            cluster_uid="1111-2222",
            resource_version="42",
            objects={"nodes": ({"metadata": {"name": "nút-1"}, "status": {"capacity": {"cpu": "4"}}},)},
            pods=(PodGroup(template={"metadata": {"namespace": "portal"}}, nodes={"": 1, "nút-1": 2}),),
            unread={"resourceslices": Unread.NOT_SERVED},
        ),
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "snapshot.json.gz"


def refusal(path: Path, store: SnapshotFiles | None = None) -> str:
    """Why the file is refused."""
    with pytest.raises(InvalidInput) as caught:
        (store or SnapshotFiles()).open(path)
    assert str(path) in caught.value.message
    assert caught.value.resolution
    return "; ".join((caught.value.message, *caught.value.details))


def test_what_is_saved_comes_back(path: Path) -> None:
    SnapshotFiles().save(SNAPSHOT, path)
    assert SnapshotFiles().open(path) == SNAPSHOT


def test_equal_snapshots_give_equal_files_and_digests(path: Path, tmp_path: Path) -> None:
    elsewhere = SNAPSHOT.taken_at.astimezone(timezone(timedelta(hours=7)))
    other = tmp_path / "other.json.gz"
    first = SnapshotFiles().save(SNAPSHOT, path)
    assert SnapshotFiles().save(SNAPSHOT.model_copy(update={"taken_at": elsewhere}), other) == first
    assert path.read_bytes() == other.read_bytes()
    assert orjson.loads(gzip.decompress(path.read_bytes()))["digest"] == first


def test_only_the_owner_may_read_the_file_and_no_half_of_it_stays(path: Path) -> None:
    SnapshotFiles().save(SNAPSHOT, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ends in \.json\.gz"):
        SnapshotFiles().save(SNAPSHOT, tmp_path / "snapshot.json")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NdcopsError, match="cannot be written: No such file"):
        SnapshotFiles().save(SNAPSHOT, tmp_path / "none" / "snapshot.json.gz")


def test_a_full_disk_leaves_the_file_of_before(tiny_disk: Path) -> None:
    path = tiny_disk / "snapshot.json.gz"
    SnapshotFiles().save(SNAPSHOT, path)
    noise = {"metadata": {"name": os.urandom(100_000).hex()}}
    large = SNAPSHOT.sites[0].model_copy(update={"objects": {"nodes": (noise,)}})
    with pytest.raises(NdcopsError, match="No space left"):
        SnapshotFiles().save(SNAPSHOT.model_copy(update={"sites": (large,)}), path)
    assert SnapshotFiles().open(path) == SNAPSHOT
    assert list(tiny_disk.iterdir()) == [path]


def test_a_missing_file_is_named(path: Path) -> None:
    assert "cannot be read: No such file" in refusal(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"plain text, never packed", "not a whole gzip file"),
        (gzip.compress(b"{"), "not JSON"),
        (gzip.compress(b"[]"), "not a JSON object"),
        (gzip.compress(b'{"kind": "Site"}'), "kind is 'Site'; expected 'Snapshot'"),
        (gzip.compress(b'{"kind": "Snapshot"}'), "does not match its digest"),
        (gzip.compress(b"[" * 100_000), "not JSON"),
        (b"\x1f\x8b\x08\x00", "cut off"),
    ],
    ids=[
        "nothing",
        "not packed",
        "cut off JSON",
        "a list",
        "of another kind",
        "no digest",
        "endless lists",
        "cut off",
    ],
)
def test_what_is_no_snapshot_is_refused(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    assert reason in refusal(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_refused(path: Path, share: float) -> None:
    SnapshotFiles().save(SNAPSHOT, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut off" in refusal(path)


def changed(path: Path, change: Callable[[dict[str, Any]], object], *, sealed: bool) -> None:
    """Rewrite the file with a change; `sealed` with a digest that fits."""
    document = orjson.loads(gzip.decompress(path.read_bytes()))
    change(document)
    if sealed:
        document.pop("digest")
        canonical = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        document["digest"] = hashlib.sha256(canonical).hexdigest()
    path.write_bytes(gzip.compress(orjson.dumps(document)))


def test_a_changed_number_is_noticed(path: Path) -> None:
    SnapshotFiles().save(SNAPSHOT, path)
    changed(path, lambda document: document["sites"][0]["pods"][0]["nodes"].update({"": 7}), sealed=False)
    assert "does not match its digest" in refusal(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda document: document.update(apiVersion="ndcops/v9"), "newer than this release"),
        (lambda document: document.update(apiVersion="ndcops/v0"), "too old"),
        (lambda document: document.update(apiVersion=7), "not a version"),
        (lambda document: document.pop("taken_at"), "taken_at: Field required"),
        (lambda document: document.update(taken_at="2026-01-31T12:00:00"), "taken_at: "),
        (lambda document: document.update(more=1), "more: Extra inputs"),
        (lambda document: document["sites"][0].update(objects=[]), "sites.0.objects"),
        (lambda document: document["sites"][0]["pods"][0]["nodes"].update({"n": -1}), "sites.0.pods.0.nodes.n"),
        (lambda document: document["sites"][0]["pods"][0].update(nodes={}), "sites.0.pods.0.nodes"),
        (lambda document: document["sites"][0].update(unread={"pods": "asleep"}), "sites.0.unread.pods"),
    ],
)
def test_a_sealed_document_of_another_shape_is_refused(
    path: Path, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    SnapshotFiles().save(SNAPSHOT, path)
    changed(path, change, sealed=True)
    assert reason in refusal(path)


def test_a_bomb_is_refused_before_it_is_unpacked(path: Path) -> None:
    path.write_bytes(gzip.compress(b" " * (8 << 20)))
    assert "unpacks to more than 4 MiB" in refusal(path, SnapshotFiles(max_size_bytes=4 << 20))


@given(data=st.binary(max_size=200), position=st.floats(0, 1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_noise_opens_as_a_snapshot(tmp_path: Path, data: bytes, position: float) -> None:
    """Noise in the middle of a file: refused, or (noise that changes nothing) the same snapshot."""
    path = tmp_path / "noise.json.gz"
    SnapshotFiles().save(SNAPSHOT, path)
    whole = path.read_bytes()
    at = int(position * len(whole))
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    try:
        found = SnapshotFiles().open(path)
    except InvalidInput:
        return
    assert found == SNAPSHOT
