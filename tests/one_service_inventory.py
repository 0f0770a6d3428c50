"""The sample inventory with one service only, for live moves of a service whose every part is real in the lab."""

import re
import shutil
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def one_service_inventory(folder: Path, service: str, *, replicas: int | None = None) -> Path:
    """Write it anew into `folder`; it needs no other one there. replicas: of each workload, None as declared."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(REPOSITORY / "inventory", folder)
    shutil.rmtree(folder / "agencies")
    for path in (folder / "services").iterdir():
        if path.stem != service:
            path.unlink()
            continue
        text = re.sub(r"^depends_on:\n(?:  - .*\n)+", "", path.read_text(), flags=re.MULTILINE)
        path.write_text(text if replicas is None else re.sub(r"replicas: \d+", f"replicas: {replicas}", text))
    return folder
