"""Everything that both sides must share beside rows, as lines of kind, name and value.

Left out, and why: tablespaces and storage parameters (matters of the machine), statistics targets, replica
identities (the move sets them), publications and subscriptions (the move's own), attributes of roles (they belong
to the whole server, and the fence changes them), the database's own grants (likewise), security labels.
"""

# ruff: noqa: S608  (texts of this module alone are put together; values come in as literals)

from typing import NamedTuple

from ndcops.adapters.postgres_servers.proving.questions import NO_EXTENSION, USER_SCHEMA


class Source(NamedTuple):
    """A catalog of objects: FROM and WHERE, and what identifies, owns and grants. letter: acldefault's."""

    rows: str
    identity: str
    owner: str
    acl: str
    letter: str


def _catalog(catalog: str, alias: str, namespace: str, more: str, owner: str, acl: str, letter: str) -> Source:
    own = NO_EXTENSION.replace("{catalog}", catalog).replace("{object}", f"{alias}.oid")
    rows = (
        f"{catalog} {alias} JOIN pg_namespace n ON n.oid = {alias}.{namespace},"
        f" pg_identify_object('{catalog}'::regclass, {alias}.oid, 0) o WHERE {USER_SCHEMA} AND {own}{more}"
    )
    return Source(rows, "o.type || ' ' || o.identity", f"{alias}.{owner}", f"{alias}.{acl}", letter)


_RELATIONS = _catalog(
    "pg_class",
    "c",
    "relnamespace",
    " AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'f', 'S', 'v', 'm')",
    "relowner",
    "relacl",
    "(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::\"char\"",
)
_FUNCTIONS = _catalog("pg_proc", "p", "pronamespace", "", "proowner", "proacl", "'f'")
_TYPES = _catalog(
    "pg_type",
    "t",
    "typnamespace",
    " AND t.typcategory <> 'A' AND t.typtype <> 'm'"
    " AND (t.typrelid = 0 OR (SELECT r.relkind FROM pg_class r WHERE r.oid = t.typrelid) = 'c')",
    "typowner",
    "typacl",
    "'T'",
)
_SCHEMAS = Source(
    "pg_namespace n, pg_identify_object('pg_namespace'::regclass, n.oid, 0) o WHERE " + USER_SCHEMA,
    "o.type || ' ' || o.identity",
    "n.nspowner",
    "n.nspacl",
    "'n'",
)
_OWNED = (_RELATIONS, _FUNCTIONS, _TYPES, _SCHEMAS)


def _grant(alias: str) -> str:
    who = f"CASE {alias}.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid({alias}.grantee)::text END"
    return (
        f"{alias}.privilege_type || ' to ' || {who}"
        f" || CASE WHEN {alias}.is_grantable THEN ' with grant option' ELSE '' END"
    )


def _owner_lines(of: Source) -> str:
    return (
        f"SELECT 'owner' AS kind, {of.identity} AS name, pg_get_userbyid({of.owner})::text AS value FROM {of.rows}"
    )


def _grant_lines(of: Source) -> str:
    acl = f"coalesce({of.acl}, acldefault({of.letter}, {of.owner}))"
    return (
        f"SELECT 'grant' AS kind, x.name, {_grant('g')} AS value"
        f" FROM (SELECT {of.identity} AS name, {acl} AS acl FROM {of.rows}) x, aclexplode(x.acl) g"
    )


_COLUMN_GRANTS = f"""
SELECT 'grant' AS kind, o.type || ' ' || o.identity AS name, {_grant("g")} AS value
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
     pg_identify_object('pg_class'::regclass, c.oid, a.attnum) o, aclexplode(a.attacl) g
WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND a.attnum > 0 AND {USER_SCHEMA}
"""

_MEMBERSHIPS = """
SELECT 'membership' AS kind, pg_get_userbyid(m.member)::text AS name, 'in ' || pg_get_userbyid(m.roleid) AS value
FROM pg_auth_members m
WHERE EXISTS (SELECT 1 FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
              WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid IN (m.member, m.roleid))
"""
"""Of roles that own or may do something in this database."""

_DEFAULT_GRANTS = f"""
SELECT 'default grant' AS kind, pg_get_userbyid(d.defaclrole) || ' in ' || coalesce(n.nspname, 'every schema')
       || ' for ' || d.defaclobjtype::text AS name, {_grant("g")} AS value
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) g
"""

