"""The ledger as files: a copy in a folder, an export in one file, and the program that verifies it anywhere."""

from ndcops.adapters.ledger_files.export import write_export, write_verifier
from ndcops.adapters.ledger_files.folder import LedgerFolder

__all__ = ["LedgerFolder", "write_export", "write_verifier"]
