"""Seeded differences between two databases: what is changed, and exactly what a proof must then say."""
