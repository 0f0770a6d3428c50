"""Sequences, which logical replication leaves out: read exactly, set exactly, and held against their columns."""

import json
from collections.abc import Sequence

from ndcops.adapters.postgres_servers.switching.sessions import EndSessions, quoted
from ndcops.model.cutover import SequenceValue

_LIST = """
SELECT n.nspname, c.relname, s.seqincrement FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> $1 AND c.relpersistence = 'p'
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
ORDER BY 1, 2
"""
"""Sequences of extensions belong to the extension."""

_SET = """
SELECT setval((quote_ident(e->>0) || '.' || quote_ident(e->>1))::regclass, (e->>2)::bigint, (e->>3)::boolean)
FROM json_array_elements($1::json) e
"""

_FED = """
SELECT DISTINCT sn.nspname, sc.relname, tn.nspname, tc.relname, a.attname, s.seqincrement
FROM pg_sequence s JOIN pg_class sc ON sc.oid = s.seqrelid JOIN pg_namespace sn ON sn.oid = sc.relnamespace
JOIN (SELECT objid AS seq, refobjid AS tab, refobjsubid AS num FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
      UNION SELECT d.refobjid, f.adrelid, f.adnum FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
      WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass) u ON u.seq = s.seqrelid
JOIN pg_class tc ON tc.oid = u.tab JOIN pg_namespace tn ON tn.oid = tc.relnamespace
JOIN pg_attribute a ON a.attrelid = u.tab AND a.attnum = u.num
WHERE tc.relkind IN ('r', 'p') AND sn.nspname !~ '^pg_' AND sn.nspname <> 'information_schema'
  AND format_type(a.atttypid, NULL) IN ('smallint', 'integer', 'bigint', 'numeric')
ORDER BY 1, 2
"""
"""Which columns take their numbers from which sequence: owned, identity, or by a default."""

_MOST_AT_ONCE = 200


class Sequences:
    """schema: of our own tables, whose sequences are not the agency's."""

    def __init__(self, sessions: EndSessions, schema: str) -> None:
        self._sessions = sessions
        self._schema = schema
        self._known: tuple[tuple[str, str, int], ...] = ()

    def names(self) -> tuple[tuple[str, str, int], ...]:
        """Schema, name and increment; asked once a run."""
        if not self._known:
            rows = self._sessions.run(_LIST, self._schema)
            self._known = tuple((str(space), str(name), int(step or 1)) for space, name, step in rows)
        return self._known

    def read(self) -> tuple[SequenceValue, ...]:
        """Every sequence. `pg_sequences` would not tell a set number from one that was given out."""
        found = []
        names = self.names()
        for begin in range(0, len(names), _MOST_AT_ONCE):
            part = names[begin : begin + _MOST_AT_ONCE]
            query = " UNION ALL ".join(
                f"SELECT {number}, last_value, is_called FROM {quoted(space)}.{quoted(name)}"  # noqa: S608
                for number, (space, name, _) in enumerate(part)
            )
            for number, last, called in self._sessions.run(query):
                space, name, step = part[int(number or 0)]
                found.append(
                    SequenceValue(
                        table_schema=space,
                        name=name,
                        last_value=int(last or 0),
                        is_called=called == "t",
                        increment=step,
                    )
                )
        return tuple(sorted(found, key=lambda each: each.full_name))

    def set(self, values: Sequence[SequenceValue]) -> None:
        """Bring them to these values."""
        if values:
            given = [[one.table_schema, one.name, str(one.last_value), one.is_called] for one in values]
            self._sessions.run(_SET, json.dumps(given, ensure_ascii=False))

    def behind(self) -> tuple[str, ...]:
        """Sequences whose next number, or one after it, stands in their column already."""
        found = []
        for space, name, table_schema, table, column, step in self._sessions.run(_FED):
            end, beyond = ("max", ">") if int(step or 1) > 0 else ("min", "<")
            rows = self._sessions.patiently(
                f"SELECT 1 FROM {quoted(str(space))}.{quoted(str(name))} s, "  # noqa: S608
                f"(SELECT {end}({quoted(str(column))}) AS far "
                f"FROM {quoted(str(table_schema))}.{quoted(str(table))}) t "
                f"WHERE t.far {beyond} s.last_value OR (t.far = s.last_value AND NOT s.is_called)"
            )
            if rows:
                found.append(f"{space}.{name}")
        return tuple(dict.fromkeys(found))
