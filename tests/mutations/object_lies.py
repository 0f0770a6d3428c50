"""Changes of everything beside rows at the target: sequences, large objects, grants, constraints, definitions."""

from collections.abc import Callable, Sequence

import psycopg

from tests.mutations import schema
from tests.mutations.lie import Claim, Lie, Rows


def _catalog(
    statement: str, kind: str, name: str, *, uses: str, also: Sequence[tuple[str, str]] = ()
) -> Callable[[psycopg.Connection, Rows], set[Claim]]:
    """`{n}` in the texts is the number of an object that no other lie of the round touches."""

    def tell(target: psycopg.Connection, rows: Rows) -> set[Claim]:
        number = rows.take(uses) - 1
        target.execute(statement.replace("{n}", str(number)).encode())
        claims = ((kind, name), *also)
        return {Claim("catalog", kind, name.replace("{n}", str(number))) for kind, name in claims}

    return tell


_SMALL: dict[str, tuple[str, str, str, tuple[tuple[str, str], ...]]] = {
    "grant-revoked": ("REVOKE SELECT ON phu_{n} FROM doc", "grant", "table public.phu_{n}", ()),
    "grant-added": ("GRANT INSERT ON phu_{n} TO viet", "grant", "table public.phu_{n}", ()),
    "grant-option": ("GRANT SELECT ON phu_{n} TO doc WITH GRANT OPTION", "grant", "table public.phu_{n}", ()),
    "grant-public": ("GRANT SELECT ON phu_{n} TO PUBLIC", "grant", "table public.phu_{n}", ()),
    "grant-column": ("GRANT UPDATE (b) ON phu_{n} TO viet", "grant", "table column public.phu_{n}.b", ()),
    "grant-sequence": ("GRANT USAGE ON SEQUENCE so_{n} TO viet", "grant", "sequence public.so_{n}", ()),
    "owner": (
        "ALTER TABLE phu_{n} OWNER TO chu_so_huu",
        "owner",
        "table public.phu_{n}",
        (("grant", "table public.phu_{n}"),),
    ),
    "default": ("ALTER TABLE phu_{n} ALTER a SET DEFAULT 2", "column", "public.phu_{n}.a", ()),
    "default-gone": ("ALTER TABLE phu_{n} ALTER a DROP DEFAULT", "column", "public.phu_{n}.a", ()),
    "not-null": ("ALTER TABLE phu_{n} ALTER b SET NOT NULL", "column", "public.phu_{n}.b", ()),
    "type": ("ALTER TABLE phu_{n} ALTER b TYPE varchar(9)", "column", "public.phu_{n}.b", ()),
    "column-extra": ("ALTER TABLE phu_{n} ADD c int", "column", "public.phu_{n}.c", ()),
    "comment": ("COMMENT ON TABLE phu_{n} IS 'Bảng phụ'", "comment", "table public.phu_{n}", ()),
    "comment-gone": ("COMMENT ON TABLE phu_{n} IS NULL", "comment", "table public.phu_{n}", ()),
    "key-gone": (
        "ALTER TABLE phu_{n} DROP CONSTRAINT phu_{n}_pkey",
        "constraint",
        "phu_{n}_pkey on public.phu_{n}",
        (("index", "public.phu_{n}_pkey"),),
    ),
    "row-security": ("ALTER TABLE phu_{n} ENABLE ROW LEVEL SECURITY", "table", "public.phu_{n}", ()),
    "unlogged": ("ALTER TABLE phu_{n} SET UNLOGGED", "table", "public.phu_{n}", ()),
    "index-extra": ("CREATE INDEX them_{n} ON phu_{n} (b)", "index", "public.them_{n}", ()),
    "rule": (
        "CREATE RULE lo_{n} AS ON DELETE TO phu_{n} DO INSTEAD NOTHING",
        "rule",
        "lo_{n} on public.phu_{n}",
        (),
    ),
    "statistics": ("CREATE STATISTICS tk_{n} ON a, b FROM phu_{n}", "statistics", "public.tk_{n}", ()),
    "sequence-step": ("ALTER SEQUENCE so_{n} CACHE 20", "sequence", "public.so_{n} counts", ()),
    "table-renamed": (
        "ALTER TABLE phu_{n} RENAME COLUMN b TO c",
        "column",
        "public.phu_{n}.b",
        (("column", "public.phu_{n}.c"),),
    ),
}
_TWELFTH: dict[str, tuple[str, str, str, tuple[tuple[str, str], ...]]] = {
    "index-gone": ("DROP INDEX con_{n}", "index", "public.con_{n}", ()),
    "index-other": (
        "DROP INDEX con_{n}; CREATE INDEX con_{n} ON con (khoa, ghi) WHERE khoa >= {n}",
        "index",
        "public.con_{n}",
        (),
    ),
    "check-gone": ("ALTER TABLE con DROP CONSTRAINT khoa_{n}", "constraint", "khoa_{n} on public.con", ()),
    "check-not-valid": (
        "ALTER TABLE con DROP CONSTRAINT khoa_{n}; ALTER TABLE con ADD CONSTRAINT khoa_{n}"
        " CHECK (khoa <> -1 - {n}) NOT VALID",
        "constraint",
        "khoa_{n} on public.con",
        (),
    ),
    "function-body": (
        "CREATE OR REPLACE FUNCTION ham_{n}(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 - {n}'",
        "function",
        "public.ham_{n}(integer)",
        (),
    ),
    "function-grant": (
        "REVOKE EXECUTE ON FUNCTION ham_{n}(int) FROM PUBLIC",
        "grant",
        "function public.ham_{n}(integer)",
        (),
    ),
    "function-rights": (
        "ALTER FUNCTION ham_{n}(int) SECURITY DEFINER",
        "function",
        "public.ham_{n}(integer)",
        (),
    ),
}
_SIXTH: dict[str, tuple[str, str, str, tuple[tuple[str, str], ...]]] = {
    "view": (
        "CREATE OR REPLACE VIEW xem_{n} AS SELECT id, ghi FROM con WHERE khoa >= {n}",
        "definition",
        "public.xem_{n}",
        (),
    ),
    "trigger-off": ("ALTER TABLE cha DISABLE TRIGGER giu_{n}", "trigger", "giu_{n} on public.cha", ()),
    "trigger-gone": ("DROP TRIGGER giu_{n} ON cha", "trigger", "giu_{n} on public.cha", ()),
    "policy": ("ALTER POLICY loc_{n} ON kinds USING (true)", "policy", "loc_{n} on public.kinds", ()),
}


