"""The Pulumi project of the storage layer: `__main__.py` is its program."""
