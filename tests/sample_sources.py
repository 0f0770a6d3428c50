"""The live databases of the two sample agencies, small and seeded: what their dossiers in inventory/ speak of."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.postgres_source import PostgresSource, postgres_source
from tests.vietnamese_data import LOOK_ALIKE, PERSONAL, Values

SEED = 20250818
PEOPLE = 3000

Maker = Callable[[Values, int], object]


@dataclass(frozen=True)
class SourceTable:
    """A table to make: its SQL, and a maker of each column's values."""

    name: str
    create: str
    makers: Mapping[str, Maker]
    rows: int = PEOPLE


def _person(kind: str) -> Maker:
    return next(maker for found, maker in PERSONAL.items() if found.value == kind)


def _changed(values: Values, row: int) -> str:
    return f"2026-01-{1 + row % 28:02d} {row % 24:02d}:15:00+07"


CIVIL_STATUS = (
    SourceTable(
        "khai_sinh",
        "CREATE TABLE khai_sinh (so_dang_ky bigint PRIMARY KEY, so_dinh_danh text NOT NULL UNIQUE,"
        " ho_ten text NOT NULL, ngay_sinh date NOT NULL, dan_toc text, noi_dang_ky text, ho_ten_cha text,"
        " ho_ten_me text, cap_nhat timestamptz NOT NULL)",
        {
            "so_dang_ky": lambda _, row: row,
            "so_dinh_danh": _person("citizen-id"),
            "ho_ten": _person("name"),
            "ngay_sinh": _person("birth-date"),
            "dan_toc": _person("ethnicity"),
            "noi_dang_ky": LOOK_ALIKE["ward"],
            "ho_ten_cha": _person("name"),
            "ho_ten_me": _person("name"),
            "cap_nhat": _changed,
        },
    ),
    SourceTable(
        "ket_hon",
        "CREATE TABLE ket_hon (so_dang_ky bigint PRIMARY KEY, so_dinh_danh_chong text, so_dinh_danh_vo text,"
        " ngay_dang_ky date, so_quyet_dinh text, cap_nhat timestamptz NOT NULL)",
        {
            "so_dang_ky": lambda _, row: row,
            "so_dinh_danh_chong": _person("citizen-id"),
            "so_dinh_danh_vo": _person("citizen-id"),
            "ngay_dang_ky": LOOK_ALIKE["created"],
            "so_quyet_dinh": LOOK_ALIKE["document"],
            "cap_nhat": _changed,
        },
        rows=1200,
    ),
)

JUDICIAL_RECORDS = (
    SourceTable(
        "ho_so_ly_lich",
        "CREATE TABLE ho_so_ly_lich (ma_ho_so text PRIMARY KEY, so_cccd text, ho_ten text, dien_thoai text,"
        " email text, noi_thuong_tru text, created_at timestamptz)",
        {
            "ma_ho_so": lambda _, row: f"LLTP-{row:06d}",
            "so_cccd": _person("citizen-id"),
            "ho_ten": _person("name"),
            "dien_thoai": _person("phone"),
            "email": _person("email"),
            "noi_thuong_tru": _person("address"),
            "created_at": _changed,
        },
        rows=1500,
    ),
    SourceTable(
        "nhat_ky",
        "CREATE TABLE nhat_ky (thoi_diem timestamptz, may_tram text, ghi_chu text)",
        {"thoi_diem": _changed, "may_tram": LOOK_ALIKE["ip"], "ghi_chu": LOOK_ALIKE["note"]},
        rows=500,
    ),
)

LAND = (
    SourceTable(
        "thua_dat",
        "CREATE TABLE thua_dat (ma_thua text PRIMARY KEY, dien_tich_m2 numeric(12,1), ma_xa text,"
        " cap_nhat timestamptz)",
        {
            "ma_thua": lambda _, row: f"027{row:09d}",
            "dien_tich_m2": lambda values, _: f"{values.random.randrange(30, 9000)}.5",
            "ma_xa": LOOK_ALIKE["ward"],
            "cap_nhat": _changed,
        },
    ),
    SourceTable(
        "giay_chung_nhan",
        "CREATE TABLE giay_chung_nhan (so_gcn text PRIMARY KEY, ma_thua text REFERENCES thua_dat, "
        " chu_su_dung text, so_cccd text, so_cmnd text, dia_chi text, ngay_cap date)",
        {
            "so_gcn": lambda _, row: f"AB {row:06d}",
            "ma_thua": lambda _, row: f"027{row:09d}",
            "chu_su_dung": _person("name"),
            "so_cccd": _person("citizen-id"),
            "so_cmnd": _person("old-identity-card"),
            "dia_chi": _person("address"),
            "ngay_cap": LOOK_ALIKE["created"],
        },
    ),
)