def _catalogs() -> list[Lie]:
    return [
        Lie(name, _catalog(statement, kind, of, uses=uses, also=also), uses)
        for uses, lies in (("small", _SMALL), ("twelfth", _TWELFTH), ("sixth", _SIXTH))
        for name, (statement, kind, of, also) in lies.items()
    ]


def _sequence(statement: str, relation: str) -> Callable[[psycopg.Connection, Rows], set[Claim]]:
    def tell(target: psycopg.Connection, rows: Rows) -> set[Claim]:
        number = rows.take("small") - 1
        target.execute(statement.replace("{n}", str(number)).encode())
        return {Claim("sequence", f"public.so_{number}", relation)}

    return tell


def _large_object(statement: str, kind: str, rights: str = "") -> Callable[[psycopg.Connection, Rows], set[Claim]]:
    def tell(target: psycopg.Connection, rows: Rows) -> set[Claim]:
        oid = schema.OBJECTS[rows.take("objects") - 1]
        target.execute(statement.replace("{oid}", str(oid)).encode())
        return {Claim("large object", str(oid), kind + rights)}

    return tell


def _large_object_extra(target: psycopg.Connection, rows: Rows) -> set[Claim]:
    oid = rows.fresh()
    target.execute(f"SELECT lo_create({oid})".encode())
    return {Claim("large object", str(oid), "extra")}


OBJECT_LIES: Sequence[Lie] = (
    *_catalogs(),
    Lie("sequence-behind", _sequence("SELECT setval('so_{n}', 99)", "behind"), "small"),
    Lie("sequence-not-called", _sequence("SELECT setval('so_{n}', 100, false)", "behind"), "small"),
    Lie("sequence-ahead", _sequence("SELECT nextval('so_{n}')", "ahead"), "small"),
    Lie("object-byte", _large_object("SELECT lo_put({oid}, 3, '\\x00')", "changed"), "objects"),
    Lie("object-longer", _large_object("SELECT lo_put({oid}, 100, '\\x00')", "changed"), "objects"),
    Lie("object-missing", _large_object("SELECT lo_unlink({oid})", "missing"), "objects"),
    Lie("object-extra", _large_object_extra),
    Lie("object-owner", _large_object("ALTER LARGE OBJECT {oid} OWNER TO viet", "changed", " rights"), "objects"),
    Lie(
        "object-grant", _large_object("GRANT SELECT ON LARGE OBJECT {oid} TO doc", "changed", " rights"), "objects"
    ),
)
