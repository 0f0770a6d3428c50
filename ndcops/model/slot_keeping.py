"""What the cluster of a target does to replication slots that are not its own, by its configuration."""

from ndcops.model.document import Value


class SlotRule(Value):
    """Slots that are left alone: those for which all that is given is so. Empty: anything."""

    name: str = ""
    type: str = ""
    plugin: str = ""
    database: str = ""

    def leaves_alone(self, name: str, *, database: str) -> bool:
        """Whether a slot of logical replication by pgoutput, the kind that moves use, is left alone.

        As Patroni decides (patroni/postgresql/slots.py, ignore_replication_slot).
        """
        return (
            self.name in ("", name)
            and self.type in ("", "logical")
            and self.plugin in ("", "pgoutput")
            and self.database in ("", database)
        )


class SlotKeeping(Value):
    """rules: slots that it does not manage; it drops all others that no member has. service: whose cluster."""

    service: str
    rules: tuple[SlotRule, ...] = ()

    def keeps(self, name: str, *, database: str) -> bool:
        """Whether a slot of ours stands until we drop it ourselves."""
        return any(rule.leaves_alone(name, database=database) for rule in self.rules)
