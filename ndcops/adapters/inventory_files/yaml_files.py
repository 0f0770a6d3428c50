"""The only door to YAML: one file in, plain JSON values and the line of each out; `documents` calls it.

Scalars follow the YAML 1.2 core schema without its traps (no `yes` as true, no `0644` as octal, no bare dates),
tags that would build objects are refused, and aliases may not multiply (the "billion laughs").
"""

import math
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from ndcops.adapters.inventory_files.yaml_faults import Fault, Unreadable

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_DEPTH = 64
MAX_ALIAS_NODES = 20_000
"""How many values all aliases of one file may stand for together."""

_TAG = "tag:yaml.org,2002:"
_ALLOWED_TAGS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")}
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,40})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")


@dataclass(frozen=True)
class YamlFile:
    """A file's value, and the nodes that know its lines."""

    data: dict[str, Any]
    root: Node

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The line of the value at `path`, from 1; of its nearest parent when the file has no such value."""
        node, line = self.root, self.root.start_mark.line
        for part in path:
            step = _child(node, part)
            if step is None:
                break
            node, line = step
        return int(line) + 1


def _child(node: Node, part: str | int) -> tuple[Node, int] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line
    return None


def read_yaml(path: Path) -> YamlFile:
    """The one mapping that the file holds. Raises Unreadable with every reason that was found."""
    return read_yaml_text(_decode(_read_bytes(path)))


def read_yaml_text(text: str) -> YamlFile:
    """The one mapping that the text holds. Raises Unreadable with every reason that was found."""
    if len(text) > MAX_FILE_BYTES:
        raise Unreadable(Fault(1, f"the text is too large; expected at most {MAX_FILE_BYTES // 1024 // 1024} MB"))
    root = _compose(text)
    if root is None:
        raise Unreadable(Fault(1, "the file is empty; expected a mapping (field: value)"))
    return _mapping(root)


def read_yaml_documents(path: Path) -> tuple[YamlFile, ...]:
    """The mappings that the file holds, parted by `---`; empty documents are left out. Raises Unreadable."""
    text = _decode(_read_bytes(path))
    found = []
    with _syntax_errors(text):
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            if node is not None and not (isinstance(node, ScalarNode) and not node.value):
                found.append(_mapping(node))
    if not found:
        raise Unreadable(Fault(1, "the file is empty; expected a mapping (field: value)"))
    return tuple(found)


def _mapping(root: Node) -> YamlFile:
    values = _Values()
    data = values.of(root)
    if values.faults:
        raise Unreadable(*values.faults)
    if not isinstance(data, dict):
        line = root.start_mark.line + 1
        raise Unreadable(Fault(line, f"the file holds {_kind_of(data)}; expected a mapping (field: value)"))
    return YamlFile(data, root)


def _read_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(Fault(1, "is not a regular file; expected a YAML file"))
        if status.st_size > MAX_FILE_BYTES:
            size_mb = status.st_size / 1024 / 1024
            limit_mb = MAX_FILE_BYTES // 1024 // 1024
            raise Unreadable(Fault(1, f"the file is too large ({size_mb:.1f} MB); expected at most {limit_mb} MB"))
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(Fault(1, f"cannot be read: {error.strerror}")) from error


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        message = f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"
        raise Unreadable(Fault(line, message)) from error


def _compose(text: str) -> Node | None:
    with _syntax_errors(text):
        node: Node | None = _Loader(text).get_single_node()
    return node


@contextmanager
def _syntax_errors(text: str) -> Iterator[None]:
    """What the parser says of `text`, as Unreadable."""
    try:
        yield
    except MarkedYAMLError as error:
        raise Unreadable(_syntax_fault(error, text)) from error
    except ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        message = f"not YAML: character {error.character:#06x} is not allowed"
        raise Unreadable(Fault(line, message)) from error
    except YAMLError as error:
        raise Unreadable(Fault(1, f"not YAML: {error}")) from error


def _syntax_fault(error: MarkedYAMLError, text: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 0)
    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    if "\t" in source[: len(source) - len(source.lstrip())]:
        return Fault(line, "not YAML: a tab in the indentation; expected spaces", source.index("\t") + 1)
    message = f"not YAML: {error.problem or error.context}"
    if error.problem and error.problem.startswith("but "):
        message = f"not YAML: {error.context}, {error.problem}"
    elif error.context and error.problem and error.context_mark and error.context_mark.line + 1 != line:
        message += f" ({error.context} that begins at line {error.context_mark.line + 1})"
    return Fault(line, message, column)


class _Loader(Composer, CParser):
    """PyYAML's composer over libyaml's parser: nodes with lines, at a third of the pure-Python cost."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """As PyYAML's, but an error instead of a full stack."""
        if self._depth >= MAX_DEPTH:
            mark: Any = getattr(self.peek_event(), "start_mark", None)
            raise MarkedYAMLError(problem=f"values lie more than {MAX_DEPTH} levels deep", problem_mark=mark)
        self._depth += 1
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def descend_resolver(self, *_: object) -> None:
        """Tags here never depend on the path."""

    def ascend_resolver(self) -> None:
        """Tags here never depend on the path."""

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        """The tag of a node that has none, by the YAML 1.2 core schema."""
        if kind is MappingNode:
            return f"{_TAG}map"
        if kind is SequenceNode:
            return f"{_TAG}seq"
        plain = implicit[0] if isinstance(implicit, tuple) else implicit
        return f"{_TAG}{_core_type(value or '')}" if plain else f"{_TAG}str"


