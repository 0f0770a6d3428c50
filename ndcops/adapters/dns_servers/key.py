"""The key that signs questions and updates (TSIG, RFC 8945), as `tsig-keygen` writes it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from ndcops.model.errors import InvalidInput, Refused

_KEY = re.compile(r'key\s+"?([^\s"{]+)"?\s*\{(.*?)\}', re.DOTALL)
_FIELD = re.compile(r'(algorithm|secret)\s+"?([^\s";]+)"?\s*;')


@dataclass(frozen=True)
class TsigKey:
    """Name, algorithm and secret (base64)."""

    name: str
    algorithm: str
    secret: str = field(repr=False)


def parse_key(text: str) -> TsigKey | None:
    """The first `key` statement of a BIND configuration; None without a whole one."""
    found = _KEY.search(text)
    if found is None:
        return None
    fields = dict(_FIELD.findall(found[2]))
    if set(fields) != {"algorithm", "secret"}:
        return None
    return TsigKey(found[1], fields["algorithm"], fields["secret"])


def read_key(path: Path) -> TsigKey:
    """The key of a file that only its owner may read. Raises Refused when others may, InvalidInput."""
    try:
        others, text = path.stat().st_mode & 0o077, path.read_text()
    except OSError as error:
        raise InvalidInput(f"the key of the names cannot be read: {path}", details=[str(error)]) from error
    if others:
        raise Refused(
            f"the key of the names can be read by others than its owner: {path}", resolution=f"chmod 600 {path}"
        )
    key = parse_key(text)
    if key is None:
        raise InvalidInput(f"{path} holds no TSIG key", resolution="tsig-keygen NAME > FILE")
    return key
