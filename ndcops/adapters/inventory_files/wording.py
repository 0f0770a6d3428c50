"""Words for what pydantic found: what is wrong and what was expected; `documents` calls it with a kind's schema.

The expectation comes from the JSON Schema of the kind, so that an error says what an editor would say.
"""

from difflib import get_close_matches
from ipaddress import IPv4Network
from typing import Any

from pydantic_core import ErrorDetails

Schema = dict[str, Any]

PATTERN_WORDS = {
    r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$": "lower-case letters, digits and hyphens, at most 63",
    r"^https://[^\s/]+:\d+$": "an address like https://etcd.example.vn:2379",
    r"^/([\w.-]+/)+$": "a path like /service/",
    r"^[^@\s]+@[^@\s]+$": "an e-mail address",
    r"^/[\w./-]+$": "an absolute path like /var/lib/data",
    r"^/": "a path that begins with /",
    r"^https?://[^\s/]+(/\S*)?$": "an address like http://packages.example.vn/debian",
    r"^[a-z0-9][-a-z0-9.]*(:\d+)?(/[-a-z0-9._]+)*$": "a registry like registry.example.vn:5000/mirror",
    r"^\d{1,5}(\.\d{1,6}){0,4}[\w.+ ~-]{0,40}$": "a version like 15.8",
    r"^[0-9a-f]{64}$": "a SHA-256 of 64 hexadecimal digits",
    r"^[a-z0-9][-a-z0-9./]{0,126}[a-z0-9]$": "a name like ndc.gov.vn/register",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "a time of the day like 22:00",
    r"^/[^{}]*\{site\}[^{}]*$": "a path like /srv/ndcops/{site}/ledger",
    r"^\+?[0-9][0-9 .]{6,18}[0-9]$": "a telephone number like +84 24 3825 1234",
}
_FORMAT_WORDS = {
    "ipv4network": "a network, for example 10.16.0.0/16",
    "date": "a date, for example 2026-01-31",
    "date-time": "a time, for example 2026-01-31T08:00:00Z",
}
_TYPE_WORDS = {"string": "text", "boolean": "true or false", "array": "a list", "object": "a mapping"}
_RANGE_ERRORS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}


def wording(error: ErrorDetails, schema: Schema) -> tuple[tuple[str | int, ...], str] | None:
    """Where (a path in the document) and what; None for an echo of an error that is reported by itself."""
    path = tuple(error["loc"])
    if error["type"] == "misplaced":
        return (*path, *error["ctx"]["path"]), error["msg"]
    if error["type"] == "too_short" and error["input"]:
        return None  # pydantic counts only the valid items of a list: the invalid ones are named themselves
    if error["type"] == "extra_forbidden":
        return path, _unknown_field(str(path[-1]), node_at(schema, path[:-1]))
    return path, _sentence(error, node_at(schema, path))


def _sentence(error: ErrorDetails, node: Schema) -> str:
    kind, value, expected = error["type"], error["input"], expectation(node)
    if kind == "missing":
        return f"is missing; expected {expected}"
    if node.get("format") == "ipv4network" and isinstance(value, str):
        return _network_words(value, expected)
    if kind == "value_error":
        message = str(error["ctx"]["error"])
        return message if "expected" in message else f"{message}; expected {expected}"
    if kind in ("string_too_short", "too_short"):
        return f"is empty; expected {expected}"
    if kind in ("enum", "literal_error"):
        return f"{shown(value)} is not known; expected {expected}{_hint(str(value), node.get('enum', []))}"
    if kind in _RANGE_ERRORS:
        return f"{shown(value)} is out of range; expected {expected}"
    if kind.endswith("_type") and kind_of(value) != expected:
        quotes = " (put quotes around it)" if expected == "text" and isinstance(value, int | float) else ""
        return f"{shown(value)} is {kind_of(value)}; expected {expected}{quotes}"
    return f"{shown(value)} does not fit; expected {expected}"


def _network_words(value: str, expected: str) -> str:
    try:
        network = IPv4Network(value, strict=False)
    except ValueError:
        return f"{shown(value)} is not an IPv4 network; expected {expected}"
    return f"{shown(value)} has host bits set; expected {expected}; did you mean '{network}'?"


def _unknown_field(name: str, parent: Schema) -> str:
    fields = sorted(parent.get("properties", {}))
    return f"unknown field; expected one of {', '.join(fields)}{_hint(name, fields)}"


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def expectation(node: Schema) -> str:
    """What a schema asks of a value, in words."""
    if "anyOf" in node:
        words = [expectation(option) for option in node["anyOf"] if option.get("type") != "null"]
        return "a quantity such as 500m or 512Gi" if {"text", "a number"} <= set(words) else " or ".join(words)
    if "const" in node:
        return f"'{node['const']}'"
    if "enum" in node:
        return "one of " + ", ".join(str(value) for value in node["enum"])
    if "pattern" in node:
        return PATTERN_WORDS.get(node["pattern"], f"text like {node['pattern']}")
    if "format" in node and node["format"] in _FORMAT_WORDS:
        return _FORMAT_WORDS[node["format"]]
    if node.get("type") in ("integer", "number"):
        return ("a whole number" if node["type"] == "integer" else "a number") + _range(node)
    return _counted(node)


def _counted(node: Schema) -> str:
    words = _TYPE_WORDS.get(str(node.get("type")), "another value")
    least = node.get("minItems")
    return f"{words} of at least {least}" if least else words


def _range(node: Schema) -> str:
    if "exclusiveMinimum" in node:
        low = f"more than {node['exclusiveMinimum']:g}"
        return f" {low} and at most {node['maximum']:g}" if "maximum" in node else f" {low}"
    if "minimum" in node and "maximum" in node:
        return f" from {node['minimum']} to {node['maximum']}"
    return f" of at least {node['minimum']}" if "minimum" in node else ""


def node_at(schema: Schema, path: tuple[str | int, ...]) -> Schema:
    """The part of a JSON Schema that describes the value at `path`; empty when the path leaves the schema."""
    node = _resolved(schema, schema)
    for part in path:
        if isinstance(part, int):
            step = node.get("items", {})
        else:
            step = node.get("properties", {}).get(part) or node.get("additionalProperties")
        node = _resolved(schema, step) if isinstance(step, dict) else {}
    return node


def _resolved(schema: Schema, node: Schema) -> Schema:
    """Follows a reference; `X | None` is described by X."""
    while True:
        options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        elif len(options) == 1:
            node = options[0]
        else:
            return node


def kind_of(value: object) -> str:
    """What a YAML value is, in the words of `expectation`."""
    if value is None:
        return "nothing"
    for types, words in (
        (bool, "a boolean"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
    ):
        if isinstance(value, types):
            return words
    return "a mapping"


def shown(value: object) -> str:
    """A value as a message shows it: short, on one line."""
    if isinstance(value, list | dict):
        return f"this ({len(value)} entries)"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"
