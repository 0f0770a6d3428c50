"""National data centres as code: the toolkit's package; `docs/architecture.md` is its map."""

__version__ = "0.1.0"
