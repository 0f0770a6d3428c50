"""Who the operator is: the name in the client certificate of the kubeconfig's context."""

import base64
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from ndcops.model.errors import NdcopsError
from ndcops.model.target import ClusterRef


def client_identity(cluster: ClusterRef) -> str | None:
    """The certificate's common name, which the cluster itself takes as user name; None without a certificate.

    Raises NdcopsError when the certificate cannot be read.
    """
    data = yaml.safe_load(cluster.kubeconfig.read_text())
    context = next((c["context"] for c in data.get("contexts", []) if c["name"] == cluster.context), None)
    user: dict[str, str] = next(
        (u["user"] for u in data.get("users", []) if context and u["name"] == context["user"]), {}
    )
    try:
        pem = _certificate(user, cluster.kubeconfig.parent)
        subject = x509.load_pem_x509_certificate(pem).subject if pem is not None else None
    except (OSError, ValueError) as error:
        raise NdcopsError(
            f"the client certificate of context {cluster.context} cannot be read: {error}",
            details=[f"kubeconfig: {cluster.kubeconfig}"],
            resolution="ndcops doctor",
        ) from error
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME) if subject is not None else []
    return str(names[0].value) if names else None


def _certificate(user: dict[str, str], folder: Path) -> bytes | None:
    if "client-certificate-data" in user:
        return base64.b64decode(user["client-certificate-data"])
    if "client-certificate" in user:
        return (folder / user["client-certificate"]).read_bytes()
    return None
