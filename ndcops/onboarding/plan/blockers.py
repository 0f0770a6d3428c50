"""What in a PostgreSQL source stands against moving it by logical replication; pure.

Rules: PostgreSQL documentation, "Logical Replication" (Restrictions, Configuration Settings, Publication).
"""

from collections.abc import Callable
from dataclasses import dataclass

from ndcops.model.assessment import Blocker, Severity
from ndcops.model.document import Text
from ndcops.model.probe import ProbedDatabase, ProbedTable
from ndcops.model.seed import WITHOUT_EQUALITY
from ndcops.onboarding.plan.moving.refusals import LARGEST_ROW_BYTES, TESTED_SOURCES

OLDEST_SOURCE = 100000
"""Logical replication by publications begins with PostgreSQL 10."""

LONG_TRANSACTION_S = 3600

Subjects = tuple[str, ...]


@dataclass(frozen=True)
class _Rule:
    """find: what of the source it holds for, empty when it does not. remedy: what to type, or to do."""

    code: str
    severity: Severity
    find: Callable[[ProbedDatabase], Subjects]
    vi: str
    en: str
    remedy: str


def find_blockers(database_id: str, probed: ProbedDatabase) -> tuple[Blocker, ...]:
    """Everything found, what blocks first."""
    found = [
        Blocker(
            code=rule.code,
            severity=rule.severity,
            database=database_id,
            subjects=subjects,
            why=Text(vi=rule.vi, en=rule.en),
            remedy=rule.remedy,
        )
        for rule in _RULES
        if (subjects := rule.find(probed))
    ]
    return tuple(sorted(found, key=lambda one: one.severity is not Severity.BLOCKS))


def _old(probed: ProbedDatabase) -> Subjects:
    return (probed.version,) if probed.version_number < OLDEST_SOURCE else ()


def _wal_level(probed: ProbedDatabase) -> Subjects:
    level = probed.settings.wal_level
    return (f"wal_level = {level}",) if level != "logical" else ()


def _no_slot(probed: ProbedDatabase) -> Subjects:
    used, most = probed.settings.used_replication_slots, probed.settings.max_replication_slots
    return (f"{used} of {most} slots",) if used >= most else ()


def _no_sender(probed: ProbedDatabase) -> Subjects:
    used, most = probed.settings.used_wal_senders, probed.settings.max_wal_senders
    return (f"{used} of {most} senders",) if used >= most else ()


def _no_right(probed: ProbedDatabase) -> Subjects:
    return () if probed.settings.may_replicate else ("the account that asked",)


def _keyless(probed: ProbedDatabase) -> Subjects:
    tables = (table for table in probed.tables if not table.primary_key and table.replica_identity in ("d", "n"))
    return tuple(table.full_name for table in tables)


def _not_found_again(probed: ProbedDatabase) -> Subjects:
    return tuple(name for name in _keyless(probed) if (table := probed.table(name)) and _unequal(table))


def _whole_rows(probed: ProbedDatabase) -> Subjects:
    return tuple(name for name in _keyless(probed) if (table := probed.table(name)) and not _unequal(table))


def _unequal(table: ProbedTable) -> bool:
    """Whether a column's type has no equality, so that an UPDATE of the stream finds no row by all of it."""
    return any(column.type.removesuffix("[]") in WITHOUT_EQUALITY for column in table.columns)


def _untested(probed: ProbedDatabase) -> Subjects:
    tested = probed.version_number // 10000 in TESTED_SOURCES or probed.version_number < OLDEST_SOURCE
    return () if tested else (probed.version,)


def _oversized(probed: ProbedDatabase) -> Subjects:
    return tuple(
        f"{table.full_name} ({table.largest_row_bytes >> 20} MiB)"
        for table in probed.tables
        if table.largest_row_bytes is not None and table.largest_row_bytes > LARGEST_ROW_BYTES
    )


def _unlogged(probed: ProbedDatabase) -> Subjects:
    return tuple(table.full_name for table in probed.tables if table.unlogged)


def _large_objects(probed: ProbedDatabase) -> Subjects:
    return (f"{probed.objects.large_objects} objects",) if probed.objects.large_objects else ()


def _long_transaction(probed: ProbedDatabase) -> Subjects:
    age_s = probed.objects.oldest_transaction_s
    return (f"open for {age_s} s",) if age_s >= LONG_TRANSACTION_S else ()


def _unbounded(probed: ProbedDatabase) -> Subjects:
    return ("max_slot_wal_keep_size = -1",) if probed.settings.max_slot_wal_keep_size_mb < 0 else ()


def _standby(probed: ProbedDatabase) -> Subjects:
    return ("pg_is_in_recovery()",) if probed.settings.in_recovery else ()


def _sequences(probed: ProbedDatabase) -> Subjects:
    return (f"{probed.objects.sequences} sequences",) if probed.objects.sequences else ()


_BLOCKS, _WARNS = Severity.BLOCKS, Severity.WARNS

