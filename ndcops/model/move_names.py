"""What our own objects are called on source and target; the same move gives the same names, wherever it is asked.

A slot's name takes lower-case letters, digits and underscores, 63 bytes at most (PostgreSQL docs, Streaming
Replication Protocol); agencies' and databases' ids are DNS labels.
"""

from dataclasses import dataclass
from hashlib import sha256

_LONGEST = 60
"""Two event triggers and their function need an ending of their own."""

_PREFIX = "ndcops_"


@dataclass(frozen=True)
class MoveNames:
    """By what they are of. schema: of our own tables and functions, on both sides.

    publication and slot of the forward stream stand at the source, its subscription at the target; those of the
    reverse stream the other way round. guard: the event trigger that logs DDL at the source.
    """

    schema: str
    publication: str
    slot: str
    subscription: str
    reverse_publication: str
    reverse_slot: str
    reverse_subscription: str
    guard: str


def names_of(agency: str, database: str) -> MoveNames:
    """The names of a dossier's database. The digest keeps `a-b` + `c` from being `a` + `b-c`."""
    digest = sha256(f"{agency}/{database}".encode()).hexdigest()[:8]
    return MoveNames(
        schema=_name(agency, database, digest, "move"),
        publication=_name(agency, database, digest, "out"),
        slot=_name(agency, database, digest, "out"),
        subscription=_name(agency, database, digest, "in"),
        reverse_publication=_name(agency, database, digest, "back"),
        reverse_slot=_name(agency, database, digest, "back"),
        reverse_subscription=_name(agency, database, digest, "return"),
        guard=_name(agency, database, digest, "ddl"),
    )


def _name(agency: str, database: str, digest: str, ending: str) -> str:
    tail = f"_{digest}_{ending}"
    words = f"{agency}_{database}".replace("-", "_")
    return _PREFIX + words[: _LONGEST - len(_PREFIX) - len(tail)].rstrip("_") + tail
