"""The schema as lines that compare between servers: what `seeded` demands to be equal.

Texts that releases write differently are left out (a view is its columns); grants are compared by the proof.
"""

from psycopg import sql

from ndcops.adapters.postgres_servers.moving.session import MoveSession

_OURS = """
n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> %(own)s
AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{catalog}'::regclass AND x.objid = {oid}
                AND x.deptype = 'e')
"""

_LINES = {
    "pg_namespace": """
        SELECT format('schema %%I', n.nspname) AS line FROM pg_namespace n WHERE {ours}""",
    "pg_class": """
        SELECT format('%%s %%I.%%I %%s %%s', c.relkind, n.nspname, c.relname, c.relpersistence,
                      pg_get_partkeydef(c.oid)) AS line
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND {ours}
        UNION ALL
        SELECT format('partition %%I.%%I %%s', n.nspname, c.relname, pg_get_expr(c.relpartbound, c.oid))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relispartition AND c.relkind IN ('r', 'p') AND {ours}
        UNION ALL
        SELECT format('column %%I.%%I.%%I %%s %%s %%s %%s %%s %%s', n.nspname, c.relname, a.attname,
                      format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                      CASE WHEN c.relkind IN ('r', 'p') THEN pg_get_expr(d.adbin, d.adrelid) END, l.collname)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped AND {ours}
        UNION ALL
        SELECT format('index %%s', pg_get_indexdef(c.oid))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('i', 'I') AND {ours}
        UNION ALL
        SELECT format('constraint %%I.%%I.%%I %%s', n.nspname, c.relname, o.conname, pg_get_constraintdef(o.oid))
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE o.contype <> 'n' AND o.conparentid = 0 AND {ours}
        UNION ALL
        SELECT format('trigger %%s %%s', pg_get_triggerdef(t.oid), t.tgenabled)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND {ours}
        UNION ALL
        SELECT format('policy %%I.%%I.%%I %%s %%s %%s', n.nspname, c.relname, p.polname, p.polcmd,
                      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {ours}
        UNION ALL
        SELECT format('sequence %%I.%%I %%s %%s %%s %%s %%s %%s', n.nspname, c.relname,
                      format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {ours}""",
    "pg_type": """
        SELECT format('enum %%I.%%I %%s', n.nspname, t.typname, string_agg(quote_literal(e.enumlabel), ', '
                      ORDER BY e.enumsortorder)) AS line
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid
        WHERE {ours} GROUP BY n.nspname, t.typname
        UNION ALL
        SELECT format('domain %%I.%%I %%s %%s %%s %%s', n.nspname, t.typname,
                      format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
                      (SELECT string_agg(pg_get_constraintdef(o.oid), ' ' ORDER BY o.conname)
                       FROM pg_constraint o WHERE o.contypid = t.oid AND o.contype <> 'n'))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND {ours}
        UNION ALL
        SELECT format('range %%I.%%I %%s', n.nspname, t.typname, format_type(r.rngsubtype, NULL))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_range r ON r.rngtypid = t.oid
        WHERE {ours}""",
    "pg_proc": """
        SELECT format('function %%I.%%I(%%s) %%s %%s %%s %%s', n.nspname, p.proname,
                      pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.prosecdef, p.provolatile,
                      md5(coalesce(p.prosrc, ''))) AS line
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prokind IN ('f', 'p', 'w') AND {ours}""",
}
"""Queries by the catalog whose objects an extension may own."""

_ALIAS = {"pg_namespace": "n.oid", "pg_class": "c.oid", "pg_type": "t.oid", "pg_proc": "p.oid"}


def schema_lines(session: MoveSession, own_schema: str) -> frozenset[str]:
    """Every object of the database, one line each."""
    found: set[str] = set()
    for catalog, query in _LINES.items():
        ours = _OURS.format(catalog=catalog, oid=_ALIAS[catalog])
        found |= {row["line"] for row in session.rows(sql.SQL(query.replace("{ours}", ours)), {"own": own_schema})}
    return frozenset(found)
