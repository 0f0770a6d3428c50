"""A database of every type and every sort of object, the same each time it is made."""

import psycopg

ROWS = 1200
PARENTS = 300
LOGGED = 400
MARRIAGES = 400
OBJECTS = range(5001, 5041)

KINDS = "public.kinds"
DECREES = '"Sổ ""hộ tịch"" 100%"."Quyết định \'a\' 5%"'
LOG = "public.nhat_ky"
PARTED = "public.ket_hon"
CHILD = "public.con"
PARENT = "public.cha"
FOREIGN_KEY = "con_cha_id_fkey"

STATEMENTS = (
    'CREATE SCHEMA "Sổ ""hộ tịch"" 100%"',
    "CREATE TYPE mau AS ENUM ('đỏ', 'xanh', 'vàng')",
    "CREATE DOMAIN ma AS text",
    "CREATE TYPE cap AS (a int, b text)",
    """CREATE TABLE kinds (id bigint PRIMARY KEY, t text, u text, v varchar(60), c char(8), c_free bpchar,
       n numeric, n2 numeric(12,2), f8 float8, f4 float4, i2 int2, i4 int4, i8 bigint, tz timestamptz,
       ts timestamp, tm time, tmz timetz, dt date, iv interval, mo money, by bytea, bo bool, uu uuid, js json,
       jb jsonb, ai int[], at text[], rg int4range, rz tstzrange, en mau, dm ma, co cap, ip inet, bi bit(4),
       vb varbit, ch "char", nm name, pt point, tv tsvector, rc regclass, oi oid,
       upper_t text GENERATED ALWAYS AS (upper(t)) STORED)""",
    f"""INSERT INTO kinds SELECT i, 'Nguyễn Văn ' || i, CASE WHEN i % 7 = 0 THEN '' WHEN i % 7 = 1 THEN NULL
       ELSE 'a|b' END, 'v' || i, 'c', 'c ', i + 0.5, i, i, i, i % 100, i, i,
       '2026-01-01 07:00+07'::timestamptz + i * interval '1 h', '2026-01-01', '10:00', '10:00+07',
       '2026-02-28', '1 month', 12.5, '\\x00ff', i % 2 = 0, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
       '{{"a": 1,  "b":2}}', '{{"a": 1}}', '{{1,NULL}}', '{{"NULL",NULL,""}}', '[1,5)', '[2026-01-01,2026-02-01)',
       'đỏ'::mau, 'mã', ROW(1, NULL)::cap, '10.0.0.1', B'0101', B'1', 'q', 'tên', '(1,0)', 'a:1 b:2', 'pg_class', 7
       FROM generate_series(1, {ROWS}) i""",
    f'CREATE TABLE {DECREES} ("Mã số %" text COLLATE "C", "Số ""2""" int, "Ghi, chú" text, "(x)" text,'
    ' PRIMARY KEY ("Mã số %", "Số ""2"""))',
    f"""INSERT INTO {DECREES} SELECT CASE i % 3 WHEN 0 THEN 'QĐ "' || i || '"' WHEN 1 THEN 'a,b(' || i ELSE
       'x\\' || i END, i, 'ghi', NULL FROM generate_series(1, {ROWS}) i""",
    "CREATE TABLE nhat_ky (may int, viec text, so numeric)",
    f"INSERT INTO nhat_ky SELECT i % 20, 'việc ' || i % 40, 1.0 FROM generate_series(1, {LOGGED}) i",
    "ALTER TABLE nhat_ky REPLICA IDENTITY FULL",
    """CREATE TABLE ket_hon (id int, ngay date, ai text, PRIMARY KEY (id, ngay)) PARTITION BY RANGE (ngay)""",
    "CREATE TABLE ket_hon_1 PARTITION OF ket_hon FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "CREATE TABLE ket_hon_2 PARTITION OF ket_hon FOR VALUES FROM ('2026-02-01') TO ('2026-04-01')",
    f"INSERT INTO ket_hon SELECT i, '2026-01-01'::date + i % 80, 'ai' FROM generate_series(1, {MARRIAGES}) i",
    "CREATE TABLE cha (id int PRIMARY KEY, ten text NOT NULL, ma text UNIQUE)",
    f"INSERT INTO cha SELECT i, 'tên', 'm' || i FROM generate_series(1, {PARENTS}) i",
    """CREATE TABLE con (id serial PRIMARY KEY, cha_id int REFERENCES cha,
       ghi text DEFAULT 'mới' CHECK (ghi <> 'zz'), khoa int)""",
    f"INSERT INTO con (cha_id, ghi) SELECT 1 + i % {PARENTS}, 'n' FROM generate_series(1, {ROWS}) i",
    *(f"CREATE INDEX con_{number} ON con (khoa, ghi) WHERE khoa > {number}" for number in range(12)),
    *(f"ALTER TABLE con ADD CONSTRAINT khoa_{number} CHECK (khoa <> -{number + 1})" for number in range(12)),
    *(f"CREATE VIEW xem_{number} AS SELECT id, ghi FROM con WHERE khoa > {number}" for number in range(6)),
    *(
        f"CREATE FUNCTION ham_{number}(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + {number}'"
        for number in range(12)
    ),
    "CREATE FUNCTION giu() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    *(
        f"CREATE TRIGGER giu_{number} BEFORE UPDATE ON cha FOR EACH ROW EXECUTE FUNCTION giu()"
        for number in range(6)
    ),
    *(f"CREATE POLICY loc_{number} ON kinds USING (id > {number})" for number in range(6)),
    *(f"CREATE TABLE phu_{number} (id int PRIMARY KEY, a int DEFAULT 1, b text)" for number in range(20)),
    *(f"GRANT SELECT ON phu_{number} TO doc" for number in range(20)),
    *(f"COMMENT ON TABLE phu_{number} IS 'bảng phụ'" for number in range(20)),
    *(f"CREATE SEQUENCE so_{number}" for number in range(20)),
    *(f"SELECT setval('so_{number}', 100)" for number in range(20)),
    f"SELECT setval('con_id_seq', {ROWS})",
    *(f"SELECT lo_from_bytea({oid}, 'nội dung {oid}'::bytea)" for oid in OBJECTS),
    "ANALYZE",
)
ROLES = ("doc", "viet", "chu_so_huu")


def make(session: psycopg.Connection) -> None:
    """Make all of it in an empty database."""
    for role in ROLES:
        known = session.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None:
            session.execute(psycopg.sql.SQL("CREATE ROLE {}").format(psycopg.sql.Identifier(role)))
    for statement in STATEMENTS:
        session.execute(statement.encode())
