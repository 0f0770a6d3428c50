"""The API server's no, in its own words."""

from collections.abc import Sequence

from ndcops.model.record import JsonObject


class AdmissionRefused(Exception):
    """The API server would not take the object; `message` is what it would answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def forbidden(item: JsonObject, reason: str, plural: str = "pods") -> AdmissionRefused:
    """Status 403 of an admission plugin (k8s.io/apiserver/pkg/admission/errors.go, NewForbidden)."""
    metadata = item.get("metadata") or {}
    name = metadata.get("name") or metadata.get("generateName") or "Unknown"
    return AdmissionRefused(f'{plural} "{name}" is forbidden: {reason}')


def together(problems: Sequence[str]) -> str:
    """Several errors as one (k8s.io/apimachinery/pkg/util/errors, aggregate.Error)."""
    different = list(dict.fromkeys(problems))
    return different[0] if len(different) == 1 else f"[{', '.join(different)}]"
