"""Downloads the wheels of a hash-pinned requirements file, for a bundle; `ndcops toolchain export` calls it."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from ndcops.model.errors import InvalidInput, NdcopsError

DOWNLOAD_TIMEOUT_S: Final = 1800
SHOWN_LINES: Final = 8


def download_wheels(requirements: Path, into: Path) -> int:
    """Let pip download the wheels for this Python and platform into a folder; return how many are there.

    Every requirement must carry its hash and all must be listed: what pip adds by itself is pinned by nobody.
    """
    if not requirements.is_file():
        raise InvalidInput(f"there is no requirements file {requirements}", resolution="name one with hashes")
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--require-hashes", "--no-deps"]
    command += ["--only-binary=:all:", "--disable-pip-version-check", "--no-input"]
    command += ["--requirement", str(requirements), "--dest", str(into)]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=True)
    except subprocess.SubprocessError as error:
        said = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise NdcopsError(
            f"pip could not download the wheels of {requirements}",
            details=said[-SHOWN_LINES:],
            resolution="check the network and the hashes, then export again; or export without wheels",
        ) from error
    return len(list(into.glob("*.whl")))
