"""How an older `apiVersion` is lifted, one kind by one version at a time; pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ndcops.model.record import JsonObject

_FORM = re.compile(r"ndcops/v(0|[1-9]\d{0,3})", re.ASCII)


FieldPath = tuple[str | int, ...]


def _same(path: FieldPath) -> FieldPath:
    return path


@dataclass(frozen=True)
class Migration:
    """Lifts a document of `kind` from `before` to `after`: `change` gives the new fields, all but `apiVersion`.

    It must take any JSON: what does not fit is left where it is, for the model to name. back: where a field of
    the newer form stands in the older one, so that an error names the line that was written.
    """

    kind: str
    before: str
    after: str
    change: Callable[[JsonObject], JsonObject]
    back: Callable[[FieldPath], FieldPath] = _same


def lift(
    document: JsonObject,
    *,
    kind: str,
    migrations: Sequence[Migration],
    current: str,
) -> JsonObject:
    """The document in version `current`. Raises ValueError: no version, newer than this release, or no way up."""
    version = document.get("apiVersion")
    steps = {(step.kind, step.before): step for step in migrations}
    while version != current:
        if not isinstance(version, str) or not _FORM.fullmatch(version):
            raise ValueError(f"{_shown(version)} is not a version; expected '{current}'")
        if _number(version) > _number(current):
            raise ValueError(
                f"'{version}' is newer than this release of ndcops, which reads up to '{current}'; upgrade ndcops"
            )
        step = steps.get((kind, version))
        if step is None or _number(step.after) <= _number(version):
            raise ValueError(f"'{version}' is too old for this release of ndcops; expected '{current}'")
        document = {**step.change(dict(document)), "apiVersion": step.after}
        version = step.after
    return document


def path_before(path: FieldPath, steps: Sequence[Migration]) -> FieldPath:
    """Where a field of the lifted document stands in the file. steps: what lifted it, in order."""
    for step in reversed(steps):
        path = step.back(path)
    return path


def steps_from(version: object, *, kind: str, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """The migrations that `lift` applies to a document of that version; empty for the newest."""
    by_version = {step.before: step for step in migrations if step.kind == kind}
    found: list[Migration] = []
    while isinstance(version, str) and version in by_version and len(found) < len(by_version):
        found.append(by_version[version])
        version = by_version[version].after
    return tuple(found)


def _number(version: str) -> int:
    return int(version.rsplit("v", 1)[1])


def _shown(value: object) -> str:
    return f"'{value}'"[:80]
