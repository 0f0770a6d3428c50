"""What a site's player is told; `start` writes it, the process reads it."""

from pathlib import Path

from pydantic import Field

from ndcops.model.document import Value


class ApiAccess(Value):
    """A site's API, and the certificate for it."""

    site: str
    host: str
    port: int
    authority: Path
    certificate: Path
    key: Path


class PlayerSettings(Value):
    """site: whose objects are played; the APIs of the others are only read. look_s: between two looks."""

    site: str
    apis: tuple[ApiAccess, ...]
    look_s: float = Field(gt=0, default=0.5)

    @property
    def own(self) -> ApiAccess:
        """The site's own API."""
        return next(api for api in self.apis if api.site == self.site)
