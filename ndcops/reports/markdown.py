"""Pieces of Markdown (CommonMark, GitHub tables); what people wrote cannot become markup."""

import re
from collections.abc import Iterator, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


def escaped(text: str) -> str:
    """The text as a reader sees it: one line, every mark of Markdown harmless."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(map(escaped, head))} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(escaped, row))} |"
