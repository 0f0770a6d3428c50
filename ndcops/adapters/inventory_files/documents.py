"""One file into one model, or into findings with file, line and field; `reader` calls it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ndcops.adapters.inventory_files.schemas import KINDS, schema_of
from ndcops.adapters.inventory_files.wording import shown, wording
from ndcops.adapters.inventory_files.yaml_files import Unreadable, YamlFile, read_yaml
from ndcops.model.document import Document, Value
from ndcops.model.migrations import Migration, migrate
from ndcops.model.record import JsonObject

Model = TypeVar("Model", bound=Value)
FieldPath = tuple[str | int, ...]

MAX_MESSAGE = 600
"""Characters of one message: a value of a megabyte must not fill the screen."""


@dataclass(frozen=True, order=True)
class Finding:
    """A problem where it stands: lines and columns from 1; column 0 and an empty field are not shown."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")
        text = _printable(f"{self.field}: {self.message}" if self.field else self.message)
        return f"{place}: {text[:MAX_MESSAGE]}…" if len(text) > MAX_MESSAGE else f"{place}: {text}"


@dataclass(frozen=True)
class Source:
    """A file as its messages call it, and its content once it is known to be YAML."""

    shown: str
    file: YamlFile

    def finding(self, path: FieldPath, message: str) -> Finding:
        """The finding at a field of this file."""
        return Finding(self.shown, self.file.line_of(path), 0, field_text(path), message)


@dataclass
class Documents:
    """Reads files into models and collects what is wrong with them."""

    migrations: Sequence[Migration]
    findings: list[Finding] = field(default_factory=list)

    def open(self, path: Path, shown_as: str) -> Source | None:
        """The file's YAML; None, with findings, when it has none."""
        try:
            return Source(shown_as, read_yaml(path))
        except Unreadable as error:
            self.findings += [
                Finding(shown_as, fault.line, fault.column, "", fault.message) for fault in error.faults
            ]
            return None

    def read(self, source: Source, model: type[Model]) -> Model | None:
        """The document as its model; None, with findings, when it does not fit."""
        kind = next(name for name, one in KINDS.items() if one is model)
        data = source.file.data
        if issubclass(model, Document):
            lifted = self._lifted(source, kind)
            if lifted is None:
                return None
            data = lifted
        try:
            return model.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            schema = schema_of(kind)
            worded = [wording(detail, schema) for detail in error.errors()]
            self.findings += [source.finding(*one) for one in worded if one is not None]
            return None

    def _lifted(self, source: Source, kind: str) -> JsonObject | None:
        """The document in this release's version, when it is of the expected kind."""
        data = source.file.data
        found = len(self.findings)
        if "kind" not in data:
            self.findings.append(source.finding(("kind",), f"is missing; expected '{kind}'"))
        elif data["kind"] != kind:
            message = f"{shown(data['kind'])} does not belong here; expected '{kind}'"
            self.findings.append(source.finding(("kind",), message))
        if "apiVersion" not in data:
            self.findings.append(source.finding(("apiVersion",), "is missing; expected 'ndcops/v1'"))
        if len(self.findings) > found:
            return None
        try:
            return migrate(data, kind=kind, migrations=self.migrations)
        except ValueError as error:
            self.findings.append(source.finding(("apiVersion",), str(error)))
            return None


def _printable(text: str) -> str:
    """One line, and nothing in it that a terminal would obey: values come from files that others wrote."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def field_text(path: FieldPath) -> str:
    """A path as people write it: `pools[0].memory`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
