"""Dossiers of v1 held a core only: id and title at the top, dependencies as bare names, roles in free words."""

from typing import Any

from ndcops.model.migrations.lifting import FieldPath, Migration
from ndcops.model.record import JsonObject

_ROLE_WORDS = (
    ("rollback", "rollback"),
    ("on-call", "on-call"),
    ("on call", "on-call"),
    ("security", "security"),
    ("dba", "dba"),
    ("database", "dba"),
    ("owner", "owner"),
)


def _lift(document: JsonObject) -> JsonObject:
    if "agency" in document:  # written in the newer form under the older version
        return document
    lifted = {key: value for key, value in document.items() if key not in ("id", "title")}
    agency = {key: document[key] for key in ("id", "title") if key in document}
    lifted["agency"] = agency
    if isinstance(document.get("contacts"), list):
        lifted["contacts"] = [_contact(each) for each in document["contacts"]]
    if isinstance(document.get("systems"), list):
        lifted["systems"] = [_system(each) for each in document["systems"]]
    return lifted


def _contact(contact: Any) -> Any:
    """The words that were written stay, as the position."""
    if not isinstance(contact, dict) or not isinstance(contact.get("role"), str):
        return contact
    words = contact["role"].casefold()
    role = next((role for word, role in _ROLE_WORDS if word in words), "other")
    lifted = {**contact, "role": role}
    if words not in (role, "") and "position" not in contact:
        lifted["position"] = contact["role"]
    return lifted


def _system(system: Any) -> Any:
    if not isinstance(system, dict) or not isinstance(system.get("depends_on"), list):
        return system
    needs = [{"to": need} if isinstance(need, str) else need for need in system["depends_on"]]
    return {**system, "depends_on": needs}


def _back(path: FieldPath) -> FieldPath:
    if path[:1] == ("agency",) and path[1:2] in (("id",), ("title",)):
        return path[1:]
    if len(path) == 5 and path[0] == "systems" and path[2] == "depends_on" and path[4] == "to":
        return path[:4]
    if len(path) == 3 and path[0] == "contacts" and path[2] == "position":
        return (*path[:2], "role")
    return path


DOSSIER_V1_TO_V2 = Migration("Dossier", "ndcops/v1", "ndcops/v2", _lift, _back)
