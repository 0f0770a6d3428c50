"""Files that a command names: one document of a kind, or Kubernetes manifests; `wiring` calls it."""

from pathlib import Path
from typing import TypeVar

from ndcops.adapters.inventory_files.documents import Documents
from ndcops.adapters.inventory_files.schemas import KINDS
from ndcops.adapters.inventory_files.yaml_faults import Unreadable
from ndcops.adapters.inventory_files.yaml_files import read_yaml_documents
from ndcops.model.document import Versioned
from ndcops.model.errors import InvalidInput
from ndcops.model.migrations import MIGRATIONS
from ndcops.model.record import JsonObject

Kind = TypeVar("Kind", bound=Versioned)


def read_document(path: Path, model: type[Kind]) -> Kind:
    """The document of a file. Raises InvalidInput with line and field of everything that is wrong."""
    assert model.KIND in KINDS  # noqa: S101 - a kind without schema would have no words for its errors
    documents = Documents(MIGRATIONS)
    source = documents.open(path, str(path), model)
    found = documents.read(source, model) if source is not None else None
    if found is None or documents.findings:
        raise InvalidInput(
            f"{path} is no {model.KIND} that can be read",
            details=[str(finding) for finding in documents.findings],
            resolution="correct the file and run the same command again",
        )
    return found


def read_manifests(path: Path) -> tuple[JsonObject, ...]:
    """Every Kubernetes object of a file, those of a List one by one. Raises InvalidInput with file and line."""
    try:
        documents = read_yaml_documents(path)
    except Unreadable as error:
        details = [f"{path}:{fault.line}: {fault.message}" for fault in error.faults]
        raise InvalidInput(f"{path} cannot be read", details=details) from error
    found: list[JsonObject] = []
    for document in documents:
        items = document.data.get("items") if str(document.data.get("kind", "")).endswith("List") else None
        for each in items if isinstance(items, list) else [document.data]:
            if not isinstance(each, dict) or "kind" not in each or "apiVersion" not in each:
                line = document.line_of(())
                raise InvalidInput(f"{path}:{line}: no Kubernetes object; expected apiVersion and kind")
            found.append(each)
    return tuple(found)
