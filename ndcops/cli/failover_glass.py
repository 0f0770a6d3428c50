"""The order to act without the coordination store's majority: written down, signed by two people, then used."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from ndcops.model.errors import InvalidInput
from ndcops.model.failover import BreakGlass, Signature


def write_glass(path: Path, *, reason: str, dead: Sequence[str]) -> BreakGlass:
    """A new, unsigned order in a file. Raises InvalidInput for a file that is there, or a reason too short."""
    if path.exists():
        raise InvalidInput(f"{path} is there already; an order is made once", resolution="choose another file")
    now = datetime.now(UTC)
    try:
        order = BreakGlass(run=f"{now:%Y%m%dT%H%M%S}-glass", reason=reason, dead_members=tuple(dead), time=now)
    except ValidationError as error:
        raise InvalidInput(
            "the order is not complete",
            details=[each["msg"] for each in error.errors()],
            resolution="--reason in at least ten letters, --dead for each member that is certified dead",
        ) from error
    path.write_text(order.model_dump_json(indent=2) + "\n")
    return order


def read_glass(path: Path | None) -> BreakGlass | None:
    """The order of a file, if one is named. Raises InvalidInput for a file that holds none."""
    return None if path is None else _read(path)


def _read(path: Path) -> BreakGlass:
    try:
        return BreakGlass.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InvalidInput(
            f"{path} holds no order to break the glass",
            details=[" ".join(str(error).split())[:200]],
            resolution="ndcops failover glass FILE --reason WHY --dead SITE",
        ) from error


def sign_glass(path: Path, *, actor: str, key: Path) -> BreakGlass:
    """Add one person's signature. Raises InvalidInput."""
    from ndcops.wiring.failover import signature_over

    order = _read(path)
    public_key, signature = signature_over(order, key)
    kept = tuple(each for each in order.signatures if each.actor != actor)
    signed = Signature(actor=actor, public_key=public_key, signature=signature)
    order = order.model_copy(update={"signatures": (*kept, signed)})
    path.write_text(order.model_dump_json(indent=2) + "\n")
    return order
