"""The Pulumi project of agencies' landing zones: `__main__.py` is its program."""
