"""What is asked of the catalogs (PostgreSQL 11 and newer), each with what comes back; `catalog` puts them."""

IDENTITY = """
SELECT current_database() AS name, current_setting('server_version') AS version,
       clock_timestamp() AS server_time, pg_database_size(current_database()) AS size_bytes,
       pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collation,
       s.stats_reset AS counted_since, pg_is_in_recovery() AS in_recovery
FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datname = current_database()
"""

WAL = """
SELECT wal_bytes::bigint AS wal_bytes, extract(epoch FROM clock_timestamp() - stats_reset)::bigint AS age_s
FROM pg_stat_wal
"""
"""Since version 14."""

SCHEMAS = """
SELECT nspname AS name FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1
"""

EXTENSIONS = "SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"

TABLES = """
SELECT n.nspname AS table_schema, c.relname AS name, c.relreplident::text AS replica_identity,
       c.relpersistence = 'u' AS unlogged, c.relkind = 'p' AS partitioned, c.reltuples::bigint AS estimate,
       coalesce((SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t),
                pg_total_relation_size(c.oid))::bigint AS size_bytes,
       coalesce((SELECT sum(coalesce(pg_relation_size(nullif(l.reltoastrelid, 0)), 0))
                 FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid),
                pg_relation_size(nullif(c.reltoastrelid, 0)), 0)::bigint AS toast_bytes,
       coalesce(obj_description(c.oid, 'pg_class'), '') AS comment,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
       ARRAY(SELECT a.attname::text FROM pg_index i
             JOIN unnest(i.indkey) WITH ORDINALITY k(attnum, place) ON true
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
             WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place) AS primary_key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
ORDER BY 1, 2
"""
"""Tables of extensions belong to the extension."""

COLUMNS = """
SELECT n.nspname AS table_schema, c.relname AS table_name, a.attname AS name,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       coalesce(col_description(c.oid, a.attnum), '') AS comment,
       has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, 2, a.attnum
"""

GROWTH = """
SELECT coalesce(sum((n_tup_ins - n_tup_del)::numeric
       * pg_total_relation_size(relid) / greatest(n_live_tup, 1)), 0)::bigint AS bytes
FROM pg_stat_user_tables WHERE n_live_tup > 0
"""

SETTINGS = """
SELECT current_setting('wal_level') AS wal_level,
       current_setting('max_replication_slots')::int AS max_replication_slots,
       (SELECT count(*) FROM pg_replication_slots)::int AS used_replication_slots,
       current_setting('max_wal_senders')::int AS max_wal_senders,
       (SELECT count(*) FROM pg_stat_replication)::int AS used_wal_senders,
       coalesce((SELECT setting::int FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), -1)
           AS max_slot_wal_keep_size_mb,
       current_setting('max_prepared_transactions')::int AS max_prepared_transactions,
       pg_is_in_recovery() AS in_recovery, r.rolreplication OR r.rolsuper AS may_replicate,
       r.rolsuper AS is_superuser
FROM pg_roles r WHERE r.rolname = current_user
"""

COUNTS = """
SELECT count(*) FILTER (WHERE c.relkind = 'S')::int AS sequences,
       count(*) FILTER (WHERE c.relkind = 'v')::int AS views
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid
                  AND x.deptype = 'e')
"""

LARGE_OBJECTS = "SELECT count(*)::bigint AS count FROM pg_largeobject_metadata"

OLDEST = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::int AS seconds
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

TRIGGERS = "SELECT count(*)::int AS count FROM pg_trigger WHERE NOT tgisinternal"

_NAMED = """
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = '{kind}' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
"""

LISTS = {
    "materialized_views": _NAMED.format(kind="m"),
    "foreign_tables": _NAMED.format(kind="f"),
    "event_triggers": "SELECT evtname AS name FROM pg_event_trigger ORDER BY 1",
    "functions_untrusted": """
        SELECT n.nspname || '.' || p.proname || ' (' || l.lanname || ')' AS name
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('internal') AND n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = p.oid
                          AND x.deptype = 'e') ORDER BY 1""",
    "prepared_transactions": """
        SELECT gid AS name FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1""",
    "not_valid_constraints": """
        SELECT conrelid::regclass::text || ' ' || conname AS name FROM pg_constraint
        WHERE NOT convalidated ORDER BY 1""",
    "tablespaces": """
        SELECT DISTINCT t.spcname AS name FROM pg_class c JOIN pg_tablespace t ON t.oid = c.reltablespace
        WHERE t.spcname !~ '^pg_' ORDER BY 1""",
    "publications": "SELECT pubname AS name FROM pg_publication ORDER BY 1",
    "subscriptions": """
        SELECT subname AS name FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
        WHERE d.datname = current_database() ORDER BY 1""",
    "unsupported_types": """
        SELECT n.nspname || '.' || c.relname || '.' || a.attname || ' (' || t.typname || ')' AS name
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_'
          AND n.nspname <> 'information_schema'
          AND t.typname IN ('regproc', 'regprocedure', 'regoper', 'regoperator', 'regconfig', 'regdictionary',
                            'regnamespace', 'regcollation') ORDER BY 1""",
}
"""Names by what they are of; the keys are fields of ProbedObjects. The types are those that pg_upgrade refuses."""