_TABLES = f"""
SELECT o.type AS kind, o.identity AS name, concat_ws('; ', c.relkind,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END, CASE WHEN c.relrowsecurity THEN 'row security' END,
       CASE WHEN c.relforcerowsecurity THEN 'forced' END, pg_get_expr(c.relpartbound, c.oid),
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.reloftype <> 0 THEN 'of ' || format_type(c.reloftype, NULL) END,
       CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'not populated' END,
       'below ' || (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i
                    WHERE i.inhrelid = c.oid)) AS value
FROM {_RELATIONS.rows}
"""

_COLUMNS = f"""
SELECT 'column' AS kind, format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name,
       concat_ws('; ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
       CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation END,
       nullif('identity ' || a.attidentity::text, 'identity '),
       nullif('generated ' || a.attgenerated::text, 'generated '),
       'default ' || pg_get_expr(d.adbin, d.adrelid)) AS value
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND c.relpersistence <> 't' AND a.attnum > 0
  AND NOT a.attisdropped AND {USER_SCHEMA}
  AND {NO_EXTENSION.replace("{catalog}", "pg_class").replace("{object}", "c.oid")}
"""

_CONSTRAINTS = f"""
SELECT 'constraint' AS kind, o.identity AS name, pg_get_constraintdef(k.oid)
       || CASE WHEN k.convalidated THEN '' ELSE ' (not valid)' END AS value
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace,
     pg_identify_object('pg_constraint'::regclass, k.oid, 0) o
WHERE k.contype <> 'n' AND {USER_SCHEMA}
  AND {NO_EXTENSION.replace("{catalog}", "pg_class").replace("{object}", "k.conrelid")}
"""
"""NOT NULL stands in pg_constraint only since version 18; the columns tell of it in all."""

_INDEXES = f"""
SELECT 'index' AS kind, format('%I.%I', n.nspname, c.relname) AS name, pg_get_indexdef(i.indexrelid)
       || CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE ' (not valid)' END AS value
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {USER_SCHEMA}
  AND {NO_EXTENSION.replace("{catalog}", "pg_class").replace("{object}", "i.indrelid")}
"""

_VIEWS = f"""
SELECT 'definition' AS kind, o.identity AS name, pg_get_viewdef(c.oid) AS value
FROM {_RELATIONS.rows} AND c.relkind IN ('v', 'm')
"""

_RULES = f"""
SELECT 'rule' AS kind, o.identity AS name, pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text AS value
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace,
     pg_identify_object('pg_rewrite'::regclass, r.oid, 0) o
WHERE r.rulename <> '_RETURN' AND {USER_SCHEMA}
  AND {NO_EXTENSION.replace("{catalog}", "pg_class").replace("{object}", "c.oid")}
"""

_TRIGGERS = f"""
SELECT 'trigger' AS kind, o.identity AS name, pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text AS value
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
     pg_identify_object('pg_trigger'::regclass, g.oid, 0) o
WHERE NOT g.tgisinternal AND {USER_SCHEMA}
  AND {NO_EXTENSION.replace("{catalog}", "pg_class").replace("{object}", "c.oid")}
"""

_POLICIES = f"""
SELECT 'policy' AS kind, o.identity AS name, concat_ws('; ', p.polcmd::text, p.polpermissive::text,
       (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END, ', ' ORDER BY 1)
        FROM unnest(p.polroles) r),
       'using ' || pg_get_expr(p.polqual, p.polrelid),
       'check ' || pg_get_expr(p.polwithcheck, p.polrelid)) AS value
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
     pg_identify_object('pg_policy'::regclass, p.oid, 0) o WHERE {USER_SCHEMA}
"""

_BODIES = f"""
SELECT o.type AS kind, o.identity AS name, CASE WHEN p.prokind = 'a' THEN (
       SELECT concat_ws('; ', a.aggkind::text, a.aggtransfn::text, a.aggfinalfn::text, a.aggcombinefn::text,
                        a.agginitval, format_type(a.aggtranstype, NULL))
       FROM pg_aggregate a WHERE a.aggfnoid = p.oid) ELSE pg_get_functiondef(p.oid) END AS value
FROM {_FUNCTIONS.rows}
"""

_KINDS_OF_TYPES = f"""
SELECT 'type' AS kind, o.identity AS name, concat_ws('; ', t.typtype::text,
       (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e
        WHERE e.enumtypid = t.oid),
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
       CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault,
       (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid)) AS value
FROM {_TYPES.rows}
"""

