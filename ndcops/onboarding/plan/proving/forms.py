"""How the rows of a table become numbers, so that equal numbers mean equal values and nothing else.

What may not pass as equal: NULL and '', 1.0 and 1.00, 0 and -0, 30 days and 1 month, 'a' and 'A' under a
collation or citext. So no type is hashed by its own function where that follows equality instead of identity
(numeric, float, interval, citext, jsonb), nor where it folds values (int8 and timestamps: to 32 bits, hashfunc.c).
What may not pass as different: the same float NaN of another bit pattern (so floats are spelled), an enum of other
oids, a regclass of another oid (names, under a pinned search_path).
"""

from collections.abc import Sequence

from ndcops.model.proving import (
    DatabaseFacts,
    FormColumn,
    HashMethod,
    KeyColumn,
    ProvenColumn,
    ProvenTable,
    RowForm,
    Spelling,
)

RECORD_VERSION = 140000
"""hash_record_extended is there since."""

SLICING_VERSION = 140000
"""TID range scans are there since; older servers would read the whole table for each range of pages."""

_NATIVE = frozenset({"int2", "int4", "bool", "char", "oid", "date", "uuid", "bytea"})
_COLLATED = frozenset({"text", "varchar", "name"})
_SENT = {
    "int8": "int8send",
    "numeric": "numeric_send",
    "timestamp": "timestamp_send",
    "timestamptz": "timestamptz_send",
    "time": "time_send",
    "timetz": "timetz_send",
    "interval": "interval_send",
    "money": "cash_send",
    "bpchar": "bpcharsend",
}
_ROWS_A_BUCKET = 1024
_ROWS_A_PAGE = 32
"""Assumed of a table that was never analysed."""

_FEWEST_BUCKETS, _MOST_BUCKETS = 16, 4096
"""Measured on PostgreSQL 18, a million rows: 603 ms into 512 buckets, 634 into 4,096, 703 into 16,384."""


def spelling_of(column: ProvenColumn) -> FormColumn:
    """By the type's name below domains; whatever is not known is spelled."""
    if column.base in _NATIVE:
        return FormColumn(name=column.name, spelling=Spelling.NATIVE)
    if column.base in _COLLATED:
        return FormColumn(name=column.name, spelling=Spelling.COLLATED)
    if column.base in _SENT:
        return FormColumn(name=column.name, spelling=Spelling.SENT, send=_SENT[column.base])
    return FormColumn(name=column.name, spelling=Spelling.SPELLED)


def method_for(source: DatabaseFacts, target: DatabaseFacts) -> HashMethod:
    """The quickest method that gives the same number for the same value on both."""
    if source.encoding == target.encoding:
        both = min(source.server_version, target.server_version)
        known = source.native_probe is not None and source.native_probe == target.native_probe
        if both >= RECORD_VERSION and known:
            return HashMethod.RECORD
        if source.text_probe == target.text_probe:
            return HashMethod.TEXT
    return HashMethod.SHA256


def bucket_count(rows: int) -> int:
    """A power of two, so that a bucket has about _ROWS_A_BUCKET rows, within bounds of memory."""
    wanted = max(1, rows // _ROWS_A_BUCKET)
    return min(_MOST_BUCKETS, max(_FEWEST_BUCKETS, 1 << (wanted - 1).bit_length()))


def common_columns(source: ProvenTable, target: ProvenTable) -> tuple[ProvenColumn, ...]:
    """Columns of the same name and type, in the source's order; their places may differ."""
    others = {(column.name, column.type) for column in target.columns}
    return tuple(column for column in source.columns if (column.name, column.type) in others)


def form_of(source: ProvenTable, target: ProvenTable, method: HashMethod, seed: int) -> RowForm:
    """The comparison of one table. Its key is the source's, if the target has all of the key's columns."""
    columns = common_columns(source, target)
    return RowForm(
        columns=tuple(spelling_of(column) for column in columns),
        key=_key(source, columns),
        method=method,
        seed=seed,
        buckets=bucket_count(max(source.rows, target.rows, source.pages * _ROWS_A_PAGE)),
    )


def _key(source: ProvenTable, columns: Sequence[ProvenColumn]) -> tuple[KeyColumn, ...]:
    types = {column.name: column.type for column in columns}
    if not all(name in types for name in source.key):
        return ()
    return tuple(
        KeyColumn(name=name, type=types[name], operator=operator)
        for name, operator in zip(source.key, source.key_operators, strict=True)
    )
