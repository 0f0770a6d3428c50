"""The folders of the XDG Base Directory rules that ndcops writes to; everything that keeps files calls it."""

import os
from pathlib import Path

from ndcops.model.errors import NdcopsError

PRIVATE_MODE = 0o700


def cache_dir() -> Path:
    """Return what can be built or downloaded again: $NDCOPS_CACHE_DIR or $XDG_CACHE_HOME/ndcops."""
    return _private(_chosen("NDCOPS_CACHE_DIR", "XDG_CACHE_HOME", Path.home() / ".cache"))


def state_dir() -> Path:
    """Return what must survive a restart: $NDCOPS_STATE_DIR or $XDG_STATE_HOME/ndcops."""
    return _private(_chosen("NDCOPS_STATE_DIR", "XDG_STATE_HOME", Path.home() / ".local" / "state"))


def runtime_dir() -> Path:
    """Return where sockets and pid files go: $NDCOPS_RUNTIME_DIR, $XDG_RUNTIME_DIR/ndcops, state_dir()/run."""
    if not _absolute("NDCOPS_RUNTIME_DIR") and not _absolute("XDG_RUNTIME_DIR"):
        return _private(state_dir() / "run")
    return _private(_chosen("NDCOPS_RUNTIME_DIR", "XDG_RUNTIME_DIR", Path()))


def private_subfolder(parent: Path, name: str) -> Path:
    """Return parent/name, made with mode 0700 when missing; raises NdcopsError when it cannot be made."""
    return _private(parent / name)


def _chosen(own_variable: str, xdg_variable: str, default: Path) -> Path:
    return _absolute(own_variable) or (_absolute(xdg_variable) or default) / "ndcops"


def _absolute(variable: str) -> Path | None:
    """The specification says to ignore relative paths: they would follow the working directory."""
    path = Path(os.environ.get(variable, ""))
    return path if path.is_absolute() else None


def _private(folder: Path) -> Path:
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_MODE)
        folder.mkdir(exist_ok=True, mode=PRIVATE_MODE)
    except OSError as error:
        raise NdcopsError(
            f"cannot create the folder {folder}",
            details=[str(error)],
            resolution="make its parent writable, or set NDCOPS_CACHE_DIR, NDCOPS_STATE_DIR, NDCOPS_RUNTIME_DIR",
        ) from error
    return folder
