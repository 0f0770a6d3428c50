"""The lab's databases: PostgreSQL under Patroni, one member a site, over an etcd of their own."""
