"""The door to snapshot files: save and open; called through wiring."""

from ndcops.adapters.snapshot_files.store import SnapshotFiles

__all__ = ["SnapshotFiles"]
