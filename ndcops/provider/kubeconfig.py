"""How to reach, and authenticate to, the cluster of a kubeconfig context; `configure` and `http_client` use it."""

import base64
import binascii
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from ndcops.model.errors import InvalidInput
from ndcops.provider.wire import JsonObject

_TOKEN_FILE_LIFE_S: Final = 60.0


class Credentials(Protocol):
    """Where the Authorization header comes from."""

    def authorization(self) -> str:
        """The header's text; empty when the client certificate is all there is."""

    def renew(self) -> bool:
        """Fetch newer credentials after a 401; False when there is no way to."""


@dataclass(slots=True)
class StaticCredentials:
    """A token or password written in the kubeconfig, or none."""

    header: str = ""

    def authorization(self) -> str:
        """The header as written."""
        return self.header

    def renew(self) -> bool:
        """Nothing newer can be had."""
        return False


@dataclass(slots=True)
class TokenFile:
    """A token in a file that something else rotates, for example a projected service account token."""

    path: Path
    _header: str = ""
    _read_at_s: float = float("-inf")

    def authorization(self) -> str:
        """The file's token, read again at most once a minute."""
        if time.monotonic() - self._read_at_s > _TOKEN_FILE_LIFE_S:
            self.renew()
        return self._header

    def renew(self) -> bool:
        """Read the file again; True when the token changed."""
        before = self._header
        self._header = f"Bearer {_read(self.path, 'tokenFile').decode().strip()}"
        self._read_at_s = time.monotonic()
        return self._header != before


@dataclass(slots=True)
class PluginCredentials:
    """exec, OIDC or cloud credentials: left to the `kubernetes` package, which is slow to import."""

    kubeconfig: JsonObject
    context: str
    _header: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def authorization(self) -> str:
        """The header that the credential plugin gave."""
        if not self._header:
            self.renew()
        return self._header

    def renew(self) -> bool:
        """Run the credential plugin again; True when it gave something else than before."""
        from kubernetes.client import Configuration
        from kubernetes.config import ConfigException, load_kube_config_from_dict

        with self._lock:
            before = self._header
            configuration = Configuration()
            try:
                load_kube_config_from_dict(
                    self.kubeconfig, context=self.context, client_configuration=configuration, persist_config=False
                )
            except (ConfigException, OSError) as error:
                raise InvalidInput(
                    f"the credentials of context '{self.context}' cannot be fetched",
                    details=[str(error)],
                    resolution="run the login command of that cluster, then the same again",
                ) from error
            self._header = configuration.get_api_key_with_prefix("authorization") or ""
            return self._header != before


@dataclass(slots=True)
class ClusterAccess:
    """One context of a kubeconfig, resolved."""

    context: str
    user: str
    server: str
    namespace: str
    credentials: Credentials
    ca_data: bytes | None = None
    insecure: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    client_certificate: bytes | None = None
    client_key: bytes | None = None

    def headers(self) -> dict[str, str]:
        """Headers that authenticate a request."""
        header = self.credentials.authorization()
        return {"Authorization": header} if header else {}

    def renew(self) -> bool:
        """Fetch newer credentials; False when there are none."""
        return self.credentials.renew()


