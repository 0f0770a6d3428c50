"""What the catalogs of both sides must share: compared line by line, kind by kind."""

from collections.abc import Iterable, Mapping

from ndcops.model.proving import CatalogDifference, CatalogLine, DatabaseFacts
from ndcops.onboarding.plan.proving.deparsing import QUALIFIED_BEFORE, same_definition

MAINTAIN_VERSION = 170000
"""The privilege MAINTAIN is there since, and owners have it without a word."""

NOTED = frozenset({"extension version"})
"""A newer server has newer extensions: said, not judged."""

WRITTEN = frozenset({"definition", "rule", "trigger", "policy"})
"""Texts that PostgreSQL writes anew from what it has parsed, queries among them."""

CONSTRAINTS = frozenset({"constraint", "index"})
GRANTS = frozenset({"grant", "owner", "membership", "default grant"})


def catalog_differences(source: DatabaseFacts, target: DatabaseFacts) -> tuple[CatalogDifference, ...]:
    """Every object or fact that only one side has, or that differs, in order of kind and name."""
    old = min(source.server_version, target.server_version) < MAINTAIN_VERSION
    left, right = _by_object(source.lines, old=old), _by_object(target.lines, old=old)
    found = [
        CatalogDifference(kind=kind, name=name, source=left.get((kind, name)), target=right.get((kind, name)))
        for kind, name in sorted(left.keys() | right.keys())
        if left.get((kind, name)) != right.get((kind, name))
    ]
    return tuple(one for one in found if not _is_way_of_writing(one, source.server_version, target.server_version))


def _is_way_of_writing(one: CatalogDifference, source_version: int, target_version: int) -> bool:
    """Whether two releases only wrote the same definition differently."""
    if one.kind not in WRITTEN or one.source is None or one.target is None:
        return False
    if (source_version < QUALIFIED_BEFORE) == (target_version < QUALIFIED_BEFORE):
        return False
    older, newer = (one.source, one.target) if source_version < target_version else (one.target, one.source)
    return same_definition(older, newer)


def judged(differences: Iterable[CatalogDifference]) -> tuple[CatalogDifference, ...]:
    """Without what is only noted."""
    return tuple(one for one in differences if one.kind not in NOTED)


def noted(differences: Iterable[CatalogDifference]) -> tuple[str, ...]:
    """What is said and not judged, a line each."""
    return tuple(
        f"{one.kind} of {one.name}: {one.source or 'none'} at the source, {one.target or 'none'} at the target"
        for one in differences
        if one.kind in NOTED
    )


def _by_object(lines: Iterable[CatalogLine], *, old: bool) -> Mapping[tuple[str, str], str]:
    """Several lines of one object (each of its grants) are one, in order."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        if old and line.kind in GRANTS and line.value.startswith("MAINTAIN "):
            continue
        found.setdefault((line.kind, line.name), []).append(line.value)
    return {name: "\n".join(sorted(values)) for name, values in found.items()}
