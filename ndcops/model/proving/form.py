"""How a row becomes one number, the same on both sides; the plan chooses, the adapter writes it as SQL."""

from enum import StrEnum

from ndcops.model.document import Value


class Spelling(StrEnum):
    """How a column's value goes into its row's hash, without loss.

    native: by the type's own hash function, which no two different values share by their form.
    collated: text, its bytes. sent: the bytes of the type's send function. spelled: as its output function writes
    it, with its neighbours of the same kind as one row.
    """

    NATIVE = "native"
    COLLATED = "collated"
    SENT = "sent"
    SPELLED = "spelled"


class HashMethod(StrEnum):
    """record: hash_record_extended over all columns (PostgreSQL 14 and newer). text: hashtextextended over the
    row's text. sha256: the first 64 bits over the row's text in UTF-8, for servers whose own hashes differ.
    """

    RECORD = "record"
    TEXT = "text"
    SHA256 = "sha256"


class FormColumn(Value):
    """send: name of the send function in pg_catalog, for `sent`."""

    name: str
    spelling: Spelling
    send: str = ""


class KeyColumn(Value):
    """type: what a key's text is read back as. operator: of equality in the key's index, qualified."""

    name: str
    type: str
    operator: str


class RowForm(Value):
    """One table's comparison. buckets: a power of two; a row's bucket is the low bits of its hash.

    seed: drawn anew for each proof and kept in its report, so that nobody can prepare rows that collide.
    """

    columns: tuple[FormColumn, ...]
    key: tuple[KeyColumn, ...]
    method: HashMethod
    seed: int
    buckets: int
