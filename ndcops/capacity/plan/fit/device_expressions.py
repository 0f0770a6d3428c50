"""The part of device selectors (CEL) that the engine decides: ANDed comparisons of driver, attributes, capacity.

Anything else is undecided, never guessed: a full CEL with Kubernetes' libraries exists for Go only.
"""

import re

from ndcops.capacity.plan.fit.devices import Device
from ndcops.model.quantity import parse_quantity

_DRIVER = re.compile(r"""^device\.driver\s*(==|!=)\s*["']([^"']*)["']$""")
_ATTRIBUTE = re.compile(
    r"""^device\.attributes\[["']([^"']+)["']\]\.(\w+)\s*(==|!=|>=|<=|>|<)\s*("[^"]*"|'[^']*'|-?\d+|true|false)$"""
)
_CAPACITY = re.compile(
    r"""^device\.capacity\[["']([^"']+)["']\]\.(\w+)\.compareTo\(quantity\(["']([^"']+)["']\)\)\s*(==|!=|>=|<=|>|<)\s*0$"""
)
_HAS = re.compile(r"""^["']([^"']+)["']\s+in\s+device\.attributes$""")


class NotDecided(Exception):
    """An expression outside the part that is understood."""


def holds(expression: str, device: Device) -> bool:
    """Whether a device satisfies an expression. Raises NotDecided when that cannot be told.

    A missing attribute makes upstream's evaluation fail, and the device is then not chosen for that node at all.
    """
    if "\\" in expression:
        raise NotDecided(f"an escape in {expression}")
    return all(_part(each.strip(), device) for each in expression.split("&&"))


def _part(text: str, device: Device) -> bool:
    if text == "true":
        return True
    if match := _DRIVER.match(text):
        return (device.id[0] == match[2]) == (match[1] == "==")
    if match := _HAS.match(text):
        domains = {name.rpartition("/")[0] or device.id[0] for name in device.attributes}
        return match[1] in domains
    if match := _ATTRIBUTE.match(text):
        return _attribute(device, match[1], match[2], match[3], match[4])
    if match := _CAPACITY.match(text):
        held = _qualified(device, device.capacity, match[1], match[2])
        try:
            difference = parse_quantity(str(held.get("value", "0"))) - parse_quantity(match[3])
        except ValueError as error:
            raise NotDecided(str(error)) from error
        return _compare(int(difference.compare(0)), match[4], 0)
    raise NotDecided(text)


def _attribute(device: Device, domain: str, name: str, operator: str, literal: str) -> bool:
    held = _qualified(device, device.attributes, domain, name)
    wanted: object
    if literal in ("true", "false"):
        wanted, found = literal == "true", held.get("bool")
    elif literal[0] in "\"'":
        wanted, found = literal[1:-1], held.get("string")
    else:
        wanted, found = int(literal), held.get("int")
    if found is None:
        raise NotDecided(f"{domain}/{name} of another type")
    if isinstance(found, int) and isinstance(wanted, int):
        return _compare(found, operator, wanted)
    if operator not in ("==", "!="):
        raise NotDecided(f"{operator} between texts")
    return (found == wanted) == (operator == "==")


def _qualified(device: Device, holder: object, domain: str, name: str) -> dict[str, object]:
    assert isinstance(holder, dict)  # noqa: S101 - JSON objects
    found = holder.get(f"{domain}/{name}")
    if found is None and domain == device.id[0]:
        found = holder.get(name)
    if found is None:
        raise NotDecided(f"no {domain}/{name}")
    return dict(found)


def _compare(left: int, operator: str, right: int) -> bool:
    return {
        "==": left == right,
        "!=": left != right,
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
    }[operator]