_SEQUENCES = f"""
SELECT 'sequence' AS kind, o.identity || ' counts' AS name,
       format('%s from %s by %s, %s to %s, cache %s, cycles %s', format_type(s.seqtypid, NULL), s.seqstart,
              s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle) || coalesce('; of ' || (
              SELECT string_agg(d.refobjid::regclass || '.' || a.attname, ', ') FROM pg_depend d
              JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')), '') AS value
FROM {_RELATIONS.rows.replace("pg_class c JOIN", "pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid JOIN", 1)}
"""

_STATISTICS = f"""
SELECT 'statistics' AS kind, o.identity AS name, pg_get_statisticsobjdef(s.oid) AS value
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace,
     pg_identify_object('pg_statistic_ext'::regclass, s.oid, 0) o WHERE {USER_SCHEMA}
"""

_EXTENSIONS = """
SELECT 'extension' AS kind, e.extname::text AS name, n.nspname::text AS value
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
"""

_EXTENSION_VERSIONS = """
SELECT 'extension version' AS kind, e.extname::text AS name, e.extversion AS value FROM pg_extension e
"""

_EVENT_TRIGGERS = f"""
SELECT 'event trigger' AS kind, t.evtname::text AS name, concat_ws('; ', t.evtevent, t.evtfoid::regprocedure::text,
       t.evtenabled::text, array_to_string(t.evttags, ', ')) AS value
FROM pg_event_trigger t JOIN pg_proc p ON p.oid = t.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {USER_SCHEMA} AND {NO_EXTENSION.replace("{catalog}", "pg_event_trigger").replace("{object}", "t.oid")}
"""

_SETTINGS = """
SELECT 'setting' AS kind, coalesce(pg_get_userbyid(nullif(s.setrole, 0)) || ' here', 'database') AS name,
       one AS value
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database(),
     unnest(s.setconfig) one WHERE one NOT LIKE 'default_transaction_read_only=%'
"""
"""Read-only is how a side is fenced."""

_COMMENTS = f"""
SELECT 'comment' AS kind, o.type || ' ' || o.identity AS name, d.description AS value
FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o
LEFT JOIN pg_namespace n ON n.nspname = o.schema
WHERE d.objoid >= 16384 AND (n.oid IS NULL OR {USER_SCHEMA}) AND o.identity IS NOT NULL AND o.type <> 'extension'
  AND NOT EXISTS (SELECT 1 FROM pg_depend e
                  WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
"""
"""16384: the first oid that is not PostgreSQL's own (access/transam.h)."""

_OTHERS = " UNION ALL ".join(
    f"SELECT o.type AS kind, o.identity AS name, '' AS value FROM {catalog} x,"
    f" pg_identify_object('{catalog}'::regclass, x.oid, 0) o WHERE x.oid >= 16384"
    f" AND {NO_EXTENSION.replace('{catalog}', catalog).replace('{object}', 'x.oid')}"
    for catalog in (
        "pg_collation",
        "pg_conversion",
        "pg_cast",
        "pg_operator",
        "pg_opclass",
        "pg_opfamily",
        "pg_ts_config",
        "pg_ts_dict",
        "pg_ts_parser",
        "pg_ts_template",
        "pg_foreign_data_wrapper",
        "pg_foreign_server",
        "pg_language",
        "pg_transform",
        "pg_am",
    )
)
"""Rarer objects: that they are there, not how they are made."""

LINES = (
    *(_owner_lines(one) for one in _OWNED),
    *(_grant_lines(one) for one in _OWNED),
    _COLUMN_GRANTS,
    _MEMBERSHIPS,
    _DEFAULT_GRANTS,
    "SELECT 'schema' AS kind, n.nspname::text AS name, '' AS value FROM pg_namespace n WHERE " + USER_SCHEMA,
    _TABLES,
    _COLUMNS,
    _CONSTRAINTS,
    _INDEXES,
    _VIEWS,
    _RULES,
    _TRIGGERS,
    _POLICIES,
    _BODIES,
    _KINDS_OF_TYPES,
    _SEQUENCES,
    _STATISTICS,
    _EXTENSIONS,
    _EXTENSION_VERSIONS,
    _EVENT_TRIGGERS,
    _SETTINGS,
    _COMMENTS,
    _OTHERS,
)
