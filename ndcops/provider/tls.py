"""The TLS context for one API server; `http_client` calls it once per process."""

import os
import ssl
import tempfile
from pathlib import Path

from ndcops.model.errors import InvalidInput
from ndcops.provider.kubeconfig import ClusterAccess


def tls_context(access: ClusterAccess) -> ssl.SSLContext:
    """Trust and client certificate as the kubeconfig says. Raises InvalidInput for unusable ones."""
    context = ssl.create_default_context()
    try:
        if access.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif access.ca_data is not None:
            context.load_verify_locations(cadata=access.ca_data.decode())
        if access.client_certificate is not None and access.client_key is not None:
            _load_client_certificate(context, access.client_certificate, access.client_key)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise InvalidInput(
            f"unusable certificate or key for context '{access.context}'",
            details=[str(error)],
            resolution="check certificate-authority, client-certificate and client-key in the kubeconfig",
        ) from error
    return context


def _load_client_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # OpenSSL loads a key from a path only. mkstemp makes the file 0600, and it is gone before any request.
    descriptor, name = tempfile.mkstemp(prefix="ndcops-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate.rstrip(b"\n") + b"\n" + key)
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
