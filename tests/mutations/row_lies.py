"""Changes of single values, rows and copies of rows at the target."""

from collections.abc import Callable, Sequence
from random import Random

import psycopg

from tests.mutations import schema
from tests.mutations.lie import Claim, Lie, Rows


def _set(column: str, before: str | None, after: str) -> Callable[[psycopg.Connection, Rows], set[Claim]]:
    """Both sides get `before` in a free row of `kinds` when it is given; then the target alone gets `after`."""

    def tell(target: psycopg.Connection, rows: Rows) -> set[Claim]:
        number = rows.take("kinds")
        if before is not None:
            rows.both(f"UPDATE kinds SET {column} = {before} WHERE id = {number}")
        target.execute(f"UPDATE kinds SET {column} = {after} WHERE id = {number}".encode())
        return {Claim("row", schema.KINDS, "changed", (str(number),))}

    return tell


_VALUES: dict[str, tuple[str, str | None, str]] = {
    "null-for-empty": ("u", "''", "NULL"),
    "empty-for-null": ("u", "NULL", "''"),
    "<null>-for-null": ("u", "NULL", "'<null>'"),
    "NULL-word-for-null": ("u", "NULL", "'NULL'"),
    "case": ("t", "'Nguyễn'", "'nguyễn'"),
    "trailing-space": ("t", "'Nguyễn'", "'Nguyễn '"),
    "trailing-space-varchar": ("v", "'x'", "'x '"),
    "trailing-space-bpchar": ("c_free", "'x'", "'x  '"),
    "leading-space": ("t", "'x'", "' x'"),
    "nfc-nfd": ("t", "U&'\\1EC5'", "U&'e\\0302\\0303'"),
    "tab-for-space": ("t", "'a b'", "E'a\\tb'"),
    "line-end": ("t", "E'a\\nb'", "E'a\\r\\nb'"),
    "backslash": ("t", "'a\\b'", "'a\\\\b'"),
    "quote": ("t", "'a\"b'", "'a\"\"b'"),
    "minus-zero": ("f8", "'0'", "'-0'"),
    "minus-zero-float4": ("f4", "'0'", "'-0'"),
    "minus-zero-point": ("pt", "'(1,0)'", "'(1,-0)'"),
    "nan-for-null": ("f8", "NULL", "'NaN'"),
    "nan-for-number": ("f8", "1", "'NaN'"),
    "infinity": ("f8", "'Infinity'", "'-Infinity'"),
    "next-float": ("f8", "0.1::float8 + 0.2::float8", "0.3"),
    "numeric-scale": ("n", "1.0", "1.00"),
    "numeric-nan": ("n", "0", "'NaN'"),
    "numeric-last-digit": ("n", "1e30 + 0.1", "1e30 + 0.2"),
    "folded-bigint": ("i8", "0", "4294967297"),
    "negative-bigint": ("i8", "1", "-1"),
    "folded-timestamp": ("ts", "'2000-01-01'", "'2000-01-01'::timestamp + 4294967297 * interval '1 us'"),
    "int2": ("i2", "7", "8"),
    "int4": ("i4", "7", "NULL"),
    "time-zone": ("tz", "'2026-01-01 00:00+07'", "'2026-01-01 00:00+00'"),
    "microsecond": ("tz", "'2026-01-01 00:00+07'", "'2026-01-01 00:00:00.000001+07'"),
    "same-instant-other-zone": ("tmz", "'10:00+07'", "'03:00+00'"),
    "time": ("tm", "'00:00'", "'24:00'"),
    "date": ("dt", "'2026-02-28'", "'2026-03-01'"),
    "date-infinity": ("dt", "'infinity'", "NULL"),
    "month-for-30-days": ("iv", "'1 month'", "'30 days'"),
    "day-for-24-hours": ("iv", "'1 day'", "'24 hours'"),
    "money": ("mo", "12.5", "12.51"),
    "bytes-trailing-zero": ("by", "'\\x01'", "'\\x0100'"),
    "bytes-empty": ("by", "'\\x'", "NULL"),
    "false-for-null": ("bo", "false", "NULL"),
    "uuid-bit": ("uu", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a10'"),
    "json-spaces": ("js", "'{\"a\": 1}'", "'{\"a\":1}'"),
    "json-order": ("js", '\'{"a":1,"b":2}\'', '\'{"b":2,"a":1}\''),
    "jsonb-scale": ("jb", "'{\"a\": 1}'", "'{\"a\": 1.0}'"),
    "jsonb-null": ("jb", "'null'", "NULL"),
    "array-null-word": ("at", "'{NULL}'", "'{\"NULL\"}'"),
    "array-empty": ("ai", "'{}'", "NULL"),
    "array-bounds": ("ai", "'{1}'", "'[0:0]={1}'"),
    "array-order": ("ai", "'{1,2}'", "'{2,1}'"),
    "array-delimiter": ("at", "'{\"a,b\"}'", "'{a,b}'"),
    "range-bound": ("rg", "'[1,5)'", "'[1,4)'"),
    "range-empty": ("rg", "'empty'", "NULL"),
    "range-zone": ("rz", "'[2026-01-01 00:00+07,)'", "'[2026-01-01 00:00+00,)'"),
    "enum": ("en", "'đỏ'", "'xanh'"),
    "domain": ("dm", "'Mã'", "'mã'"),
    "composite-null": ("co", "ROW(1, NULL)::cap", "ROW(1, '')::cap"),
    "composite-none": ("co", "ROW(NULL, NULL)::cap", "NULL"),
    "inet-mask": ("ip", "'10.0.0.1'", "'10.0.0.1/31'"),
    "bit": ("bi", "B'0101'", "B'0100'"),
    "varbit-length": ("vb", "B'1'", "B'10'"),
    "char-type": ("ch", "'q'", "'Q'"),
    "name": ("nm", "'tên'", "'ten'"),
    "lexeme-place": ("tv", "'a:1'", "'a:2'"),
    "regclass": ("rc", "'pg_class'", "'pg_type'"),
    "oid": ("oi", "7", "8"),
}


def _values() -> list[Lie]:
    return [Lie(name, _set(*given)) for name, given in _VALUES.items()]


def _delimiter(between: str) -> Callable[[psycopg.Connection, Rows], set[Claim]]:
    """A border between two columns moves: joined by it, both rows read the same."""

    def tell(target: psycopg.Connection, rows: Rows) -> set[Claim]:
        number = rows.take("kinds")
        mark = between.replace("'", "''")
        rows.both(f"UPDATE kinds SET t = 'a{mark}b', u = 'c' WHERE id = {number}")
        target.execute(f"UPDATE kinds SET t = 'a', u = 'b{mark}c' WHERE id = {number}".encode())
        return {Claim("row", schema.KINDS, "changed", (str(number),))}

    return tell


def _exchanged_columns(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.take("kinds")
    rows.both(f"UPDATE kinds SET t = 'x', u = 'y' WHERE id = {number}")
    target.execute(f"UPDATE kinds SET t = u, u = t WHERE id = {number}".encode())
    return {Claim("row", schema.KINDS, "changed", (str(number),))}


def _exchanged_rows(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    """Each value is there, at the wrong key: sums over single columns stay the same."""
    one, other = rows.take("kinds"), rows.take("kinds")
    target.execute(
        f"UPDATE kinds k SET t = o.t, i8 = o.i8 FROM kinds o"
        f" WHERE (k.id, o.id) IN (({one}, {other}), ({other}, {one}))".encode()
    )
    return {Claim("row", schema.KINDS, "changed", (str(number),)) for number in (one, other)}


def _missing(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.take("kinds")
    target.execute(f"DELETE FROM kinds WHERE id = {number}".encode())
    return {Claim("row", schema.KINDS, "missing", (str(number),))}


def _extra(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.fresh()
    target.execute(f"INSERT INTO kinds (id, t) VALUES ({number}, 'thừa')".encode())
    return {Claim("row", schema.KINDS, "extra", (str(number),))}


def _other_key(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number, other = rows.take("kinds"), rows.fresh()
    target.execute(f"UPDATE kinds SET id = {other} WHERE id = {number}".encode())
    return {
        Claim("row", schema.KINDS, "missing", (str(number),)),
        Claim("row", schema.KINDS, "extra", (str(other),)),
    }


def _decree_key(rows: Rows) -> tuple[str, int]:
    number = rows.take("decrees")
    text = {0: f'QĐ "{number}"', 1: f"a,b({number}", 2: f"x\\{number}"}[number % 3]
    return text, number


def _decree(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    """Names and keys with quotes, spaces, delimiters and Vietnamese letters."""
    text, number = _decree_key(rows)
    target.execute(f'UPDATE {schema.DECREES} SET "(x)" = \'\' WHERE "Số ""2""" = {number}'.encode())
    return {Claim("row", schema.DECREES, "changed", (text, str(number)))}


def _decree_missing(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    text, number = _decree_key(rows)
    target.execute(f'DELETE FROM {schema.DECREES} WHERE "Số ""2""" = {number}'.encode())
    return {Claim("row", schema.DECREES, "missing", (text, str(number)))}


def _decree_other_text(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    text, number = _decree_key(rows)
    target.execute(
        f'UPDATE {schema.DECREES} SET "Mã số %" = "Mã số %" || \' \' WHERE "Số ""2""" = {number}'.encode()
    )
    return {
        Claim("row", schema.DECREES, "missing", (text, str(number))),
        Claim("row", schema.DECREES, "extra", (f"{text} ", str(number))),
    }


def _partition(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.take("marriages")
    target.execute(f"UPDATE ket_hon SET ai = NULL WHERE id = {number}".encode())
    return {Claim("row", schema.PARTED, "changed", (str(number), _day(number)))}


def _partition_missing(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.take("marriages")
    target.execute(f"DELETE FROM ket_hon WHERE id = {number}".encode())
    return {Claim("row", schema.PARTED, "missing", (str(number), _day(number)))}


def _day(number: int) -> str:
    from datetime import date, timedelta

    return str(date(2026, 1, 1) + timedelta(days=number % 80))


def _orphan(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.take("children")
    target.execute(f"UPDATE con SET cha_id = {rows.fresh()} WHERE id = {number}".encode())
    return {Claim("row", schema.CHILD, "changed", (str(number),)), Claim("orphans", schema.FOREIGN_KEY, "")}


def _parent_gone(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    """Every row that names it is an orphan."""
    number = rows.take("parents")
    target.execute(f"DELETE FROM cha WHERE id = {number}".encode())
    return {
        Claim("row", schema.PARENT, "missing", (str(number),)),
        Claim("orphans", schema.FOREIGN_KEY, ""),
    }


def _copies(more: int) -> Callable[[psycopg.Connection, Rows], set[Claim]]:
    """Equal rows too many or too few; two at once cancel out under XOR."""

    def tell(target: psycopg.Connection, rows: Rows) -> set[Claim]:
        number = rows.fresh()
        rows.both(f"INSERT INTO nhat_ky SELECT {number}, 'bản sao', 1.0 FROM generate_series(1, 3)")
        if more > 0:
            target.execute(
                f"INSERT INTO nhat_ky SELECT {number}, 'bản sao', 1.0 FROM generate_series(1, {more})".encode()
            )
            return {Claim("copies", schema.LOG, f"0+{more}")}
        target.execute(
            f"DELETE FROM nhat_ky WHERE ctid IN"
            f" (SELECT ctid FROM nhat_ky WHERE may = {number} LIMIT {-more})".encode()
        )
        return {Claim("copies", schema.LOG, f"{-more}+0")}

    return tell


def _keyless_scale(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    number = rows.fresh()
    rows.both(f"INSERT INTO nhat_ky VALUES ({number}, 'x', 1.0)")
    target.execute(f"UPDATE nhat_ky SET so = 1.00 WHERE may = {number}".encode())
    return {Claim("copies", schema.LOG, "1+0"), Claim("copies", schema.LOG, "0+1")}


def _keyless_counts(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    """(a, a, b) for (a, b, b): the same number of rows, the same distinct rows."""
    number = rows.fresh()
    rows.both(f"INSERT INTO nhat_ky VALUES ({number}, 'a', 1), ({number}, 'a', 1), ({number}, 'b', 1)")
    target.execute(
        f"UPDATE nhat_ky SET viec = 'b' WHERE ctid = (SELECT min(ctid) FROM nhat_ky WHERE may = {number}"
        " AND viec = 'a')".encode()
    )
    return {Claim("copies", schema.LOG, "1+0"), Claim("copies", schema.LOG, "0+1")}


ROW_LIES: Sequence[Lie] = (
    *_values(),
    *(Lie(f"border-{mark!r}", _delimiter(mark)) for mark in ("|", ",", "\t", '"', ")", "','")),
    Lie("exchanged-columns", _exchanged_columns),
    Lie("exchanged-rows", _exchanged_rows),
    Lie("missing", _missing),
    Lie("extra", _extra),
    Lie("other-key", _other_key),
    Lie("quoted-names", _decree),
    Lie("quoted-names-missing", _decree_missing),
    Lie("quoted-names-trailing-space-in-key", _decree_other_text),
    Lie("partition", _partition),
    Lie("partition-missing", _partition_missing),
    Lie("orphan", _orphan),
    Lie("parent-gone", _parent_gone),
    Lie("a-copy-more", _copies(1)),
    Lie("two-copies-more", _copies(2)),
    Lie("a-copy-less", _copies(-1)),
    Lie("two-copies-less", _copies(-2)),
    Lie("keyless-scale", _keyless_scale),
    Lie("keyless-counts", _keyless_counts),
)


def chosen(lies: Sequence[Lie], count: int, chance: Random) -> list[Lie]:
    """That many, each as often as the others, in an order of chance."""
    found: list[Lie] = []
    while len(found) < count:
        found += chance.sample(list(lies), len(lies))
    return found[:count]
