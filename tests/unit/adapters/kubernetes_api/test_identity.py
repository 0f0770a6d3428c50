"""The operator's name comes from the client certificate, never from elsewhere."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ndcops.adapters.kubernetes_api.identity import client_identity
from ndcops.model.errors import NdcopsError
from ndcops.model.target import ClusterRef

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def certificate(*names: tuple[x509.ObjectIdentifier, str]) -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return builder.sign(key, None).public_bytes(Encoding.PEM)


OPERATOR = certificate((NameOID.ORGANIZATION_NAME, "ndcops:operators"), (NameOID.COMMON_NAME, "lan.nguyen"))


def cluster(folder: Path, user: dict[str, Any], context: str = "lab-ndc1") -> ClusterRef:
    path = folder / "kubeconfig"
    document = {
        "contexts": [{"name": "lab-ndc1", "context": {"cluster": "c", "user": "me"}}],
        "users": [{"name": "other", "user": {"token": "x"}}, {"name": "me", "user": user}],
    }
    path.write_text(yaml.safe_dump(document))
    return ClusterRef(site="ndc1", kubeconfig=path, context=context, uid=None)


def test_the_name_of_an_embedded_certificate(tmp_path: Path) -> None:
    user = {"client-certificate-data": base64.b64encode(OPERATOR).decode()}
    assert client_identity(cluster(tmp_path, user)) == "lan.nguyen"


def test_the_name_of_a_certificate_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "me.crt").write_bytes(OPERATOR)
    assert client_identity(cluster(tmp_path, {"client-certificate": "me.crt"})) == "lan.nguyen"


@pytest.mark.parametrize(
    ("user", "context"),
    [
        ({"token": "x"}, "lab-ndc1"),
        ({}, "lab-ndc1"),
        ({"client-certificate-data": base64.b64encode(OPERATOR).decode()}, "elsewhere"),
        (
            {"client-certificate-data": base64.b64encode(certificate((NameOID.ORGANIZATION_NAME, "x"))).decode()},
            "lab-ndc1",
        ),
    ],
)
def test_without_a_named_certificate_nobody_is_named(tmp_path: Path, user: dict[str, Any], context: str) -> None:
    assert client_identity(cluster(tmp_path, user, context)) is None


@pytest.mark.parametrize(
    "user", [{"client-certificate-data": "bm90IGEgY2VydA=="}, {"client-certificate": "gone.crt"}]
)
def test_a_certificate_that_cannot_be_read_is_an_error(tmp_path: Path, user: dict[str, Any]) -> None:
    with pytest.raises(NdcopsError, match="certificate of context lab-ndc1 cannot be read"):
        client_identity(cluster(tmp_path, user))
