"""Why a seed must not begin: everything at once, each with what to do; pure.

Rules: PostgreSQL documentation, "Logical Replication" (Restrictions, Configuration Settings, Security), "COPY".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from ndcops.model.seed import SeedSource, SeedTable, SeedTarget

TESTED_SOURCES = (15, 18)
"""Releases that the live tests and benches move from; another one is refused until it is tested."""

LARGEST_ROW_BYTES = 256 << 20
"""A row crosses as one message of at most 1 GiB, and as text it may need four times its bytes."""

LONG_TRANSACTION_S = 600
"""A slot waits for every transaction that was open when it was asked for."""

_RESERVED = ("postgres", "template0", "template1")
_SHOWN = 5


def seed_refusals(source: SeedSource, target: SeedTarget, *, may_be_open: bool) -> tuple[str, ...]:
    """All reasons. may_be_open: whether rows may cross a network unencrypted (a rehearsal's)."""
    found = [*_source(source), *_tables(source), *_target(source, target)]
    if not (may_be_open or source.encrypted or source.local):
        found.append("the source is reached unencrypted: add sslmode=verify-full to its connection")
    return tuple(found)


def _source(source: SeedSource) -> Iterator[str]:
    if source.major not in TESTED_SOURCES:
        tested = ", ".join(map(str, TESTED_SOURCES))
        yield f"PostgreSQL {source.version} is not tested as a source (tested: {tested}): upgrade it there first"
    if source.name in _RESERVED:
        yield f"a database called '{source.name}' cannot be moved: every server has one; rename it first"
    if source.encoding == "SQL_ASCII":
        yield "encoding SQL_ASCII does not say what its bytes mean: dump it with the encoding it really has"
    if source.in_recovery:
        yield "the source is a standby: give the primary's address"
    if source.wal_level != "logical":
        yield f"wal_level is {source.wal_level}: ALTER SYSTEM SET wal_level = 'logical', then restart"
    yield from _slot(source)
    yield from _rights(source)
    if source.foreign_tables:
        yield f"foreign tables are not replicated: {_some(source.foreign_tables)}: drop them, or make them views"
    if source.unsupported_types:
        yield f"types that hold object ids: {_some(source.unsupported_types)}: make them text"


def _slot(source: SeedSource) -> Iterator[str]:
    """What keeps a slot from being made, or from standing while the copy runs."""
    if source.slot is not None:
        return
    if source.free_slots < 1:
        yield "no replication slot is free: raise max_replication_slots, then restart"
    if source.free_senders < 1:
        yield "no WAL sender is free: raise max_wal_senders, then restart"
    limit, least = source.wal_limit_bytes, _least_wal(source)
    if limit is not None and limit < least:
        yield (
            f"max_slot_wal_keep_size is {limit >> 20} MiB, {least >> 20} MiB are needed while the copy runs:"
            " raise it (pg_reload_conf() is enough)"
        )
    if source.prepared_transactions:
        yield f"prepared transactions: {_some(source.prepared_transactions)}: COMMIT PREPARED or ROLLBACK PREPARED"
    if source.oldest_transaction_s > LONG_TRANSACTION_S:
        yield f"a transaction has been open for {source.oldest_transaction_s} s: end it, a slot waits for it"


def _least_wal(source: SeedSource) -> int:
    """As much as a copy is likely to let pile up: an eighth of the database, at least 64 MiB."""
    return max(64 << 20, source.size_bytes // 8)


def _rights(source: SeedSource) -> Iterator[str]:
    if not source.may_replicate:
        yield "the account may not replicate: ALTER ROLE … REPLICATION"
    if not source.may_create:
        yield "the account may not create in the database: GRANT CREATE ON DATABASE … TO …"
    if source.large_objects and not source.superuser:
        yield f"{source.large_objects} large objects, which only a superuser of the source may read from outside"
    unread = [table.full_name for table in source.tables if not table.readable]
    if unread:
        yield f"the account may not read {_some(unread)}: GRANT SELECT"
    foreign = [table.full_name for table in source.tables if not table.owned]
    if foreign:
        yield f"the account owns neither {_some(foreign)} nor its role: only owners publish a table"


def _tables(source: SeedSource) -> Iterator[str]:
    rules: tuple[tuple[str, Callable[[SeedTable], bool]], ...] = (
        ("unlogged, so never replicated (ALTER TABLE … SET LOGGED)", lambda t: t.unlogged),
        (
            "no key, and a column by which no row is found again (add a primary key)",
            lambda t: keyless(t) and not t.usable_index and bool(t.without_equality),
        ),
        (
            "a trigger that fires for a stream too would act twice (ENABLE TRIGGER)",
            lambda t: bool(t.always_triggers),
        ),
        (
            "row policies that bind the owner stop the stream (NO FORCE ROW LEVEL SECURITY)",
            lambda t: t.forced_policies,
        ),
        (
            f"a row above {LARGEST_ROW_BYTES >> 20} MiB does not cross (move the value to a file)",
            lambda t: (t.largest_row_bytes or 0) > LARGEST_ROW_BYTES,
        ),
    )
    for why, holds in rules:
        names = [table.full_name for table in source.tables if holds(table)]
        if names:
            yield f"{_some(names)}: {why}"


def keyless(table: SeedTable) -> bool:
    """Whether its UPDATE and DELETE would fail once it is published (CREATE PUBLICATION, Notes)."""
    return (table.identity == "d" and not table.primary_key) or table.identity == "n"


def _target(source: SeedSource, target: SeedTarget) -> Iterator[str]:
    if target.in_recovery:
        yield "the target does not take writes: ask again, another member may lead by now"
    if not target.superuser:
        yield "the account at the target is no superuser: only one makes subscriptions of foreign tables"
    if target.major < source.major:
        yield f"the target is PostgreSQL {target.version}, older than the source's {source.version}"
    if target.wal_level != "logical":
        yield f"the target's wal_level is {target.wal_level}: without logical there is no way back"
    if target.states is None and target.free_workers < 1:
        yield "the target has no free worker for the stream: raise max_logical_replication_workers"
    if target.free_bytes is not None and not target.ours and target.free_bytes < source.size_bytes * 2:
        yield (
            f"the target has {target.free_bytes >> 20} MiB free, twice the source's {source.size_bytes >> 20} MiB"
            " are needed"
        )
    if target.exists and not target.ours and not target.empty:
        yield f"the target has a database '{source.name}' that this move did not make: rename one of the two"
    yield from _missing("extensions", source.extensions, target.extensions)
    yield from _missing("languages", source.languages, target.languages)
    if source.provider == "libc":
        wanted = {source.collate, source.ctype}
        yield from _missing("locales", sorted(wanted), target.locales, same=_locale)


def _missing(
    what: str, wanted: Iterable[str], given: Iterable[str], same: Callable[[str], str] = str
) -> Iterator[str]:
    known = {same(name) for name in given}
    lacking = [name for name in wanted if same(name) not in known]
    if lacking:
        yield f"the target does not have the {what} {_some(lacking)}: install them there"


def _locale(name: str) -> str:
    """One spelling: vi_VN.UTF-8 and vi_VN.utf8 are the same to libc."""
    return name.lower().replace("-", "")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
