"""What is asked of a source and a target beside their tables; the names are the model's fields."""

SOURCE = """
SELECT current_database()::text AS name, split_part(current_setting('server_version'), ' ', 1) AS version,
       pg_database_size(d.oid) AS size_bytes, pg_encoding_to_char(d.encoding)::text AS encoding,
       d.datcollate::text AS collate, d.datctype::text AS ctype,
       coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', '') AS locale,
       CASE coalesce(to_jsonb(d)->>'datlocprovider', 'c') WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu'
            ELSE 'builtin' END AS provider,
       current_setting('wal_level') AS wal_level,
       current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots)::int
           AS free_slots,
       current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication)::int AS free_senders,
       pg_is_in_recovery() AS in_recovery, r.rolsuper AS superuser,
       r.rolreplication OR r.rolsuper AS may_replicate,
       has_database_privilege(d.oid, 'CREATE') AS may_create,
       (SELECT CASE WHEN setting::bigint >= 0 THEN setting::bigint * 1048576 END
        FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS wal_limit_bytes,
       coalesce((SELECT max(extract(epoch FROM clock_timestamp() - a.xact_start)) FROM pg_stat_activity a
                 WHERE a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
                   AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)), 0)::int AS oldest_transaction_s,
       (SELECT count(*)::int FROM pg_class WHERE relkind = 'S') AS sequences,
       (SELECT count(*)::int FROM pg_largeobject_metadata) AS large_objects
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user
"""
"""Fields that older releases lack are asked of the row as JSON: a missing one is null, not an error."""

LOCAL = """
SELECT coalesce((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false) AS encrypted,
       coalesce(inet_client_addr() = inet_server_addr(), true) AS local
"""

_USERS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

SOURCE_LISTS = {
    "prepared_transactions": "SELECT gid AS name FROM pg_prepared_xacts ORDER BY 1",
    "languages": "SELECT lanname::text AS name FROM pg_language WHERE lanname NOT IN ('internal', 'c') ORDER BY 1",
    "foreign_tables": f"""
        SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'f' AND {_USERS} ORDER BY 1""",  # noqa: S608 - a constant
    "unsupported_types": f"""
        SELECT n.nspname || '.' || c.relname || '.' || a.attname || ' (' || t.typname || ')' AS name
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {_USERS}
          AND t.typname IN ('regproc', 'regprocedure', 'regoper', 'regoperator', 'regconfig', 'regdictionary',
                            'regnamespace', 'regcollation') ORDER BY 1""",  # noqa: S608 - a constant
}

SLOT = """
SELECT s.confirmed_flush_lsn::text AS position, s.active,
       greatest(pg_wal_lsn_diff(w.lsn, s.confirmed_flush_lsn), 0)::bigint AS lag_bytes,
       coalesce(greatest(pg_wal_lsn_diff(w.lsn, s.restart_lsn), 0), 0)::bigint AS retained_bytes,
       (SELECT CASE WHEN setting::bigint >= 0 THEN setting::bigint * 1048576 END
        FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS limit_bytes,
       coalesce(to_jsonb(s)->>'wal_status', 'reserved') = 'lost' AS lost
FROM pg_replication_slots s,
     (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn) w
WHERE s.slot_name = %s AND s.confirmed_flush_lsn IS NOT NULL
"""

LOAD = """
SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active'
          AND pid <> pg_backend_pid() AND application_name <> 'ndcops seed') AS active_sessions,
       coalesce((SELECT max(pg_wal_lsn_diff(sent_lsn, replay_lsn)) FROM pg_stat_replication
                 WHERE application_name <> %s), 0)::bigint AS standby_lag_bytes
"""

TARGET = """
SELECT split_part(current_setting('server_version'), ' ', 1) AS version, r.rolsuper AS superuser,
       pg_is_in_recovery() AS in_recovery, current_setting('wal_level') AS wal_level,
       least(current_setting('max_logical_replication_workers')::int,
             current_setting('max_worker_processes')::int - 1)
           - (SELECT count(*) FROM pg_stat_subscription WHERE pid IS NOT NULL)::int AS free_workers
FROM pg_roles r WHERE r.rolname = current_user
"""

LOCALES = """
SELECT DISTINCT collcollate::text AS name FROM pg_collation WHERE collcollate IS NOT NULL
UNION SELECT datcollate::text FROM pg_database UNION SELECT datctype::text FROM pg_database
UNION VALUES ('C'), ('POSIX'), ('C.UTF-8')
"""
"""C.UTF-8 is part of glibc since 2.35; others were imported by initdb, or the cluster was made with them."""
