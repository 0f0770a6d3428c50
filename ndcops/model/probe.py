"""What a live PostgreSQL database told: sizes, tables, settings, and samples that stay in memory."""

from datetime import datetime

from pydantic import Field

from ndcops.model.document import Value
from ndcops.model.dossier.dataset import QualityName


class ProbedColumn(Value):
    """A column. sample: some of its values, as text; they may be personal data and stay out of any record."""

    name: str
    type: str
    not_null: bool = False
    comment: str = ""
    sample: tuple[str, ...] = Field(default=(), exclude=True, repr=False)


class ProbedTable(Value):
    """A table with rows of its own; a partitioned one stands for its partitions.

    rows: counted when `rows_exact`, else the planner's estimate, None when never analysed.
    replica_identity: as `pg_class.relreplident`: d default, n nothing, f full, i index.
    largest_row_bytes: None when looking took too long.
    """

    table_schema: str
    name: str
    columns: tuple[ProbedColumn, ...]
    primary_key: tuple[str, ...] = ()
    rows: int | None = Field(ge=0, default=None)
    rows_exact: bool = False
    size_bytes: int = Field(ge=0)
    replica_identity: str = "d"
    unlogged: bool = False
    partitioned: bool = False
    comment: str = ""
    largest_row_bytes: int | None = Field(ge=0, default=None)

    @property
    def full_name(self) -> str:
        """Schema and name, parted by a dot."""
        return f"{self.table_schema}.{self.name}"


class ProbedSettings(Value):
    """What logical replication needs of the server. None: this account may not see it."""

    wal_level: str
    max_replication_slots: int
    used_replication_slots: int
    max_wal_senders: int
    used_wal_senders: int
    max_slot_wal_keep_size_mb: int
    max_prepared_transactions: int
    in_recovery: bool
    may_replicate: bool
    is_superuser: bool


class ProbedObjects(Value):
    """What logical replication does not carry, or must be carried by itself: names or counts."""

    sequences: int = 0
    views: int = 0
    materialized_views: tuple[str, ...] = ()
    foreign_tables: tuple[str, ...] = ()
    event_triggers: tuple[str, ...] = ()
    triggers: int = 0
    functions_untrusted: tuple[str, ...] = ()
    large_objects: int = 0
    prepared_transactions: tuple[str, ...] = ()
    oldest_transaction_s: int = 0
    not_valid_constraints: tuple[str, ...] = ()
    tablespaces: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    unsupported_types: tuple[str, ...] = ()


class ProbedDatabase(Value):
    """One database as it was at `taken_at`. hidden: what the account may not read, so that nothing is guessed.

    growth_bytes_day: from rows that came and went since the counters began; None when they began just now.
    """

    name: str
    version: str
    version_number: int
    server_time: datetime
    taken_at: datetime
    size_bytes: int = Field(ge=0)
    growth_bytes_day: int | None = None
    counters_age_s: int | None = Field(ge=0, default=None)
    wal_bytes_s: int | None = Field(ge=0, default=None)
    encoding: str
    collation: str
    schemas: tuple[str, ...]
    extensions: tuple[str, ...]
    tables: tuple[ProbedTable, ...]
    settings: ProbedSettings
    objects: ProbedObjects
    hidden: tuple[str, ...] = ()

    @property
    def tables_without_key(self) -> tuple[str, ...]:
        """Tables that have no primary key."""
        return tuple(table.full_name for table in self.tables if not table.primary_key)

    def table(self, full_name: str) -> ProbedTable | None:
        """The table of that name; one without a schema is looked for in all."""
        return next((table for table in self.tables if full_name in (table.full_name, table.name)), None)


class ShareQuery(Value):
    """A question about a quality: two numbers come back, how many are as they should be, and of how many.

    The text is shown to the agency as it is run. subject: the table or column that it is about.
    """

    quality: QualityName
    subject: str
    sql: str


class ShareAnswer(Value):
    """The answer, or why there is none (a time-out, no right)."""

    query: ShareQuery
    good: int | None = None
    total: int | None = None
    problem: str = ""
