"""Where a database goes, as every command that moves one asks."""

from typing import Protocol

from ndcops.model.dossier import DossierSystem
from ndcops.model.slot_keeping import SlotKeeping


class MoveTargets(Protocol):
    """The centre's database clusters, one a service; which member leads is read anew at each call."""

    def leader(self, system: DossierSystem, database: str) -> str:
        """Libpq's words, without a password, for `database` on the member that takes writes now.

        Raises Refused when the system names no service, the service has no cluster, or nobody leads; Unreachable
        when the cluster does not answer.
        """
        ...

    def members(self, system: DossierSystem, database: str) -> tuple[str, ...]:
        """Words for `database` on each member, the leader first. Raises as `leader` does."""
        ...

    def anywhere(self, system: DossierSystem, database: str) -> str:
        """Words for `database` on whichever member leads when somebody connects: all of them are named.

        Raises as `leader` does.
        """
        ...

    def slot_keeping(self, system: DossierSystem) -> SlotKeeping | None:
        """What the cluster does to slots that are not its own; None for a server that manages none.

        Raises as `leader` does, Refused when it is not known.
        """
        ...
