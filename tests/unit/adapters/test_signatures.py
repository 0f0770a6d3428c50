"""Signatures of waivers: by the owner's key, over this very entry."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ndcops.adapters.signatures import DetachedSignatures
from ndcops.model.errors import InvalidInput
from ndcops.model.waiver import Waiver

ED25519, ECDSA = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
WAIVER = Waiver(
    id="w1", rule="sysctl_net_ipv4_ip_forward", hosts=("kubernetes_node",),
    reason={"vi": "Nút định tuyến", "en": "A node routes"}, owner="soc-lead", expires="2026-12-31",
)  # fmt: skip


def pem(key) -> str:
    public = key.public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def sign(key, data: bytes) -> str:
    raw = key.sign(data) if key is ED25519 else key.sign(data, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("key", [ED25519, ECDSA], ids=["ed25519", "ecdsa"])
def test_the_owners_signature_over_the_entry_counts(key) -> None:
    signed = WAIVER.model_copy(update={"signature": sign(key, WAIVER.signed_bytes())})
    check = DetachedSignatures().is_valid
    assert check(pem(key), signed.signed_bytes(), signed.signature)
    longer = signed.model_copy(update={"expires": signed.expires.replace(year=2036)})
    assert not check(pem(key), longer.signed_bytes(), longer.signature)
    other = ed25519.Ed25519PrivateKey.generate()
    assert not check(pem(other), signed.signed_bytes(), signed.signature)


@pytest.mark.parametrize("signature", ["", "no base64!", "AAAA"])
def test_what_is_no_signature_does_not_count(signature: str) -> None:
    assert not DetachedSignatures().is_valid(pem(ED25519), b"data", signature)


def test_what_is_no_key_is_said() -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        DetachedSignatures().is_valid("no key", b"data", "AAAA")
    with pytest.raises(InvalidInput, match="expected Ed25519 or ECDSA"):
        DetachedSignatures().is_valid(pem(rsa.generate_private_key(65537, 2048)), b"data", "AAAA")
