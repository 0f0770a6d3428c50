"""How rooms ask whether a detached signature holds; the adapter of that name answers."""

from collections.abc import Callable

IsValid = Callable[[str, bytes, str], bool]
"""Public key (PEM), data, signature (base64)."""