ONE_STOP = (
    SourceTable(
        "ho_so_tthc",
        "CREATE TABLE ho_so_tthc (ma_ho_so text PRIMARY KEY, nguoi_nop text, so_cccd text, dien_thoai text,"
        " ma_so_thue text, ten_doanh_nghiep text, le_phi bigint, trang_thai text, tiep_nhan timestamptz)",
        {
            "ma_ho_so": lambda _, row: f"H05.{row:07d}",
            "nguoi_nop": _person("name"),
            "so_cccd": _person("citizen-id"),
            "dien_thoai": _person("phone"),
            "ma_so_thue": _person("tax-code"),
            "ten_doanh_nghiep": LOOK_ALIKE["company"],
            "le_phi": LOOK_ALIKE["amount"],
            "trang_thai": lambda values, _: values.pick(("tiếp nhận", "đang xử lý", "đã trả")),
            "tiep_nhan": _changed,
        },
    ),
)

HEALTH = (
    SourceTable(
        "kham_benh",
        "CREATE TABLE kham_benh (luot bigint PRIMARY KEY, ho_ten text, the_bhyt text, ma_bhxh text,"
        " chan_doan text, ngay_sinh date, ngay_kham date, cap_nhat timestamptz)",
        {
            "luot": lambda _, row: row,
            "ho_ten": _person("name"),
            "the_bhyt": _person("health-card"),
            "ma_bhxh": _person("insurance-number"),
            "chan_doan": _person("health"),
            "ngay_sinh": _person("birth-date"),
            "ngay_kham": LOOK_ALIKE["created"],
            "cap_nhat": _changed,
        },
    ),
)

SOURCES: Mapping[str, tuple[SourceTable, ...]] = {
    "ho-tich": CIVIL_STATUS,
    "ly-lich-tu-phap": JUDICIAL_RECORDS,
    "dat-dai-bac-ninh": LAND,
    "mot-cua-bac-ninh": ONE_STOP,
    "y-te-bac-ninh": HEALTH,
}
"""By the name of the service that the dossiers connect to; the databases are called the same."""


@contextmanager
def sample_sources(
    folder: Path, *, host: str = "127.0.0.1", **settings: str
) -> Iterator[tuple[PostgresSource, Path]]:
    """The server with all of them, and a service file (PGSERVICEFILE) in `folder` that leads there.

    host: the address of this machine where others reach it. settings: of the server, beside what a move needs.
    """
    listens = ",".join(dict.fromkeys(["127.0.0.1", host]))
    given = {"wal_level": "logical", "max_slot_wal_keep_size": "256MB", "listen_addresses": listens, **settings}
    with postgres_source(**given) as server:
        for name, tables in SOURCES.items():
            server.create(name)
            with server.connect(name) as session:
                fill(session, tables)
        services = folder / "pg_service.conf"
        services.write_text(
            "".join(
                f"[{name}]\nhost={host}\nport={server.port}\ndbname={name}\nuser=postgres\n" for name in SOURCES
            )
        )
        yield server, services


def fill(session: psycopg.Connection, tables: tuple[SourceTable, ...]) -> None:
    """Make tables and their rows, the same every time."""
    values = Values(SEED)
    for table in tables:
        session.execute(table.create)  # type: ignore[call-overload]
        columns = ", ".join(table.makers)
        with session.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:  # type: ignore[call-overload]
            for row in range(1, table.rows + 1):
                copy.write_row([maker(values, row) for maker in table.makers.values()])
    session.execute("ANALYZE")
    session.execute("CHECKPOINT")
