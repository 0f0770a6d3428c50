"""What an examination of this machine found."""

from typing import Literal

from ndcops.model.document import Value


class Finding(Value):
    """One check: `ok`, `note` (works, but know it), or `bad` with the next command."""

    check: str
    verdict: Literal["ok", "note", "bad"]
    found: str
    resolution: str = ""
