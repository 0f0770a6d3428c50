"""Kubeconfig files with embedded certificates; `credentials` calls it."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ndcops.lab.pki import KeyPair


@dataclass(frozen=True)
class Login:
    """One context of a kubeconfig: a user on a cluster."""

    context: str
    server: str
    user: str
    authority: Path
    client: KeyPair


def kubeconfig(logins: Sequence[Login]) -> str:
    """A kubeconfig with one context a login, the first one current; JSON, which every YAML reader takes."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": logins[0].context,
        "clusters": [
            {
                "name": login.context,
                "cluster": {"server": login.server, "certificate-authority-data": _base64(login.authority)},
            }
            for login in logins
        ],
        "users": [
            {
                "name": login.user,
                "user": {
                    "client-certificate-data": _base64(login.client.certificate),
                    "client-key-data": _base64(login.client.key),
                },
            }
            for login in logins
        ],
        "contexts": [
            {"name": login.context, "context": {"cluster": login.context, "user": login.user}} for login in logins
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
