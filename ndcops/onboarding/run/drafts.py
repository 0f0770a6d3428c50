"""New dossiers from answers, typed or given as options; what is wrong is said in the words of the options."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from ndcops.model.dossier import Dossier
from ndcops.model.errors import InvalidInput
from ndcops.model.record import JsonObject

CONTACT_FORM = "ROLE;NAME;EMAIL[;PHONE]"
SYSTEM_FORM = "ID;TITLE_VI;TITLE_EN;CLASSIFICATION"


@dataclass(frozen=True)
class Answers:
    """What a person says of an agency. contacts, systems: in their forms."""

    agency: str
    title_vi: str
    title_en: str
    level: str
    contacts: tuple[str, ...]
    systems: tuple[str, ...]


def new_dossier(answers: Answers, today: date) -> Dossier:
    """The core of a dossier. Raises InvalidInput, naming every answer that does not do."""
    fields: JsonObject = {
        "apiVersion": Dossier.VERSION,
        "kind": Dossier.KIND,
        "agency": {
            "id": answers.agency,
            "title": {"vi": answers.title_vi, "en": answers.title_en},
            "level": answers.level,
        },
        "as_of": today,
        "contacts": [_contact(text) for text in answers.contacts],
        "systems": [_system(text) for text in answers.systems],
    }
    try:
        return Dossier.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(
            f"'{answers.agency}' cannot be registered with these answers",
            details=[f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()],
            resolution="ndcops agency register --help",
        ) from error


def _contact(text: str) -> JsonObject:
    role, name, email, *phone = _parts(text, CONTACT_FORM, least=3, most=4)
    return {"role": role, "name": name, "email": email, **({"phone": phone[0]} if phone else {})}


def _system(text: str) -> JsonObject:
    name, vi, en, classification = _parts(text, SYSTEM_FORM, least=4, most=4)
    return {"id": name, "title": {"vi": vi, "en": en}, "classification": classification}


def _parts(text: str, form: str, *, least: int, most: int) -> Sequence[str]:
    parts = [part.strip() for part in text.split(";")]
    if not least <= len(parts) <= most or not all(parts):
        raise InvalidInput(f"'{text}' has not the form {form}", resolution="ndcops agency register --help")
    return parts
