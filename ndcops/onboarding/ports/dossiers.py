"""Dossiers as files, and the signatures in them."""

from collections.abc import Mapping
from typing import Protocol

from ndcops.model.dossier import Dossier
from ndcops.model.inventory import Inventory


class DossierText(Protocol):
    """A dossier's file as it was read. sha256: of its bytes, to know whether somebody else changed it since."""

    @property
    def text(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class DossierFiles(Protocol):
    """The inventory's folder of agencies, as files that people edit."""

    def read(self, agency: str) -> DossierText | None:
        """The file; None when there is none. Raises InvalidInput for a link out of the folder, or no UTF-8."""
        ...

    def write(self, agency: str, text: str, *, expected_sha256: str | None) -> str:
        """Put the file in place at once, and return its digest.

        expected_sha256: of what was read, None when there was none. Raises Refused when it is another by now
        (two people edit at once): nothing is overwritten.
        """
        ...

    def check(self, agency: str, text: str) -> Inventory:
        """The inventory as it would be with this text. Raises InvalidInput with every problem, line and field."""
        ...

    def render(self, dossier: Dossier) -> str:
        """A dossier as a new file's text."""
        ...

    def with_parts(self, text: str, dossier: Dossier, parts: tuple[str, ...]) -> str:
        """The text with these parts of the dossier in place of its own; everything else as people wrote it."""
        ...

    def with_approval(self, text: str, approval: Mapping[str, object]) -> str:
        """The text with one more entry under `approvals`, everything else as it was written, comments too."""
        ...


class Signatures(Protocol):
    """Detached signatures."""

    def is_valid(self, public_key: str, data: bytes, signature: str) -> bool:
        """Whether `signature` (base64) over `data` is by the key (PEM). Raises InvalidInput for what is no key."""
        ...
