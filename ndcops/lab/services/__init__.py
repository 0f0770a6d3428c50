"""Services that the lab plays with real parts: PostgreSQL under Patroni on every site, names in BIND."""
