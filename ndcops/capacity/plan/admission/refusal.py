"""The API server's no, in its own words."""

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
