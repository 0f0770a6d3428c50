"""What is asked of the catalogs of either side (PostgreSQL 12 and newer).

`{ours}` is the schema of our own tables. Under an empty search_path every name comes out qualified, so texts of
definitions can be compared.
"""

# ruff: noqa: S608  (texts of this module alone are put together; values come in as literals)

USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', {ours})"

NO_EXTENSION = (
    "NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = {object}"
    " AND e.deptype = 'e')"
)

_TABLES_OWN = NO_EXTENSION.replace("{catalog}", "pg_class").replace("{object}", "c.oid")

TABLES = f"""
SELECT n.nspname AS table_schema, c.relname AS name, format('%I.%I', n.nspname, c.relname) AS full_name,
       c.oid::int8 AS oid, c.relkind = 'p' AS partitioned,
       c.relpersistence = 'u' AS unlogged, greatest(c.reltuples, 0)::int8 AS rows,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
       row_security_active(c.oid) AS filtered
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {USER_SCHEMA} AND {_TABLES_OWN}
ORDER BY 1, 2
"""

PARTS = f"""
SELECT c.oid::int8 AS oid, pn.nspname AS table_schema, p.relname AS name,
       p.relkind::text AS kind, greatest(p.reltuples, 0)::int8 AS rows,
       CASE WHEN p.relkind = 'r' THEN pg_relation_size(p.oid) / current_setting('block_size')::int8
            ELSE 0 END AS pages
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT c.oid AS relid, true AS isleaf WHERE c.relkind = 'r'
                    UNION ALL SELECT t.relid::oid, t.isleaf FROM pg_partition_tree(c.oid) t
                    WHERE c.relkind = 'p') l
JOIN pg_class p ON p.oid = l.relid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND l.isleaf AND p.relkind <> 'p' AND {USER_SCHEMA}
ORDER BY 1, 2, 3
"""

COLUMNS = f"""
WITH RECURSIVE bases AS (
    SELECT t.oid AS type, t.oid AS base FROM pg_type t WHERE t.typtype <> 'd'
    UNION ALL SELECT d.oid, b.base FROM pg_type d JOIN bases b ON d.typbasetype = b.type WHERE d.typtype = 'd'
)
SELECT c.oid::int8 AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname::text ELSE '' END AS base
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN bases b ON b.type = a.atttypid JOIN pg_type t ON t.oid = b.base
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND {USER_SCHEMA}
ORDER BY c.oid, a.attnum
"""

KEYS = f"""
SELECT DISTINCT ON (c.oid) c.oid::int8 AS oid, k.columns, k.operators
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY place) AS columns, bool_and(a.attnotnull) AS never_null,
           array_agg(format('%I.%s', x.nspname, o.oprname) ORDER BY place) AS operators
    FROM generate_series(0, i.indnkeyatts - 1) AS place
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[place]
    JOIN pg_opclass f ON f.oid = i.indclass[place]
    JOIN pg_amop m ON m.amopfamily = f.opcfamily AND m.amoplefttype = f.opcintype
                   AND m.amoprighttype = f.opcintype AND m.amopstrategy = 3
    JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_namespace x ON x.oid = o.oprnamespace
) k
WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
  AND k.never_null AND array_length(k.columns, 1) = i.indnkeyatts
  AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND {USER_SCHEMA}
ORDER BY c.oid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid::regclass::text
"""
"""Unique indexes are B-trees, whose strategy 3 is equality (PostgreSQL docs, Index Extensibility)."""

SEQUENCES = f"""
SELECT format('%I.%I', n.nspname, c.relname) AS name, n.nspname AS sequence_schema, c.relname AS sequence,
       s.seqincrement AS increment, s.seqcycle AS cycles, has_sequence_privilege(c.oid, 'SELECT') AS readable,
       o.table_schema, o.table_name, o.column_name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN LATERAL (
    SELECT tn.nspname AS table_schema, t.relname AS table_name, a.attname AS column_name
    FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
      AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
) o ON true
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND {USER_SCHEMA} AND {_TABLES_OWN}
ORDER BY 1
"""

FOREIGN_KEYS = f"""
SELECT k.conname AS name, n.nspname AS table_schema, c.relname AS table, c.relkind = 'p' AS partitioned,
       pn.nspname AS parent_schema, p.relname AS parent, p.relkind = 'p' AS parent_partitioned,
       k.confmatchtype = 'f' AS match_full, k.convalidated AS validated,
       coalesce((to_jsonb(k) ->> 'conenforced')::bool, true) AS enforced,
       coalesce((to_jsonb(k) ->> 'conperiod')::bool, false) AS temporal,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY place) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number
             ORDER BY place) AS parent_columns,
       ARRAY(SELECT format('%I.%s', x.nspname, o.oprname) FROM unnest(k.conpfeqop) WITH ORDINALITY u(number, place)
             JOIN pg_operator o ON o.oid = u.number JOIN pg_namespace x ON x.oid = o.oprnamespace
             ORDER BY place) AS operators
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND {USER_SCHEMA} ORDER BY 2, 3, 1
"""

IDENTITY = """
SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding FROM pg_database
WHERE datname = current_database()
"""

NATIVE_PROBE = """
SELECT hash_record_extended(ROW(1, true, '2026-02-28'::date, 'value'::text COLLATE "C", int8send(-5),
       numeric_send(1.50), '\\x00ff'::bytea, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, NULL::int4,
       ROW(0.1::float8, '{{"a": 1}}'::json)::text COLLATE "C"), 7) AS probe
"""
TEXT_PROBE = """SELECT hashtextextended(ROW('value', 0.1::float8, NULL)::text COLLATE "C", 7) AS probe"""
"""Known values whose numbers are the same where hashes are: not between byte orders. ASCII, for all encodings."""

LARGE_OBJECTS = """
SELECT m.oid::int8 AS oid, encode(sha256(lo_get(m.oid)), 'hex') AS sha256,
       pg_get_userbyid(m.lomowner) || coalesce(
           (SELECT string_agg(format(' %s:%s', g.privilege_type, CASE g.grantee WHEN 0 THEN 'PUBLIC'
                   ELSE pg_get_userbyid(g.grantee)::text END), '' ORDER BY 1)
            FROM aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) g), '') AS rights
FROM pg_largeobject_metadata m ORDER BY m.oid
"""
