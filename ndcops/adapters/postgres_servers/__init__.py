"""PostgreSQL servers, through psycopg; it alone imports it."""
