"""Whether two releases of PostgreSQL wrote down the same definition.

Since release 16 a query over one relation names its columns without the relation (release notes of 16, ruleutils).
So the newer text may leave out a qualifier that the older one has, and nothing else: `a.x` is like `x`, never like
`b.x`. Relations after FROM keep their schema in both, as the search_path is empty.
"""

import re
from collections.abc import Iterator

QUALIFIED_BEFORE = 160000

_TOKENS = re.compile(r"""\s+|"(?:[^"]|"")*"|'(?:[^']|'')*'|\w+|.""", re.DOTALL)
_NAME = re.compile(r"""(?:"(?:[^"]|"")*"|[^\W\d]\w*)\Z""", re.DOTALL)


def same_definition(older: str, newer: str) -> bool:
    """Whether they differ in nothing but such qualifiers and white space."""
    left, right = list(_tokens(older)), list(_tokens(newer))
    place = 0
    for token, following in zip(right, [*right[1:], ""], strict=True):
        if _is_qualifier(left, place) and following != "." and left[place + 2] == token:
            place += 3
        elif left[place : place + 1] == [token]:
            place += 1
        else:
            return False
    return place == len(left)


def _tokens(text: str) -> Iterator[str]:
    return (found[0] for found in _TOKENS.finditer(text) if not found[0].isspace())


def _is_qualifier(tokens: list[str], place: int) -> bool:
    """Whether a name, a dot and another name begin there."""
    three = tokens[place : place + 3]
    return len(three) == 3 and three[1] == "." and bool(_NAME.match(three[0])) and bool(_NAME.match(three[2]))
