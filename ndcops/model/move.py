"""One database on its way into the centre: who it is, and how either end is reached."""

from ndcops.model.document import Name, Value
from ndcops.model.move_names import MoveNames, names_of


class Move(Value):
    """A dossier's database and both its ends, in libpq's words, never with a password.

    source: the agency's database, from where ndcops runs. target: the centre's database, on the member that leads
    when the command begins; target_members: on each member of its cluster, the leader first. source_for_target,
    target_for_source: the same, as the other side's server reaches it, whoever leads.
    Passwords come from PGPASSFILE, a service file, or a file that `passfile=` names.
    """

    agency: Name
    system: Name
    database: Name
    source: str
    target: str
    source_for_target: str
    target_for_source: str
    target_members: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """How messages and journals name it."""
        return f"{self.agency}/{self.database}"

    @property
    def names(self) -> MoveNames:
        """What our own objects are called on both sides."""
        return names_of(self.agency, self.database)
