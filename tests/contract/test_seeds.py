"""Whole seeds between real servers: everything a database may hold, whose it is, how it is encoded and reached."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ndcops.adapters.postgres_servers.moving import PostgresSource, PostgresTarget
from ndcops.model.errors import NdcopsError, Refused
from tests.moving_database import LATER, fill, move_between, rows_of
from tests.postgres_source import BIN, DEBIAN, postgres_source
from tests.postgres_source import PostgresSource as Server
from tests.seed_runs import propose, run, seeded, wait_until
from tests.tls_files import certify

NAME = "Sổ \"hộ tịch\" 'x'"


@pytest.fixture(scope="module")
def target() -> Iterator[Server]:
    with postgres_source(wal_level="logical") as running:
        yield running


@pytest.fixture(scope="module")
def source() -> Iterator[Server]:
    with postgres_source(wal_level="logical") as running:
        yield running


@pytest.mark.parametrize("programs", [BIN, DEBIAN], ids=["18", "15"])
def test_everything_a_database_may_hold(programs: Path, target: Server, tmp_path: Path):
    with postgres_source(programs, wal_level="logical") as source:
        fill(source, NAME)
        with seeded(source, target, NAME, tmp_path) as move, source.connect(NAME) as here:
            here.execute(LATER)
            wait_until(lambda: rows_of(move.source) == rows_of(move.target), "rows differ")
            assert PostgresSource().schema(move) == PostgresTarget(tmp_path).schema(move)
            assert PostgresSource().ddl_entries(move) == ()
            with target.connect(NAME) as there:
                for question in (
                    "SELECT loid, pageno, data FROM pg_largeobject ORDER BY 1, 2",
                    "SELECT oid FROM pg_largeobject_metadata ORDER BY 1",
                    "SELECT last_value, is_called FROM so_bien_nhan",
                    "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'Trưởng%'",
                    "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname IN ('dan', 'trong') ORDER BY 1",
                    "SELECT has_table_privilege('can_bo', 'dan', 'SELECT, INSERT')",
                    "SELECT * FROM dem",
                ):
                    expected = here.execute(question).fetchall()
                    assert there.execute(question).fetchall() == expected, question
                # What fires at the source fires there for applications, not for the stream.
                row = there.execute('SELECT ghi FROM "Sổ sách"."Hồ ""sơ"" số 1" WHERE id = 9001').fetchone()
            assert row == ("sau!",)
        with target.connect() as there:
            left = there.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").fetchall()
        assert left == [("postgres",)]


def test_nobody_enters_the_target_before_it_is_opened(source: Server, target: Server, tmp_path: Path):
    source.create("dong")
    with source.connect("dong") as session:
        session.execute("CREATE ROLE ung_dung LOGIN; CREATE TABLE t (id int PRIMARY KEY)")
        session.execute("REVOKE ALL ON DATABASE dong FROM PUBLIC; GRANT CONNECT ON DATABASE dong TO ung_dung")
        session.execute('ALTER DATABASE dong SET search_path = "A b", public')
        session.execute("ALTER ROLE ung_dung IN DATABASE dong SET timezone = 'Asia/Ho_Chi_Minh'")
    with seeded(source, target, "dong", tmp_path) as move:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(move.target, user="ung_dung")
        with target.connect() as session:
            session.execute("CREATE ROLE nguoi_khac LOGIN")
        # What the fence takes away at the source was noted before.
        with source.connect("dong") as session:
            session.execute("REVOKE CONNECT ON DATABASE dong FROM ung_dung")
        assert PostgresTarget(tmp_path).open(move) == ("ung_dung",)
        with psycopg.connect(move.target, user="ung_dung") as session:
            assert session.execute("SHOW search_path").fetchone() == ('"A b", public',)
            assert session.execute("SHOW timezone").fetchone() == ("Asia/Ho_Chi_Minh",)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(move.target, user="nguoi_khac")


def test_a_role_of_somebody_else_is_not_taken(source: Server, target: Server, tmp_path: Path):
    source.create("vai")
    with source.connect("vai") as here, target.connect() as there:
        here.execute(
            "CREATE ROLE chu_so_huu; CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t OWNER TO chu_so_huu"
        )
        there.execute("CREATE ROLE chu_so_huu")
    move = move_between(source, target, "vai")
    with pytest.raises(NdcopsError, match=r"chu_so_huu|steps failed") as caught:
        run(propose(move, tmp_path), tmp_path)
    assert "chu_so_huu" in " ".join((caught.value.message, *caught.value.details))
    PostgresTarget(tmp_path).remove(move)
    PostgresSource().remove(move)


def test_an_account_without_power_over_its_server_is_enough(source: Server, target: Server, tmp_path: Path):
    with source.connect() as session:
        session.execute("CREATE ROLE thuong LOGIN REPLICATION")
        session.execute("CREATE DATABASE thuong OWNER thuong")
    words = source.connection("thuong").replace("user=postgres", "user=thuong")
    with psycopg.connect(words, autocommit=True) as session:
        session.execute("CREATE TABLE a (id int PRIMARY KEY, t text); INSERT INTO a VALUES (1, 'x')")
        session.execute("CREATE TABLE b (t text); INSERT INTO b VALUES ('y')")
    move = move_between(source, target, "thuong").model_copy(update={"source": words, "source_for_target": words})
    proposal = propose(move, tmp_path)
    run(proposal, tmp_path)
    with psycopg.connect(words, autocommit=True) as here, target.connect("thuong") as there:
        here.execute("UPDATE b SET t = 'z'; INSERT INTO a VALUES (2, 'w')")
        wait_until(lambda: there.execute("SELECT t FROM b").fetchall() == [("z",)], "no stream")
        assert PostgresSource().ddl_entries(move) == ()
        here.execute("CREATE INDEX them ON a (t)")
        assert PostgresSource().ddl_entries(move) == ("new: index CREATE INDEX them ON public.a USING btree (t)",)
    PostgresTarget(tmp_path).remove(move)
    PostgresSource().remove(move)
    assert PostgresSource().facts(move).slot is None


def test_every_right_that_an_account_lacks_is_told(source: Server, target: Server, tmp_path: Path):
    source.create("khach")
    with source.connect("khach") as session:
        session.execute("CREATE ROLE khach LOGIN; CREATE TABLE a (id int PRIMARY KEY); SELECT lo_create(0)")
    words = source.connection("khach").replace("user=postgres", "user=khach")
    move = move_between(source, target, "khach").model_copy(update={"source": words})
    with pytest.raises(Refused) as caught:
        propose(move, tmp_path)
    told = "\n".join(caught.value.details)
    for word in (
        "may not replicate",
        "may not create",
        "1 large objects",
        "may not read public.a",
        "owns neither",
    ):
        assert word in told
    assert len(caught.value.details) == 5


def test_an_old_encoding_stays_what_it_is(source: Server, target: Server, tmp_path: Path):
    with source.connect() as session:
        session.execute("CREATE DATABASE cu TEMPLATE template0 ENCODING 'WIN1258' LOCALE 'C'")
    with source.connect("cu") as session:
        session.execute("CREATE TABLE t (id int PRIMARY KEY, ten text, m text[]); CREATE TYPE e AS ENUM ('à')")
        session.execute("CREATE TABLE u (id int PRIMARY KEY, e e[])")
        session.execute("INSERT INTO t VALUES (1, 'Đà Lạt', '{ô,ơ}')".replace("ạ", "a"))
        session.execute("INSERT INTO u VALUES (1, '{à}')")
    with seeded(source, target, "cu", tmp_path) as move:
        for table in ("t", "u"):
            question = f"SELECT x::text FROM {table} x"
            with psycopg.connect(move.source) as here, psycopg.connect(move.target) as there:
                assert here.execute(question).fetchall() == there.execute(question).fetchall()
        with target.connect("cu") as session:
            assert session.execute("SHOW server_encoding").fetchone() == ("WIN1258",)


def test_a_table_that_changes_in_the_middle_is_found_and_the_seed_refused(
    source: Server, target: Server, tmp_path: Path
):
    source.create("doi")
    with source.connect("doi") as session:
        session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with seeded(source, target, "doi", tmp_path) as move:
        with source.connect("doi") as session:
            session.execute("CREATE TABLE moi (id int PRIMARY KEY)")
        with pytest.raises(Refused) as caught:
            propose(move, tmp_path)
        assert any("CREATE TABLE public.moi" in line for line in caught.value.details)


def test_a_transaction_that_was_open_before_keeps_the_slot_waiting_and_is_named(
    source: Server, target: Server, tmp_path: Path
):
    source.create("mo")
    with source.connect("mo") as session, source.connect("mo") as other:
        session.execute("CREATE TABLE t (id int PRIMARY KEY)")
        other.execute("BEGIN; INSERT INTO t VALUES (1)")
        move = move_between(source, target, "mo")
        with (
            pytest.raises(Refused, match="an older transaction keeps it waiting"),
            PostgresSource(snapshot_s=1).snapshot(move),
        ):
            pass
        assert PostgresSource().slot(move) is None


def test_tls_and_a_password_of_every_character(tmp_path: Path):
    password = "".join(chr(code) for code in range(33, 127)) + "Mật khẩu"
    with ExitStack() as stack:
        source, target = (stack.enter_context(postgres_source(DEBIAN, wal_level="logical")) for _ in range(2))
        authority = certify(source.data)
        with source.connect() as session:
            quoted = psycopg.sql.Literal(password).as_string(session)
            session.execute(f"CREATE ROLE chuyen SUPERUSER LOGIN PASSWORD {quoted}".encode())
            for setting, value in (("ssl", "on"), ("ssl_cert_file", "tls.crt"), ("ssl_key_file", "tls.key")):
                session.execute(f"ALTER SYSTEM SET {setting} = '{value}'".encode())
            (source.data / "pg_hba.conf").write_text(
                "hostssl all,replication chuyen 127.0.0.1/32 scram-sha-256\n"
                "hostnossl all chuyen 127.0.0.1/32 reject\nhost all postgres 127.0.0.1/32 trust\n"
            )
            session.execute("SELECT pg_reload_conf()")
        source.create("kin")
        with source.connect("kin") as session:
            session.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        secrets = tmp_path / "pgpass"
        secrets.touch(0o600)
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        secrets.write_text(f"*:*:*:chuyen:{escaped}\n")
        words = make_conninfo(
            host="127.0.0.1",
            port=source.port,
            dbname="kin",
            user="chuyen",
            sslmode="verify-full",
            sslrootcert=str(authority),
            passfile=str(secrets),
        )
        move = move_between(source, target, "kin").model_copy(update={"source": words, "source_for_target": words})
        wait_until(lambda: PostgresSource().facts(move).encrypted, "no TLS")
        proposal = propose(move, tmp_path)
        run(proposal, tmp_path)
        with source.connect("kin") as session:
            session.execute("INSERT INTO t VALUES (2)")
        with target.connect("kin") as session:
            wait_until(lambda: session.execute("SELECT count(*) FROM t").fetchone() == (2,), "no stream")
        for path in tmp_path.glob("*.jsonl"):
            assert password not in path.read_text()
        assert password not in (target.data.parent / "log").read_text(errors="replace")
