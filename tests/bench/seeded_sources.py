"""Seeded databases whose truth is known: what is personal in them, how many people, which objects they hold."""

import random
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from ndcops.model.dossier import Importance, PersonalData, Subjects
from tests.vietnamese_data import LOOK_ALIKE, NAMES, PERSONAL, Values

LEAST_ROWS, MOST_ROWS = 30, 400
_DIRT = ("không có", "-", "N/A", "0", "chưa cập nhật", "chưa rõ")
_DAYS = {PersonalData.BIRTH_DATE, "founded", "created"}
_EXTENSIONS = ("pgcrypto", "citext", "pg_trgm", "unaccent", "btree_gist", "hstore")


@dataclass
class TrueTable:
    """personal: kinds by column; types by column."""

    name: str
    schema: str
    types: dict[str, str]
    personal: dict[str, PersonalData]
    has_key: bool
    people: Subjects | None = None


@dataclass
class TrueDatabase:
    """What a probe should find."""

    name: str
    tables: list[TrueTable] = field(default_factory=list)
    schemas: tuple[str, ...] = ("public",)
    extensions: tuple[str, ...] = ()
    large_objects: int = 0


def seeded_database(session: psycopg.Connection, name: str, seed: int) -> TrueDatabase:
    """Fill an empty database: a dozen tables of personal columns and of columns that look alike."""
    chance, values = random.Random(seed), Values(seed)
    truth = TrueDatabase(name)
    offered = session.execute("SELECT name FROM pg_available_extensions").fetchall()
    known = [one for one in _EXTENSIONS if (one,) in offered]
    truth.extensions = tuple(sorted(chance.sample(known, min(2, len(known)))))
    for extension in truth.extensions:
        session.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
    session.execute('CREATE SCHEMA "Nghiệp vụ"')
    truth.schemas = ("Nghiệp vụ", "public")
    for number in range(12):
        truth.tables.append(_table(session, values, chance, number))
    truth.large_objects = chance.randrange(4)
    for _ in range(truth.large_objects):
        session.execute("SELECT lo_from_bytea(0, 'x')")
    return truth


def _table(session: psycopg.Connection, values: Values, chance: random.Random, number: int) -> TrueTable:
    personal = chance.sample(list(PERSONAL), chance.randrange(1, 6)) if number % 4 else []
    alike = chance.sample(list(LOOK_ALIKE), chance.randrange(2, 6))
    columns: dict[str, PersonalData | str] = {}
    for kind in (*personal, *alike):
        columns.setdefault(chance.choice(NAMES[kind]), kind)
    schema = "Nghiệp vụ" if number % 3 == 0 else "public"
    table = TrueTable(
        name=chance.choice(("ho_so", "công dân", "giao_dich", "SoHoTich", "don_vi_hanh_chinh")) + f"_{number}",
        schema=schema,
        types={"id": "bigint"},
        personal={column: kind for column, kind in columns.items() if isinstance(kind, PersonalData)},
        has_key=chance.random() < 0.8,
    )
    for column, kind in columns.items():
        table.types[column] = "date" if kind in _DAYS else "text"
    place = sql.Identifier(schema, table.name)
    fields = [sql.SQL("id bigint PRIMARY KEY" if table.has_key else "id bigint")]
    fields += [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(table.types[column])) for column in columns]
    session.execute(sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join(fields)))
    with session.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(place)) as copy:
        dirt = {column: chance.choice((0.0, 0.1, 0.25)) for column in columns}
        for row in range(chance.randrange(LEAST_ROWS, MOST_ROWS)):
            made = [_value(values, chance, kind, row + 1, dirt[column]) for column, kind in columns.items()]
            gaps = [None if chance.random() < 0.05 else one for one in made]
            copy.write_row((row, *gaps))
    return table


def _value(values: Values, chance: random.Random, kind: PersonalData | str, row: int, dirt: float) -> str:
    if kind not in _DAYS and chance.random() < dirt:
        return chance.choice(_DIRT)
    return (PERSONAL[kind] if isinstance(kind, PersonalData) else LOOK_ALIKE[kind])(values, row)


@dataclass(frozen=True)
class PeopleCase:
    """A table of so many different people, some more than once; `sensitive`: they have a diagnosis, too."""

    table: str
    people: int
    repeated: int
    sensitive: bool
    true: Importance


PEOPLE_CASES = (
    PeopleCase("p_99990", 99_990, 60_000, False, Importance.OTHER),
    PeopleCase("p_100000", 100_000, 0, False, Importance.IMPORTANT),
    PeopleCase("p_100010", 100_010, 10, False, Importance.IMPORTANT),
    PeopleCase("p_999990", 999_990, 50_000, False, Importance.IMPORTANT),
    PeopleCase("p_1000000", 1_000_000, 5, False, Importance.CORE),
    PeopleCase("s_9990", 9_990, 5_000, True, Importance.OTHER),
    PeopleCase("s_10000", 10_000, 100, True, Importance.IMPORTANT),
    PeopleCase("s_99990", 99_990, 20_000, True, Importance.IMPORTANT),
    PeopleCase("s_100000", 100_000, 100, True, Importance.CORE),
)
"""Around each threshold of Decision 20/2025, rows always more than people where that misleads."""


def people_table(session: psycopg.Connection, case: PeopleCase) -> None:
    """Made on the server: different citizen numbers by counting, the first of them a second time."""
    extra = ", chan_doan text" if case.sensitive else ""
    session.execute(f"CREATE TABLE {case.table} (id bigint PRIMARY KEY, so_cccd text{extra})")  # type: ignore[call-overload]
    number = (
        "(ARRAY['001','079','048','092','031'])[1 + n % 5] || (n / 5 % 2) || lpad((40 + n % 59)::text, 2, '0')"
    )
    values = ", 'I10'" if case.sensitive else ""
    session.execute(
        f"INSERT INTO {case.table} SELECT n + off, {number} || lpad(n::text, 6, '0'){values} FROM"  # type: ignore[call-overload]
        f" (SELECT n, 0 AS off FROM generate_series(0, {case.people - 1}) n UNION ALL"
        f"  SELECT n, 10000000 FROM generate_series(0, {case.repeated - 1}) n) AS made"
    )
