"""Whole seeds between real servers: everything a database may hold, killed in the middle, in other encodings."""

import ipaddress
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg.conninfo import make_conninfo

from ndcops.adapters.postgres_servers.moving import PostgresSource, PostgresTarget
from ndcops.model.errors import Interrupted, NdcopsError, Refused
from ndcops.model.move import Move
from ndcops.onboarding.plan.moving.seeding import SeedStage
from ndcops.workflow.runner import StepEvent
from tests.conftest import small_disk
from tests.moving_database import LATER, fill, move_between, rows_of
from tests.postgres_source import BIN, DEBIAN, postgres_source
from tests.postgres_source import PostgresSource as Server
from tests.seed_runs import propose, run

NAME = "Sổ \"hộ tịch\" 'x'"
BIG_ROWS = 40_000
"""About 20 MB: above what crosses in one batch."""


@pytest.fixture(scope="module")
def target() -> Iterator[Server]:
    with postgres_source(wal_level="logical") as running:
        yield running


@pytest.fixture(scope="module")
def source() -> Iterator[Server]:
    with postgres_source(wal_level="logical") as running:
        yield running


def wait_until(check: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.1)


@contextmanager
def seeded(source: Server, target: Server, name: str, folder: Path) -> Iterator[Move]:
    """A move that was run to its end; taken away afterwards."""
    move = move_between(source, target, name)
    try:
        run(propose(move, folder), folder)
        yield move
    finally:
        PostgresTarget(folder).remove(move)
        PostgresSource().remove(move)


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


def test_nobody_enters_the_target_before_the_cut_over(source: Server, target: Server, tmp_path: Path):
    source.create("dong")
    with source.connect("dong") as session:
        session.execute(
            "CREATE ROLE ung_dung LOGIN; CREATE TABLE t (id int PRIMARY KEY); GRANT ALL ON t TO ung_dung"
        )
    with seeded(source, target, "dong", tmp_path) as move:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(move.target, user="ung_dung")
        with target.connect() as session:
            session.execute("CREATE ROLE nguoi_khac LOGIN")
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


def test_a_disk_that_fills_at_the_target_is_named_and_with_room_it_goes_on(source: Server, tmp_path: Path):
    big(source, "day")
    with (
        small_disk(tmp_path / "disk", size="100m") as disk,
        postgres_source(place=disk, wal_level="logical", max_wal_size="32MB", min_wal_size="32MB") as target,
    ):
        move = move_between(source, target, "day")
        with pytest.raises(Refused) as caught:
            propose(move, tmp_path)
        assert "MiB free" in caught.value.details[0]
        (ballast := disk / "ballast").write_bytes(b"")
        subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
        proposal = propose(move, tmp_path)
        with ballast.open("wb") as file:
            free_bytes = shutil.disk_usage(disk).free - (20 << 20)
            file.write(bytes(free_bytes))
        with pytest.raises(NdcopsError) as failed:
            run(proposal, tmp_path, width=1)
        said = " ".join((failed.value.message, *failed.value.details))
        assert "No space left" in said or "connection was lost" in said
        ballast.unlink()
        with again(target):
            run(propose(move, tmp_path), tmp_path)
            wait_until(lambda: sums(move.source) == sums(move.target), "rows differ")
            PostgresTarget(tmp_path).remove(move)
            PostgresSource().remove(move)


@contextmanager
def again(server: Server) -> Iterator[None]:
    """The server, started once more when a full disk ended it (its log could not be written)."""
    ended = None if answers(server) else subprocess.Popen(server.process.args, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(server), "the target is back")
        yield
    finally:
        if ended is not None:
            ended.send_signal(signal.SIGINT)
            ended.wait(30)


def answers(server: Server) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True


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


def big(source: Server, name: str) -> None:
    """Two large tables and a small one."""
    source.create(name)
    with source.connect(name) as session:
        for table in ("lon_1", "lon_2"):
            session.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, t text)".encode())
            session.execute(
                f"INSERT INTO {table} SELECT g, repeat('x', 500) FROM generate_series(1, {BIG_ROWS}) g".encode()
            )
        session.execute("CREATE TABLE nho (id int PRIMARY KEY, lon int REFERENCES lon_1)")
        session.execute("INSERT INTO nho SELECT g, g FROM generate_series(1, 100) g")
        session.execute("ANALYZE")


def sums(connection: str) -> list[tuple[object, ...]]:
    with psycopg.connect(connection) as session:
        return [
            session.execute(f"SELECT count(*), sum(hashtext(x::text)) FROM {table} x".encode()).fetchall()[0]
            for table in ("lon_1", "lon_2", "nho")
        ]


