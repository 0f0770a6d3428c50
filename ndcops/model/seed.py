"""What a seed looks at and leaves: source and target as found, tables and parts to copy, the stream's state."""

from collections.abc import Mapping

from pydantic import Field

from ndcops.model.document import Value

WITHOUT_EQUALITY = frozenset({"json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"})
"""Built-in types without a default class of operators for btree or hash (pg_opclass): no row is found by them."""


class SeedTable(Value):
    """A table with rows of its own: an ordinary one or a leaf of a partitioned one.

    oid: at the source, and so in its dump. pages: of its main fork, 8 KiB each. rows: the planner's estimate.
    columns: those that are copied, so without generated ones. binary: whether COPY's binary format means the same
    on both sides. identity: pg_class.relreplident. usable_index: a unique index that may stand for a missing key.
    without_equality: columns by which no row is found again. keys, indexes: oids (at the source) of constraints
    with an index, and of other indexes. always_triggers: those that fire for a stream too.
    """

    oid: int
    table_schema: str
    name: str
    size_bytes: int = Field(ge=0)
    pages: int = Field(ge=0)
    rows: int = 0
    columns: tuple[str, ...]
    binary: bool = True
    identity: str = "d"
    primary_key: bool = True
    usable_index: str = ""
    without_equality: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()
    indexes: tuple[int, ...] = ()
    always_triggers: tuple[str, ...] = ()
    forced_policies: bool = False
    unlogged: bool = False
    readable: bool = True
    owned: bool = True
    largest_row_bytes: int | None = Field(ge=0, default=None)

    @property
    def full_name(self) -> str:
        """Schema and name, parted by a dot, for people."""
        return f"{self.table_schema}.{self.name}"


class StreamSlot(Value):
    """The slot of the forward stream. position: what the target has confirmed, as PostgreSQL writes an LSN.

    lag_bytes: written at the source and not confirmed; retained_bytes: WAL that the slot keeps on its disk;
    limit_bytes: beyond which the source drops it (max_slot_wal_keep_size), None without a limit. lost: it did.
    """

    position: str
    active: bool
    lag_bytes: int
    retained_bytes: int
    limit_bytes: int | None = None
    lost: bool = False


class SeedSource(Value):
    """The agency's database and server. None: this account may not see it.

    version_number: as PostgreSQL numbers it, 150008 for 15.8. provider: of its locale: libc, icu or builtin.
    unsupported_types: columns whose types hold object ids. encrypted: whether this connection is. local: whether
    it stays on one machine.
    """

    name: str
    version: str
    version_number: int
    size_bytes: int
    encoding: str
    collate: str
    ctype: str
    locale: str = ""
    provider: str = "libc"
    wal_level: str
    free_slots: int
    free_senders: int
    in_recovery: bool = False
    superuser: bool
    may_replicate: bool
    may_create: bool
    encrypted: bool = False
    local: bool = False
    wal_limit_bytes: int | None = None
    prepared_transactions: tuple[str, ...] = ()
    oldest_transaction_s: int = 0
    extensions: Mapping[str, str] = Field(default_factory=dict)
    languages: tuple[str, ...] = ()
    collations: tuple[str, ...] = ()
    foreign_tables: tuple[str, ...] = ()
    unsupported_types: tuple[str, ...] = ()
    sequences: int = 0
    large_objects: int = 0
    tables: tuple[SeedTable, ...] = ()
    slot: StreamSlot | None = None
    ddl_entries: tuple[str, ...] = ()

    @property
    def major(self) -> int:
        """The release: 15, 18."""
        return self.version_number // 10000


class SeedTarget(Value):
    """The centre's server, and what an earlier run left in the database of that name.

    ours: the database carries this move's mark. empty: it holds no table. position: of the slot whose snapshot the
    copies were made under, "" before the first. copied: oids (at the source) of tables that were copied to their
    end under it. restored: the tables are there. completed: keys, foreign keys and triggers too. finished:
    statistics and views too. states: by table, pg_subscription_rel.srsubstate, None without a subscription.
    stream_problem: why the stream stands. stream_errors: how often it was begun anew after an error, so far.
    """

    version: str
    version_number: int
    superuser: bool
    in_recovery: bool = False
    wal_level: str
    free_bytes: int | None = None
    free_workers: int = 1
    extensions: Mapping[str, str] = Field(default_factory=dict)
    languages: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    exists: bool = False
    ours: bool = False
    empty: bool = True
    restored: bool = False
    completed: bool = False
    finished: bool = False
    position: str = ""
    copied: frozenset[int] = frozenset()
    states: Mapping[str, str] | None = None
    stream_problem: str = ""
    stream_errors: int = 0

    @property
    def major(self) -> int:
        """The release: 15, 18."""
        return self.version_number // 10000


class TablePart(Value):
    """Rows of one table by where they lie: pages from `first` up to `end`, None for all that follow.

    number, of: this part among the table's parts.
    """

    table: SeedTable
    number: int = 1
    of: int = 1
    first: int = 0
    end: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all of the table."""
        return self.of == 1

    @property
    def label(self) -> str:
        """How progress names it."""
        return self.table.full_name if self.whole else f"{self.table.full_name} {self.number}/{self.of}"

    @property
    def size_bytes(self) -> int:
        """Its share of the table, roughly."""
        return self.table.size_bytes // self.of


class SourceLoad(Value):
    """How busy the source is, apart from us. standby_lag_bytes: of its slowest own standby."""

    active_sessions: int
    standby_lag_bytes: int = 0


class LoadLimits(Value):
    """Beyond these the seed waits. None: no limit."""

    active_sessions: int | None = Field(ge=1, default=None)
    standby_lag_bytes: int | None = Field(ge=0, default=256 << 20)
