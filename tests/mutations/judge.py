"""Holds a report against what was changed."""

from collections import Counter
from collections.abc import Iterable

import psycopg

from ndcops.model.proving import Verification
from tests.mutations import schema
from tests.mutations.lie import Claim


def claims_of(found: Verification) -> Counter[Claim]:
    """Everything that a report names as different."""
    claims = [
        Claim("row", table.table, str(one.kind), one.key)
        if one.key
        else Claim("copies", table.table, f"{one.source_copies}+{one.target_copies}")
        for table in found.tables
        for one in table.listed
    ]
    claims += [Claim("catalog", one.kind, one.name) for one in found.catalog]
    claims += [Claim("sequence", one.name, str(one.relation)) for one in found.sequences if not one.pending]
    claims += [
        Claim("large object", str(one.oid), f"{one.kind} rights" if one.rights_only else str(one.kind))
        for one in found.large_objects
        if not one.pending
    ]
    claims += [Claim("orphans", one.foreign_key, str(one.count)) for one in found.orphans]
    unlisted = sum(table.differing_rows - len(table.listed) for table in found.tables)
    return Counter(claims) + Counter({Claim("row", "unlisted", ""): unlisted} if unlisted else {})


def wanted(told: Iterable[Claim], target: psycopg.Connection) -> Counter[Claim]:
    """What must be named. Orphans of several lies are one claim: they are counted here in another way."""
    claims = list(told)
    found = Counter(one for one in claims if one.sort != "orphans")
    if any(one.sort == "orphans" for one in claims):
        row = target.execute(
            "SELECT count(*) FROM con c WHERE cha_id IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM cha p WHERE p.id = c.cha_id)"
        ).fetchone()
        assert row is not None
        found[Claim("orphans", schema.FOREIGN_KEY, str(row[0]))] = 1
    return found
