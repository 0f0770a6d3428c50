"""The ledger's arithmetic: how it grows, and whether its copies agree."""
