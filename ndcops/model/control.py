"""The catalogue of controls: what each promises, where standards and scanners ask for it, on which roles."""

from pydantic import Field

from ndcops.model.document import Name, Text, Value
from ndcops.model.host import HostRole


class Layer(Value):
    """One of the centre's ten layers of protection."""

    number: int = Field(ge=1, le=10)
    title: Text


class Unwinnable(Value):
    """A scanner's rule that stays failing with the control in place, and why. roles: empty means all."""

    rule: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    roles: tuple[HostRole, ...] = ()


class Control(Value):
    """A promise about a host. rules: short XCCDF ids; lynis: test ids; cis, anssi: numbers in those guides.

    why: the reason of a choice that the standards leave open.
    """

    id: Name
    title: Text
    layer: int = Field(ge=1, le=10)
    cis: tuple[str, ...] = ()
    anssi: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    lynis: tuple[str, ...] = ()
    roles: tuple[HostRole, ...] = Field(min_length=1)
    unwinnable: tuple[Unwinnable, ...] = ()
    why: Text | None = None


class Catalogue(Value):
    """Every control, and the layers they belong to."""

    layers: tuple[Layer, ...]
    controls: tuple[Control, ...]

    def control(self, control_id: str) -> Control | None:
        """The control of that id, if there is one."""
        return next((control for control in self.controls if control.id == control_id), None)

    def ids(self, role: HostRole | None = None) -> tuple[str, ...]:
        """Ids of all controls, or of those of a role, in the catalogue's order."""
        return tuple(control.id for control in self.controls if role is None or role in control.roles)

    def unwinnable(self, role: HostRole) -> dict[str, str]:
        """Why rules stay failing on hosts of a role, by rule."""
        return {
            each.rule: each.reason
            for control in self.controls
            for each in control.unwinnable
            if role in (each.roles or tuple(HostRole))
        }
