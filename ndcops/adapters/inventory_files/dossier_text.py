"""A dossier as YAML text: written new, or changed in one place with everything else as people wrote it."""

from importlib import resources
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ndcops.adapters.inventory_files.yaml_faults import Unreadable
from ndcops.adapters.inventory_files.yaml_files import read_yaml_text
from ndcops.model.dossier import Dossier
from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject

_HEADER = "# Hồ sơ cơ quan / agency dossier. JSON Schema: ndcops inventory schema\n"
_WIDTH = 110
_TOLD_EMPTY = ("extensions", "schemas")
"""Lists that say something when they are empty: that there are none. Left out, they are not known."""


def written(dossier: Dossier) -> str:
    """The whole dossier as a new file."""
    return _HEADER + _dump(_plain(document_of(dossier)))


def replaced_parts(text: str, dossier: Dossier, parts: tuple[str, ...]) -> str:
    """The text with some top-level parts of the dossier in place of its own; a file of an older version anew."""
    document = _load(text)
    if document.get("apiVersion") != Dossier.VERSION:
        return written(dossier)
    fields = document_of(dossier)
    for part in parts:
        if part in fields:
            document[part] = _plain(fields[part])
        else:
            document.pop(part, None)
    return _dump(document)


def added_approval(text: str, approval: JsonObject) -> str:
    """The text with one more entry under `approvals`."""
    document = _load(text)
    entries = document.get("approvals")
    if not isinstance(entries, list):
        entries = CommentedSeq()
        document["approvals"] = entries
    entries.append(_plain(approval))
    return _dump(document)


def document_of(dossier: Dossier) -> JsonObject:
    """The dossier as a file holds it: without what is not known."""
    fields: JsonObject = dossier.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {key: value for key, value in fields.items() if value != []}


def agency_of(text: str) -> str:
    """The id that the text gives to its agency, in this version or an older one. Raises InvalidInput."""
    try:
        data = read_yaml_text(text).data
    except Unreadable as error:
        details = [f"line {fault.line}: {fault.message}" for fault in error.faults]
        raise InvalidInput("the dossier is not YAML that can be read", details=details) from error
    agency = data.get("agency")
    name = agency.get("id") if isinstance(agency, dict) else data.get("id")
    if not isinstance(name, str):
        raise InvalidInput("the dossier has no agency.id", resolution="ndcops agency register --template vi")
    return name


def dossier_template(language: str) -> str:
    """A commented dossier to fill in, `vi` or `en`."""
    folder = resources.files("ndcops.adapters.inventory_files").joinpath("templates")
    return folder.joinpath(f"dossier.{language}.yaml").read_text("utf-8")


def _load(text: str) -> Any:
    try:
        document = _yaml().load(text)
    except YAMLError as error:
        raise InvalidInput("the dossier is not YAML", resolution="ndcops inventory validate") from error
    if not isinstance(document, CommentedMap):
        raise InvalidInput("the dossier holds no mapping", resolution="ndcops inventory validate")
    return document


def _dump(document: Any) -> str:
    stream = StringIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML()  # round trip: comments and the order of fields stay
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    return yaml


def _plain(value: Any) -> Any:
    """Values for ruamel; text that another reader could take for a number or a day is quoted."""
    if isinstance(value, dict):
        return CommentedMap((key, _plain(item)) for key, item in value.items() if item != [] or key in _TOLD_EMPTY)
    if isinstance(value, list | tuple):
        return CommentedSeq(_plain(item) for item in value)
    if isinstance(value, str) and value[:1] in "0123456789+-.":
        return DoubleQuotedScalarString(value)
    return value