def _core_type(text: str) -> str:
    if _NULL.fullmatch(text):
        return "null"
    if _BOOL.fullmatch(text):
        return "bool"
    if _INT.fullmatch(text):
        return "int"
    if _FLOAT.fullmatch(text) and not _LEADING_ZERO.match(text) and math.isfinite(float(text)):
        return "float"
    return "str"


class _Values:
    """Turns nodes into JSON values, and collects what may not be one."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._seen: set[int] = set()
        self._open: set[int] = set()
        self._alias_nodes = 0

    def of(self, node: Node) -> Any:
        if id(node) in self._open:
            self._fault(node, "an alias stands inside the value that it repeats; write the value out")
            return None
        if self._is_too_much(node):
            return None
        if node.tag not in _ALLOWED_TAGS:
            self._fault(node, f"the tag {node.tag.replace(_TAG, '!!')} is not allowed; expected plain YAML values")
            return None
        self._open.add(id(node))
        try:
            return self._value(node)
        finally:
            self._open.discard(id(node))

    def _value(self, node: Node) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node)
        if isinstance(node, SequenceNode):
            return [self.of(item) for item in node.value]
        return self._scalar(node)

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        lines: dict[str, int] = {}
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or key.tag != f"{_TAG}str":
                shown = f"'{key.value}'" if isinstance(key, ScalarNode) else "a list or mapping"
                self._fault(key, f"{shown} is not a field name; expected text (put quotes around it)")
            elif key.value == "<<":
                self._fault(key, "merge keys ('<<') are not read; write the fields out")
            elif key.value in lines:
                self._fault(key, f"'{key.value}' is given twice, first at line {lines[key.value]}; keep one")
            else:
                lines[key.value] = key.start_mark.line + 1
                values[key.value] = self.of(value)
        return values

    def _scalar(self, node: Node) -> str | int | float | bool | None:
        text: str = node.value
        expected = node.tag.removeprefix(_TAG)
        if expected == "str":
            return text
        if _core_type(text) != expected and not (expected == "float" and _core_type(text) == "int"):
            self._fault(node, f"'{text[:60]}' is tagged !!{expected}, but is none")
            return None
        if expected == "null":
            return None
        if expected == "bool":
            return text.lower() == "true"
        return int(text) if expected == "int" else float(text)

    def _is_too_much(self, node: Node) -> bool:
        """Counts what stands behind aliases: a node met again is repeated by one."""
        if id(node) in self._seen:
            self._alias_nodes += 1
        self._seen.add(id(node))
        if self._alias_nodes == MAX_ALIAS_NODES + 1:
            self._fault(node, f"aliases repeat more than {MAX_ALIAS_NODES} values; write the values out")
        return self._alias_nodes > MAX_ALIAS_NODES

    def _fault(self, node: Node, message: str) -> None:
        fault = Fault(node.start_mark.line + 1, message)
        if fault not in self.faults:
            self.faults.append(fault)


def _kind_of(value: object) -> str:
    return "a list" if isinstance(value, list) else "one bare value"
