"""Reading older `apiVersion`s: a migration lifts one kind by one version; the reader of files calls `migrate`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ndcops.model.document import API_VERSION
from ndcops.model.record import JsonObject

_FORM = re.compile(r"ndcops/v(0|[1-9]\d{0,3})", re.ASCII)


@dataclass(frozen=True)
class Migration:
    """Lifts a document of `kind` from `before` to `after`: `change` gives the new fields, all but `apiVersion`."""

    kind: str
    before: str
    after: str
    change: Callable[[JsonObject], JsonObject]


MIGRATIONS: tuple[Migration, ...] = ()
"""Every migration of this release. v1 is the first version, so there is nothing older yet."""


def migrate(
    document: JsonObject,
    *,
    kind: str,
    migrations: Sequence[Migration] = MIGRATIONS,
    current: str = API_VERSION,
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


def _number(version: str) -> int:
    return int(version.rsplit("v", 1)[1])


def _shown(value: object) -> str:
    return f"'{value}'"[:80]