@pytest.mark.parametrize("victim", ["public.lon_2", "public.nho"])
def test_killed_in_the_middle_of_a_copy_it_goes_on_and_no_row_is_lost_or_doubled(
    source: Server, target: Server, tmp_path: Path, victim: str
):
    name = victim.removeprefix("public.")
    big(source, name)
    move = move_between(source, target, name)
    command = [sys.executable, "-m", "tests.seed_runs", move.model_dump_json(), str(tmp_path), victim]
    died = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert died.returncode == -9, died.stderr
    try:
        with source.connect(name) as session:
            session.execute("UPDATE lon_1 SET t = 'sau' WHERE id % 7 = 0; DELETE FROM lon_2 WHERE id % 9 = 0")
            session.execute("INSERT INTO nho VALUES (1001, 3)")
        again = propose(move, tmp_path)
        assert again.plan.facts["stage"] == SeedStage.KEPT
        run(again, tmp_path)
        wait_until(lambda: sums(move.source) == sums(move.target), "rows differ")
        assert PostgresSource().schema(move) == PostgresTarget(tmp_path).schema(move)
        assert [step.key for step in propose(move, tmp_path).plan.steps] == ["in step"]
    finally:
        PostgresTarget(tmp_path).remove(move)
        PostgresSource().remove(move)


def test_a_slot_that_somebody_dropped_begins_all_anew(source: Server, target: Server, tmp_path: Path):
    source.create("roi")
    with source.connect("roi") as session:
        session.execute("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)")
        session.execute("CREATE TABLE b (a int PRIMARY KEY REFERENCES a); INSERT INTO b VALUES (1)")
    move = move_between(source, target, "roi")

    def end(event: StepEvent) -> None:
        if (event.key, event.state) == ("rest", "done"):
            raise CutOff

    with pytest.raises(CutOff):
        run(propose(move, tmp_path), tmp_path, width=1, on_step=end)
    PostgresSource().drop_slot(move)
    with source.connect("roi") as session:
        session.execute("INSERT INTO a VALUES (2)")
    again = propose(move, tmp_path)
    assert again.plan.facts["stage"] == SeedStage.ANEW
    run(again, tmp_path)
    with target.connect("roi") as session:
        assert session.execute("SELECT id FROM a ORDER BY 1").fetchall() == [(1,), (2,)]
        assert session.execute("SELECT a FROM b").fetchall() == [(1,)]
    PostgresTarget(tmp_path).remove(move)
    PostgresSource().remove(move)


class CutOff(BaseException):
    """Stands for the end of the process: nothing after it is done, and every connection ends."""


CUTS = (
    ("guard", "running"),
    ("tables", "done"),
    ("snapshot", "running"),
    ("snapshot", "done"),
    ("copy public.a and 1 more", "done"),
    ("keys public.a and 1 more", "running"),
    ("rest", "done"),
    ("stream", "done"),
    ("finish", "running"),
)
"""Where another thing stays behind each time."""


def test_cut_off_before_or_after_a_step_it_goes_on(source: Server, target: Server, tmp_path: Path):
    source.create("cat")
    with source.connect("cat") as session:
        session.execute("CREATE TABLE a (id int PRIMARY KEY, t text); CREATE TABLE b (a int REFERENCES a, t text)")
        session.execute("INSERT INTO a SELECT g, 'x' FROM generate_series(1, 50) g; INSERT INTO b SELECT 1, 'y'")
        session.execute("SELECT lo_from_bytea(5, 'abc')")
    move = move_between(source, target, "cat")
    assert {key for key, _ in CUTS} <= {step.key for step in propose(move, tmp_path).plan.steps}
    written = 100
    for number, cut in enumerate(CUTS):

        def end(event: StepEvent, cut: tuple[str, str] = cut) -> None:
            if (event.key, event.state) == cut:
                raise CutOff

        with pytest.raises(CutOff):
            run(propose(move, tmp_path), tmp_path, width=1, on_step=end)
        with source.connect("cat") as session:
            written += 1
            session.execute(f"INSERT INTO a VALUES ({written}, 'z'); UPDATE b SET t = '{number}'".encode())
        run(propose(move, tmp_path), tmp_path)
        question = "SELECT (SELECT string_agg(x::text, ',' ORDER BY id) FROM a x), (SELECT t FROM b)"
        with source.connect("cat") as here, target.connect("cat") as there:
            wait_until(
                lambda: here.execute(question).fetchall() == there.execute(question).fetchall(),  # noqa: B023
                f"rows differ after {cut}",
            )
            assert there.execute("SELECT lo_get(5)").fetchone() == (b"abc",)
        PostgresTarget(tmp_path).remove(move)
        PostgresSource().remove(move)


def test_ctrl_c_ends_a_copy_at_once_and_the_next_run_goes_on(source: Server, target: Server, tmp_path: Path):
    big(source, "dung")
    move = move_between(source, target, "dung")
    stop = threading.Event()
    try:
        with pytest.raises(Interrupted):
            run(propose(move, tmp_path), tmp_path, width=1, on_copied=lambda _: stop.set(), stop=stop)
        run(propose(move, tmp_path), tmp_path)
        wait_until(lambda: sums(move.source) == sums(move.target), "rows differ")
    finally:
        PostgresTarget(tmp_path).remove(move)
        PostgresSource().remove(move)


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


def certify(folder: Path) -> Path:
    """A certificate for 127.0.0.1 in the server's folder, which is its own authority; returns its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = folder / "tls.key"
    private.touch(0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public = folder / "tls.crt"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return public