def read_kubeconfig(text_or_path: str) -> tuple[JsonObject, Path]:
    """The kubeconfig document (several files of KUBECONFIG merged), and the folder that its paths start from.

    Takes the document itself, or a path; empty means KUBECONFIG, else ~/.kube/config. Raises InvalidInput.
    """
    text = text_or_path.strip()
    if text.startswith("{") or "\n" in text:
        return _parse(text.encode(), "the provider's kubeconfig"), Path.cwd()
    names = [text] if text else [name for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    paths = [Path(name).expanduser() for name in names] or [Path("~/.kube/config").expanduser()]
    present = [path for path in paths if path.exists()] if len(paths) > 1 else paths
    documents = [_absolute(_parse(_read(path, "kubeconfig"), str(path)), path.parent) for path in present]
    if not documents:
        raise InvalidInput(
            "no file that KUBECONFIG names exists",
            details=[str(path) for path in paths],
            resolution="set the provider's kubeconfig",
        )
    return _merge(documents), paths[0].parent


def resolve(document: JsonObject, folder: Path, *, context: str = "", cluster: str = "") -> ClusterAccess:
    """The access that this context (default: the current one) describes. Raises InvalidInput."""
    name = context or str(document.get("current-context") or "")
    chosen = _named(document, "contexts", "context", name, "the context")
    cluster_name = cluster or str(chosen.get("cluster", ""))
    found = _named(document, "clusters", "cluster", cluster_name, f"the cluster of context '{name}'")
    user_name = str(chosen.get("user", ""))
    user = _named(document, "users", "user", user_name, f"the user of context '{name}'") if user_name else {}
    return ClusterAccess(
        context=name,
        user=user_name,
        server=str(found.get("server", "")),
        namespace=str(chosen.get("namespace") or "default"),
        credentials=_credentials(document, name, user, folder),
        ca_data=_data(found, "certificate-authority", folder),
        insecure=bool(found.get("insecure-skip-tls-verify")),
        tls_server_name=str(found.get("tls-server-name") or ""),
        proxy_url=str(found.get("proxy-url") or ""),
        client_certificate=_data(user, "client-certificate", folder),
        client_key=_data(user, "client-key", folder),
    )


def _credentials(document: JsonObject, context: str, user: JsonObject, folder: Path) -> Credentials:
    if user.get("token"):
        return StaticCredentials(f"Bearer {user['token']}")
    if user.get("tokenFile"):
        return TokenFile(folder / str(user["tokenFile"]))
    if user.get("exec") or user.get("auth-provider"):
        return PluginCredentials(document, context)
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return StaticCredentials(f"Basic {base64.b64encode(pair).decode()}")
    return StaticCredentials()


def _parse(data: bytes, where: str) -> JsonObject:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        document = _parse_yaml(data, where)
    if not isinstance(document, dict):
        raise InvalidInput(
            f"{where} is no kubeconfig",
            details=["expected a mapping with clusters, users and contexts"],
            resolution="set the provider's kubeconfig to a path, or to the file's content",
        )
    return document


def _parse_yaml(data: bytes, where: str) -> Any:
    # Imported late: a kubeconfig written as JSON needs no YAML parser.
    import yaml

    try:
        return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe either way
    except yaml.YAMLError as error:
        raise InvalidInput(
            f"{where} is not YAML", details=[str(error)], resolution="correct the kubeconfig"
        ) from error


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{what} {path} cannot be read",
            details=[error.strerror or str(error)],
            resolution="correct the path, or the file's owner and mode",
        ) from error


def _absolute(document: JsonObject, folder: Path) -> JsonObject:
    """Paths inside one of several files start from that file's folder."""
    for section, key in (("clusters", "cluster"), ("users", "user")):
        for entry in document.get(section) or []:
            body = entry.get(key) if isinstance(entry, dict) else None
            for name in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
                if isinstance(body, dict) and body.get(name):
                    body[name] = str(folder / str(body[name]))
    return document


def _merge(documents: list[JsonObject]) -> JsonObject:
    """As kubectl does: the first file that has a name wins, for entries and for the current context."""
    merged: JsonObject = {"current-context": "", "clusters": [], "users": [], "contexts": []}
    for document in documents:
        merged["current-context"] = merged["current-context"] or document.get("current-context") or ""
        for section in ("clusters", "users", "contexts"):
            merged[section].extend(document.get(section) or [])
    return merged


def _named(document: JsonObject, section: str, key: str, name: str, what: str) -> JsonObject:
    entries = [entry for entry in document.get(section) or [] if isinstance(entry, dict)]
    for entry in entries:
        if entry.get("name") == name:
            return entry.get(key) or {}
    raise InvalidInput(
        f"{what} '{name}' is not in the kubeconfig",
        details=[f"it has: {', '.join(str(entry.get('name')) for entry in entries) or 'none'}"],
        resolution="correct the provider's context or the kubeconfig",
    )


def _data(body: JsonObject, name: str, folder: Path) -> bytes | None:
    inline = body.get(f"{name}-data")
    if inline:
        try:
            return base64.b64decode(inline, validate=False)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput(
                f"{name}-data in the kubeconfig is not base64", resolution="correct the kubeconfig"
            ) from error
    path = body.get(name)
    return _read(folder / str(path), name) if path else None
