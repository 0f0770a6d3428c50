"""The `pulumi.com/waitFor` annotation: a condition or a field of any object."""

import re
from typing import Any, Final

import orjson

from ndcops.model.errors import InvalidInput
from ndcops.provider.annotations import WAIT_FOR
from ndcops.provider.await_ready.verdict import READY, Verdict, condition, is_observed, status, waiting
from ndcops.provider.property_path import Path, concrete_paths, parse_path
from ndcops.provider.wire import JsonObject

_FIELD: Final = re.compile(r"jsonpath=\{\.?(?P<path>[^{}]+)\}(?:=(?P<value>.*))?", re.DOTALL)


def judge_wait_for(live: JsonObject, text: str) -> Verdict:
    """Ready when every expression of the annotation holds. Raises InvalidInput for one it cannot read."""
    unmet = [expression for expression in _expressions(text) if not _holds(live, expression)]
    return waiting(*(f"{WAIT_FOR}: {expression} does not hold yet" for expression in unmet)) if unmet else READY


def _expressions(text: str) -> list[str]:
    if not text.lstrip().startswith("["):
        return [text.strip()]
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _unreadable(text, str(error)) from error
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise _unreadable(text, "expected a list of texts")
    return value


def _holds(live: JsonObject, expression: str) -> bool:
    if expression.startswith("condition="):
        name, _, wanted = expression.removeprefix("condition=").partition("=")
        observed = "observedGeneration" not in status(live) or is_observed(live)
        return observed and str(condition(live, name).get("status", "")).lower() == (wanted or "True").lower()
    match = _FIELD.fullmatch(expression)
    if match is None:
        raise _unreadable(expression, "expected jsonpath={.status.phase}=Value or condition=Type")
    found = [_at(live, path) for path in concrete_paths(live, _path(match["path"]))]
    if match["value"] is None:
        return bool(found)
    return bool(found) and all(_text(value) == match["value"].strip("\"'") for value in found)


def _path(text: str) -> Path:
    try:
        return parse_path(text)
    except ValueError as error:
        raise _unreadable(text, "only fields, [index], [*] and ['key'] are understood") from error


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _unreadable(text: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"annotation {WAIT_FOR} cannot be read: {text}", details=[why], resolution="correct it in the program"
    )
