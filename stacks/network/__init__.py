"""The Pulumi project of the network layer: `__main__.py` is its program."""
