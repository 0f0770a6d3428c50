"""The session's lab and its cluster, which the contract tests use too, stand in tests/conftest.py."""

from tests.conftest import small_inventory

__all__ = ["small_inventory"]