_RULES = (
    _Rule("old-version", _BLOCKS, _old, "phiên bản chưa có nhân bản logic", "has no publications yet",
          "upgrade to PostgreSQL 10 or newer, or move by dump and restore"),
    _Rule("wal-level", _BLOCKS, _wal_level, "wal_level phải là logical; phải khởi động lại máy chủ",
          "wal_level must be logical; the server restarts for it",
          "ALTER SYSTEM SET wal_level = 'logical'; -- then restart in an agreed window"),
    _Rule("no-free-slot", _BLOCKS, _no_slot, "không còn khe nhân bản trống", "no replication slot is free",
          "ALTER SYSTEM SET max_replication_slots = …; -- then restart"),
    _Rule("no-free-sender", _BLOCKS, _no_sender, "không còn tiến trình gửi WAL", "no WAL sender is free",
          "ALTER SYSTEM SET max_wal_senders = …; -- then restart"),
    _Rule("no-replication-right", _BLOCKS, _no_right, "tài khoản chưa có quyền nhân bản",
          "the account may not replicate", "ALTER ROLE … REPLICATION;"),
    _Rule("untested-version", _BLOCKS, _untested,
          "phiên bản chưa được kiểm thử làm nguồn", "not tested as a source",
          f"upgrade it at the source to a tested release ({', '.join(map(str, TESTED_SOURCES))})"),
    _Rule("no-replica-identity", _BLOCKS, _not_found_again,
          "không có khóa, và có cột không so sánh được: UPDATE và DELETE không tìm lại được dòng",
          "no key, and a column without equality: UPDATE and DELETE would not find their row",
          "ALTER TABLE … ADD PRIMARY KEY (…)"),
    _Rule("whole-row-identity", _WARNS, _whole_rows,
          "không có khóa: khi chuyển, mỗi dòng được nhận ra bằng toàn bộ nội dung (chậm)",
          "no key: while it moves, a row is known by all of it (slow)",
          "nothing: the seed sets REPLICA IDENTITY FULL and takes it back; a primary key is better"),
    _Rule("oversized-row", _BLOCKS, _oversized,
          "dòng quá 256 MiB không chuyển qua được", "a row above 256 MiB does not cross",
          "move the value into files, or part it over several rows"),
    _Rule("unlogged-table", _BLOCKS, _unlogged, "bảng không ghi WAL thì không nhân bản được",
          "unlogged: never replicated", "ALTER TABLE … SET LOGGED;"),
    _Rule("large-objects", _WARNS, _large_objects,
          "đối tượng lớn không nhân bản: được chép riêng, và chép lại sau khi khóa nguồn",
          "large objects are not replicated: copied apart, and once more after the fence",
          "nothing now; many that change make the window longer: move them into bytea columns"),
    _Rule("oid-types", _BLOCKS, lambda probed: probed.objects.unsupported_types,
          "kiểu chứa mã đối tượng (OID), khác nhau giữa các máy chủ",
          "types that hold object ids, which differ between servers",
          "ALTER TABLE … ALTER COLUMN … TYPE text USING …::text;"),
    _Rule("prepared-transactions", _BLOCKS, lambda probed: probed.objects.prepared_transactions,
          "giao dịch đã chuẩn bị chặn việc tạo khe nhân bản",
          "prepared transactions keep a slot from being made", "COMMIT PREPARED '…' or ROLLBACK PREPARED '…'"),
    _Rule("long-transaction", _BLOCKS, _long_transaction, "giao dịch kéo dài chặn việc tạo khe nhân bản",
          "a long transaction keeps a slot from being made",
          "SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start LIMIT 5;"),
    _Rule("standby", _WARNS, _standby, "đang hỏi máy dự phòng; phải hỏi máy chính",
          "a standby was asked; the primary is to be asked", "give the primary's address in `connection`"),
    _Rule("unbounded-slot", _WARNS, _unbounded, "khe nhân bản đứng lại có thể làm đầy đĩa của nguồn",
          "a slot that stands still can fill the source's disk",
          "ALTER SYSTEM SET max_slot_wal_keep_size = '64GB'; SELECT pg_reload_conf();"),
    _Rule("foreign-tables", _WARNS, lambda probed: probed.objects.foreign_tables,
          "bảng ngoài không nhân bản được; máy chủ của nó phải tới được từ trung tâm",
          "foreign tables are not replicated; their server must be reached from the centre",
          "declare the flow in `integrations`, make the foreign server again at the target"),
    _Rule("materialized-views", _WARNS, lambda probed: probed.objects.materialized_views,
          "không nhân bản; phải làm mới ở đích", "not replicated: refreshed at the target",
          "REFRESH MATERIALIZED VIEW …; -- after the seed"),
    _Rule("sequences", _WARNS, _sequences, "số kế tiếp không nhân bản; được chép sau khi khóa nguồn",
          "their next numbers are not replicated: set after the fence", "nothing now: the cut-over sets them"),
    _Rule("untrusted-functions", _WARNS, lambda probed: probed.objects.functions_untrusted,
          "hàm bằng ngôn ngữ không tin cậy bị từ chối ở đích",
          "functions in untrusted languages are refused at the target", "rewrite them in SQL or PL/pgSQL"),
    _Rule("not-valid", _WARNS, lambda probed: probed.objects.not_valid_constraints,
          "ràng buộc chưa được kiểm tra trên dữ liệu cũ", "constraints that older rows may break",
          "ALTER TABLE … VALIDATE CONSTRAINT …;"),
    _Rule("event-triggers", _WARNS, lambda probed: probed.objects.event_triggers,
          "trigger sự kiện có thể chặn lệnh DDL khi chuyển", "event triggers may stop the move's own DDL",
          "look at each before the seed"),
    _Rule("subscriptions", _WARNS, lambda probed: probed.objects.subscriptions,
          "nguồn này nhận dữ liệu từ nơi khác", "this source is itself fed from elsewhere",
          "declare the upstream in `integrations`"),
    _Rule("tablespaces", _WARNS, lambda probed: probed.objects.tablespaces,
          "không gian bảng riêng không có ở đích", "tablespaces that the target does not have",
          "nothing: they are left out of the schema at the target"),
)  # fmt: skip
