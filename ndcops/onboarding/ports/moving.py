"""Where a database goes, as every command that moves one asks."""

from typing import Protocol

from ndcops.model.dossier import DossierSystem


class MoveTargets(Protocol):
    """The centre's database clusters, one a service; which member leads is read anew at each call."""

    def leader(self, system: DossierSystem, database: str) -> str:
        """Libpq's words, without a password, for `database` on the member that takes writes now.

        Raises Refused when the system names no service, the service has no cluster, or nobody leads; Unreachable
        when the cluster does not answer.
        """
        ...
