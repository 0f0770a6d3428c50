"""What a probe's process is told; `control` writes it, the client reads it."""

import json
from pathlib import Path

from pydantic import Field

from ndcops.model.document import Value


class ProbeSettings(Value):
    """A probe of one service. servers: authoritative ones, as ADDRESS:PORT. password_file: JSON, by role."""

    service: str
    name: str
    servers: tuple[str, ...]
    port: int
    database: str
    user: str
    password_file: Path
    run: str
    log: Path
    rate_per_s: float = Field(gt=0, le=2000)
    connections: int = Field(ge=1, le=32)
    timeout_s: float = Field(gt=0)

    def password(self) -> str:
        """Of `user`."""
        return str(json.loads(self.password_file.read_text())[self.user])
