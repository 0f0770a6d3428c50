"""What is read from either end of a move while the writes change over from one to the other."""

from enum import StrEnum

from pydantic import Field

from ndcops.model.document import Value


class End(StrEnum):
    """Where a database can be: at its agency, or in the centre."""

    SOURCE = "source"
    TARGET = "target"

    @property
    def other(self) -> "End":
        """The opposite end."""
        return End.TARGET if self is End.SOURCE else End.SOURCE


class Stream(Value):
    """Logical replication one way: publication and slot at the end where it begins, subscription where it ends."""

    publication: str
    slot: str
    subscription: str

    @property
    def watch(self) -> str:
        """A second slot that nobody reads: what was written behind the fence stays in it, also what streamed."""
        return f"{self.slot.rpartition('_')[0]}_eye"


class SubscriptionState(Value):
    """A subscription as its own end sees it. running: its apply worker lives.

    tables: `srsubstate` by table ('r': streams). errors: how often applying failed so far.
    """

    enabled: bool
    running: bool
    tables: dict[str, str] = Field(default_factory=dict)
    errors: int = 0

    @property
    def not_ready(self) -> tuple[str, ...]:
        """Tables whose first copy is not done: a sentinel proves nothing of them."""
        return tuple(sorted(name for name, state in self.tables.items() if state != "r"))


class SlotState(Value):
    """A replication slot. lost: WAL that it needs is gone. lag_bytes: written, and not confirmed by its reader."""

    active: bool
    lost: bool
    lag_bytes: int


class SequenceValue(Value):
    """A sequence as `setval` takes it. increment: negative for one that counts down."""

    table_schema: str
    name: str
    last_value: int
    is_called: bool
    increment: int = 1

    @property
    def full_name(self) -> str:
        """Schema and name, for people."""
        return f"{self.table_schema}.{self.name}"


class Intrusion(Value):
    """A transaction that changed rows behind a fence, as logical decoding shows it."""

    xid: int
    commit_lsn: str
    tables: tuple[str, ...]
    changes: int


class FenceState(Value):
    """The fence of an end. fenced: applications are locked out. run: by which run; empty when they are not.

    proven: since when nobody but us was inside, as an LSN; empty when that was not seen yet.
    """

    fenced: bool
    run: str = ""
    proven: str = ""


class Admitted(Value):
    """Who may connect to a database. role: quoted as SQL wants it, empty for PUBLIC."""

    role: str
    grantable: bool = False


class EndFacts(Value):
    """One end before its writes change over. version: as PostgreSQL numbers it, 180004 for 18.4.

    keyless: tables whose UPDATE and DELETE would fail once published. unpublished: tables that do not stream.
    behind: sequences that would give a number that a column already has. admitted: who may connect, or could
    before the fence. foreign_subscriptions: streams of others that write here. sessions: of applications, now.
    fenceable: our account may lock all others out. database: what its server calls it.
    outlives_leader: a slot for a stream that begins here goes on at a standby that takes over (`failover`, 17).
    """

    version: int
    database: str = ""
    outlives_leader: bool = False
    in_recovery: bool
    fenceable: bool
    may_stream: bool
    wal_level: str
    free_slots: int
    sessions: int
    prepared: tuple[str, ...] = ()
    foreign_subscriptions: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    admitted: tuple[Admitted, ...] = ()
    keyless: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()
    large_objects: int = 0
    fence: FenceState
    slot: SlotState | None = None
    subscription: SubscriptionState | None = None


class WriterFindings(Value):
    """What a client of a rehearsal saw. lost: confirmed rows that are missing. longest_gap_ms: between two."""

    confirmed: int
    lost: int
    longest_gap_ms: int


class RestoredCopy(Value):
    """A database restored at another server, while it stands there.

    words: where. moment: what the copy shows of its origin, as a snapshot that the origin exports meanwhile.
    duration_s: until every row was there.
    """

    words: str
    moment: str
    duration_s: int


class CopyFindings(Value):
    """A restored copy compared with its origin. digest: of the origin's rows, under the seed of the hashes.

    differing: a line for each table, object or reference that differs or could not be looked at; none: the same.
    """

    tables: int
    rows: int
    seed: int
    digest: str
    differing: tuple[str, ...] = ()
