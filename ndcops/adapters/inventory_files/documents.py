"""One file into one model, or into findings with file, line and field; `reader` calls it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ndcops.adapters.inventory_files.schemas import KINDS, schema_of
from ndcops.adapters.inventory_files.wording import shown, wording
from ndcops.adapters.inventory_files.yaml_faults import Unreadable
from ndcops.adapters.inventory_files.yaml_files import YamlFile, read_yaml
from ndcops.model.document import Value, Versioned
from ndcops.model.migrations import FieldPath, Migration, migrate, path_before, steps_from
from ndcops.model.record import JsonObject

Model = TypeVar("Model", bound=Value)

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
    """A file as its messages call it, and its content once it is known to be YAML.

    lifted_by: the migrations of an older version, so that messages name the lines that were written.
    """

    shown: str
    file: YamlFile
    lifted_by: tuple[Migration, ...] = ()

    def finding(self, path: FieldPath, message: str) -> Finding:
        """The finding at a field of this file."""
        path = path_before(path, self.lifted_by)
        return Finding(self.shown, self.file.line_of(path), 0, field_text(path), message)


@dataclass
class Documents:
    """Reads files into models and collects what is wrong with them."""

    migrations: Sequence[Migration]
    findings: list[Finding] = field(default_factory=list)

    def open(self, path: Path, shown_as: str, model: type[Value]) -> Source | None:
        """The file's YAML; None, with findings, when it has none. model: what it is to be read as."""
        try:
            file = read_yaml(path)
            steps = steps_from(file.data.get("apiVersion"), kind=_kind_of(model), migrations=self.migrations)
            return Source(shown_as, file, steps)
        except Unreadable as error:
            self.findings += [
                Finding(shown_as, fault.line, fault.column, "", fault.message) for fault in error.faults
            ]
            return None

    def read(self, source: Source, model: type[Model]) -> Model | None:
        """The document as its model; None, with findings, when it does not fit."""
        kind = _kind_of(model)
        data = source.file.data
        if issubclass(model, Versioned):
            lifted = self._lifted(source, kind, model.VERSION)
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

    def _lifted(self, source: Source, kind: str, current: str) -> JsonObject | None:
        """The document in this release's version, when it is of the expected kind."""
        data = source.file.data
        found = len(self.findings)
        if "kind" not in data:
            self.findings.append(source.finding(("kind",), f"is missing; expected '{kind}'"))
        elif data["kind"] != kind:
            message = f"{shown(data['kind'])} does not belong here; expected '{kind}'"
            self.findings.append(source.finding(("kind",), message))
        if "apiVersion" not in data:
            self.findings.append(source.finding(("apiVersion",), f"is missing; expected '{current}'"))
        if len(self.findings) > found:
            return None
        try:
            return migrate(data, kind=kind, migrations=self.migrations, current=current)
        except ValueError as error:
            self.findings.append(source.finding(("apiVersion",), str(error)))
            return None


def _kind_of(model: type[Value]) -> str:
    return next(name for name, one in KINDS.items() if one is model)


def _printable(text: str) -> str:
    """One line, and nothing in it that a terminal would obey: values come from files that others wrote."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def field_text(path: FieldPath) -> str:
    """A path as people write it: `pools[0].memory`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
