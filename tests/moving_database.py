"""A database with everything that a move must carry, and one that knows nothing but ordinary tables."""

import psycopg

from ndcops.model.move import Move
from tests.postgres_source import PostgresSource

SCHEMA = """
CREATE SCHEMA "Sổ sách";
CREATE ROLE can_bo NOLOGIN;
CREATE ROLE "Trưởng ""phòng"" A" LOGIN PASSWORD 'a b''c"d\\e' IN ROLE can_bo;
CREATE TYPE muc AS ENUM ('thường', 'gấp', 'tối ''khẩn''');
CREATE DOMAIN so_cccd AS text CHECK (VALUE ~ '^[0-9]{12}$');
CREATE TYPE dia_chi AS (duong text, so int);
CREATE TYPE khoang AS RANGE (subtype = numeric);
CREATE TABLE dan (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cccd so_cccd UNIQUE,
    "Họ tên" text NOT NULL,
    muc muc DEFAULT 'thường', mucs muc[], nha dia_chi, khoang khoang, ngay daterange, so int[][],
    anh bytea, tai_lieu jsonb, luc timestamptz DEFAULT now(),
    hoa text GENERATED ALWAYS AS (upper("Họ tên")) STORED
);
CREATE INDEX ON dan USING gin (tai_lieu);
CREATE INDEX dan_ten ON dan (lower("Họ tên")) WHERE muc <> 'thường';
CREATE TABLE "Sổ sách"."Hồ ""sơ"" số 1" (id int PRIMARY KEY, dan bigint REFERENCES dan, ghi text);
CREATE TABLE khong_khoa (a int, b text);
CREATE TABLE co_chi_so (a int NOT NULL, b text, UNIQUE (a));
CREATE TABLE trong (id int PRIMARY KEY);
CREATE TABLE theo_nam (nam int NOT NULL, id int NOT NULL, ghi text, PRIMARY KEY (nam, id))
    PARTITION BY RANGE (nam);
CREATE TABLE theo_nam_2025 PARTITION OF theo_nam FOR VALUES FROM (2025) TO (2026);
CREATE TABLE theo_nam_khac PARTITION OF theo_nam DEFAULT;
CREATE TABLE khong_cot ();
CREATE SEQUENCE so_bien_nhan START 1000 INCREMENT 7;
CREATE FUNCTION dong_dau() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.ghi := NEW.ghi || '!'; RETURN NEW; END$$;
CREATE TRIGGER dong_dau BEFORE INSERT ON "Sổ sách"."Hồ ""sơ"" số 1" FOR EACH ROW EXECUTE FUNCTION dong_dau();
CREATE VIEW gap AS SELECT id, "Họ tên" FROM dan WHERE muc = 'gấp';
CREATE MATERIALIZED VIEW dem AS SELECT count(*) AS bao_nhieu FROM dan;
ALTER TABLE khong_khoa ENABLE ROW LEVEL SECURITY;
CREATE POLICY ai ON khong_khoa USING (true);
GRANT SELECT ON dan TO can_bo;
ALTER TABLE trong OWNER TO can_bo;
"""

ROWS = """
INSERT INTO dan (cccd, "Họ tên", muc, mucs, nha, khoang, ngay, so, anh, tai_lieu)
SELECT lpad(n::text, 12, '0'), 'Nguyễn Văn ' || n, (ARRAY['thường', 'gấp', 'tối ''khẩn''']::muc[])[n % 3 + 1],
       CASE WHEN n % 5 = 0 THEN NULL ELSE ARRAY['gấp', NULL]::muc[] END, ROW('Phố "Huế"', n)::dia_chi,
       numrange(n, n + 1)::text::khoang, daterange('2026-01-01', NULL), ARRAY[[n, 1], [2, 3]],
       decode(md5(n::text), 'hex'), jsonb_build_object('n', n, 'rỗng', NULL)
FROM generate_series(1, 2000) n;
INSERT INTO "Sổ sách"."Hồ ""sơ"" số 1" SELECT n, n, E'a\\tb\\\\N\\n' FROM generate_series(1, 500) n;
INSERT INTO khong_khoa SELECT n % 10, NULLIF('x' || n % 3, 'x0') FROM generate_series(1, 300) n;
INSERT INTO khong_cot SELECT FROM generate_series(1, 3);
INSERT INTO co_chi_so SELECT n, 'y' FROM generate_series(1, 100) n;
INSERT INTO theo_nam SELECT 2024 + n % 4, n, repeat('g', n) FROM generate_series(1, 200) n;
SELECT nextval('so_bien_nhan');
SELECT lo_from_bytea(70001, convert_to('đơn thư', 'UTF8'));
SELECT lo_create(70002);
REFRESH MATERIALIZED VIEW dem;
"""

TABLES = (
    "dan",
    '"Sổ sách"."Hồ ""sơ"" số 1"',
    "khong_khoa",
    "co_chi_so",
    "trong",
    "khong_cot",
    "theo_nam",
)

LATER = """
UPDATE khong_khoa SET b = 'sau' WHERE a = 3;
DELETE FROM co_chi_so WHERE a < 10;
INSERT INTO dan ("Họ tên", mucs) VALUES ('Đến sau', '{gấp}');
INSERT INTO "Sổ sách"."Hồ ""sơ"" số 1" VALUES (9001, 1, 'sau');
UPDATE theo_nam SET nam = 2025 WHERE id = 3;
"""
"""What happens at the source after the snapshot."""


def fill(source: PostgresSource, database: str) -> str:
    """The database with everything in it; returns how to connect."""
    connection = source.create(database)
    with psycopg.connect(connection, autocommit=True) as session:
        session.execute(SCHEMA)
        session.execute(ROWS)
    return connection


def rows_of(connection: str) -> dict[str, list[str]]:
    """Every row of every table as text, in one order on both sides."""
    with psycopg.connect(connection) as session:
        session.execute("SET search_path = public")
        return {
            table: [row[0] for row in session.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode())]
            for table in TABLES
        }


def move_between(source: PostgresSource, target: PostgresSource, database: str, agency: str = "agency-x") -> Move:
    """A move whose database keeps its name."""
    here, there = source.connection(database), target.connection(database)
    return Move(
        agency=agency,
        system="x-records",
        database="x-db",
        source=here,
        target=there,
        source_for_target=here,
        target_for_source=there,
    )
