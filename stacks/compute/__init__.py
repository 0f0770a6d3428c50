"""The Pulumi project of the compute layer: `__main__.py` is its program."""
