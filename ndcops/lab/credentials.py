"""Every key, certificate, kubeconfig and policy file of a site and of the coordination store; `up` calls it."""

import base64
import json
import secrets
from datetime import datetime
from importlib.resources import files
from ipaddress import IPv4Network
from typing import Final

from ndcops.lab.folder import LabPaths
from ndcops.lab.kubeconfigs import Login, kubeconfig
from ndcops.lab.pki import Authority, KeyPair, Subject, key_pair, signing_keys
from ndcops.lab.private_file import write_private
from ndcops.lab.state import LabState, SiteState

COMPONENTS: Final = {
    "admin": Subject("ndcops-lab-admin", ("system:masters",)),
    "operator": Subject("ndcops-operator", ("ndcops:operators",)),
    "kube-controller-manager": Subject("system:kube-controller-manager"),
    "kube-scheduler": Subject("system:kube-scheduler"),
    "kwok": Subject("ndcops-lab:kwok"),
    "players": Subject("ndcops-lab:players"),
}
"""Who speaks to a site's API: file name, user and groups."""

_SERVICE_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


def write_site_credentials(paths: LabPaths, site: SiteState, now: datetime) -> None:
    """A site's own authority, server and client certificates, signing keys, encryption key and audit policy."""
    folder = paths.pki(site.name)
    authority = Authority(folder, f"ndcops lab {site.name}", now)
    first_service = str(next(IPv4Network(site.service_cidr).hosts()))
    loopback = ("localhost", "127.0.0.1")
    authority.issue(
        "apiserver", Subject("kube-apiserver", hosts=(*loopback, *_SERVICE_NAMES, site.address, first_service))
    )
    authority.issue("etcd", Subject("etcd", hosts=loopback))
    authority.issue("apiserver-etcd", Subject("kube-apiserver-etcd"))
    for name, subject in COMPONENTS.items():
        authority.issue(name, subject)
    signing_keys(folder, "service-accounts")
    _write_encryption_key(paths, site)
    policy = (files("ndcops.lab") / "manifests" / "audit_policy.yaml").read_bytes()
    write_private(paths.site(site.name) / "audit-policy.yaml", policy)
    write_component_kubeconfigs(paths, site)


def write_component_kubeconfigs(paths: LabPaths, site: SiteState) -> None:
    """Kubeconfigs of the site's own programs: they reach the API inside their site."""
    for component in ("kube-controller-manager", "kube-scheduler", "kwok"):
        login = _login(paths, site, component, f"https://127.0.0.1:{site.ports.api}", site.name)
        write_private(paths.site(site.name) / f"{component}.kubeconfig", kubeconfig([login]))


def write_kubeconfigs(paths: LabPaths, state: LabState) -> None:
    """The kubeconfigs for people: the operator's, and the administrator's beside it."""
    operator = [_login(paths, site, "operator", site.endpoint, site.context) for site in state.sites]
    admin = [_login(paths, site, "admin", site.endpoint, f"{site.context}-admin") for site in state.sites]
    write_private(paths.kubeconfig, kubeconfig(operator))
    write_private(paths.admin_kubeconfig, kubeconfig(admin))


def _login(paths: LabPaths, site: SiteState, component: str, server: str, context: str) -> Login:
    folder = paths.pki(site.name)
    return Login(
        context=context,
        server=server,
        user=f"{COMPONENTS[component].name}@{site.name}",
        authority=key_pair(folder, "ca").certificate,
        client=key_pair(folder, component),
    )


def _write_encryption_key(paths: LabPaths, site: SiteState) -> None:
    """Secrets are encrypted before they reach etcd; `identity` last reads what was written in clear."""
    path = paths.site(site.name) / "encryption.json"
    if path.exists():
        return
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets"],
                "providers": [{"secretbox": {"keys": [{"name": "key1", "secret": key}]}}, {"identity": {}}],
            }
        ],
    }
    write_private(path, json.dumps(configuration, indent=2))


def write_coordination_credentials(paths: LabPaths, state: LabState, now: datetime) -> KeyPair:
    """The coordination store's authority, a certificate for each member, and the client's."""
    authority = Authority(paths.coordination, "ndcops lab coordination", now)
    for site in state.sites:
        if site.ports.coordination is not None:
            hosts = ("localhost", "127.0.0.1", site.address)
            authority.issue(f"member-{site.name}", Subject(f"coordination-{site.name}", hosts=hosts))
    return authority.issue("client", COMPONENTS["operator"])
