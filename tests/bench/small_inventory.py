"""Two small inventories, so that an up is short and a change between them has much to do; kills calls it."""

import re
import shutil
from pathlib import Path

import yaml

from tests.bench.sandbox import REPOSITORY


def write_small_inventories(folder: Path, site: str) -> tuple[Path, Path]:
    """Write both; gives their folders.

    In the first every workload has one replica. In the second every image has another tag and one system of the
    site, on which no other depends, is gone: going from one to the other updates, creates and deletes.
    """
    first, second = folder / "first", folder / "second"
    for target in (first, second):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(REPOSITORY / "inventory", target)
        for path in (target / "services").glob("*.yaml"):
            path.write_text(re.sub(r"(?m)^(\s+replicas:) \d+", r"\1 1", path.read_text()))
    for path in (second / "services").glob("*.yaml"):
        path.write_text(re.sub(r"(?m)^(\s+image: \S+:)\S+$", r"\g<1>next", path.read_text()))
    _lonely_service(second, site).unlink()
    return first, second


def _lonely_service(folder: Path, site: str) -> Path:
    """The file of a system of this site that no system and no dossier names."""
    texts = {path: path.read_text() for path in sorted(folder.rglob("*.yaml"))}
    for path in sorted((folder / "services").glob("*.yaml")):
        service = yaml.safe_load(texts[path])
        name = re.compile(rf"(?m)^\s*- {re.escape(service['id'])}\s*$")
        others = (text for other, text in texts.items() if other != path)
        if service["home"] == site and not any(name.search(text) for text in others):
            return path
    raise LookupError(f"every system of {site} is needed by another")
