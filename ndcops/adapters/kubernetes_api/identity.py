"""Who the operator is: the name in the client certificate of the kubeconfig's context."""

import base64
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from ndcops.model.target import ClusterRef


def client_identity(cluster: ClusterRef) -> str | None:
    """The certificate's common name, which the cluster itself takes as user name; None without a certificate."""
    data = yaml.safe_load(cluster.kubeconfig.read_text())
    context = next((c["context"] for c in data.get("contexts", []) if c["name"] == cluster.context), None)
    user: dict[str, str] = next(
        (u["user"] for u in data.get("users", []) if context and u["name"] == context["user"]), {}
    )
    pem = _certificate(user, cluster.kubeconfig.parent)
    if pem is None:
        return None
    names = x509.load_pem_x509_certificate(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else None


def _certificate(user: dict[str, str], folder: Path) -> bytes | None:
    if "client-certificate-data" in user:
        return base64.b64decode(user["client-certificate-data"])
    if "client-certificate" in user:
        return (folder / user["client-certificate"]).read_bytes()
    return None
