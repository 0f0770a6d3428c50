"""Where a Prometheus is and how to sign in: the address from the caller, secrets from the environment only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, make_headers, parse_url

from ndcops.model.errors import InvalidInput

TOKEN = "NDCOPS_PROMETHEUS_TOKEN"  # noqa: S105 - the name of a variable
USER = "NDCOPS_PROMETHEUS_USER"
PASSWORD = "NDCOPS_PROMETHEUS_PASSWORD"  # noqa: S105 - the name of a variable
AUTHORITY = "NDCOPS_PROMETHEUS_CA"


@dataclass(frozen=True)
class Access:
    """A server's address, without secrets, and the headers and authority that its requests need."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authority: str | None = None

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str]) -> "Access":
        """Raises InvalidInput for an address or credentials that cannot be used, or would be sent in the clear."""
        parsed = _parsed(url)
        headers = _credentials(environment)
        if headers and parsed.scheme == "http" and not _is_local(parsed.host or ""):
            raise InvalidInput(
                f"{url}: credentials would be sent unencrypted", resolution="use the server's https address"
            )
        return cls(url.rstrip("/"), headers, environment.get(AUTHORITY) or None)


def _parsed(url: str) -> Url:
    try:
        parsed = parse_url(url)
    except LocationParseError as error:
        raise InvalidInput(f"'{url[:200]}' is not an address", resolution=_EXAMPLE) from error
    if parsed.auth:  # not shown: it is the secret
        raise InvalidInput(
            "the address of Prometheus holds a password, which every process list shows",
            resolution=f"give it in the environment: {USER} and {PASSWORD}",
        )
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.fragment:
        raise InvalidInput(f"'{url[:200]}' is not the address of a Prometheus", resolution=_EXAMPLE)
    return parsed


_EXAMPLE = "for example: https://prometheus.ndc1.example:9090"


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    token, user, password = (environment.get(name, "") for name in (TOKEN, USER, PASSWORD))
    if token and (user or password):
        raise InvalidInput(f"{TOKEN} and {USER} or {PASSWORD} are both set", resolution=f"unset {TOKEN}")
    if bool(user) != bool(password):
        raise InvalidInput(f"of {USER} and {PASSWORD} only one is set", resolution="set both, or none")
    if any(not each.isprintable() for each in (token, user, password)):
        raise InvalidInput(f"{TOKEN}, {USER} or {PASSWORD} holds a line break or control character")
    if token:
        return {"Authorization": f"Bearer {token}"}
    # RFC 7617 leaves the charset to the server; Prometheus compares bytes, and its files are UTF-8.
    if user:
        return {"Authorization": _basic(user, password)}
    return {}


def _basic(user: str, password: str) -> str:
    return make_headers(basic_auth=f"{user}:{password}".encode().decode("latin-1"))["authorization"]


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
