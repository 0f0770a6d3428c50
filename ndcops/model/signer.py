"""Who may sign for an agency and for the centre: the one list of keys that is trusted, kept by the centre."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ndcops.model.document import Document, Name, misplaced
from ndcops.model.dossier.approval import Side
from ndcops.model.waiver import WaiverOwner


class Signer(WaiverOwner):
    """A person with an Ed25519 key (PEM, as `openssl pkey -pubout`). agency: for whom; only with side `agency`."""

    side: Side
    agency: Name | None = None

    @model_validator(mode="after")
    def _agency_has_its_name(self) -> Self:
        if (self.side is Side.AGENCY) != (self.agency is not None):
            raise misplaced(("agency",), "expected the agency's id with side 'agency', and none with 'centre'")
        return self


class Signers(Document):
    """`inventory/signers.yaml`."""

    KIND: ClassVar[str] = "Signers"

    kind: Literal["Signers"] = "Signers"
    signers: tuple[Signer, ...] = Field(min_length=1)

    def signer(self, name: str) -> Signer | None:
        """The signer of that name, if there is one."""
        return next((signer for signer in self.signers if signer.name == name), None)
