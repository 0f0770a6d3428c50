"""Ed25519 keys that sign notes: read from a PEM file, made for the lab; `DetachedSignatures` is for documents."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ndcops.model.errors import InvalidInput
from ndcops.model.signed_note import NoteKey
from ndcops.workflow.private_file import write_private

NEW_KEY = "openssl genpkey -algorithm ed25519"


@dataclass(frozen=True)
class NoteSigningKey:
    """A private key and the name that it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> NoteKey:
        """The public half."""
        return NoteKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The raw signature, 64 bytes."""
        return self.private.sign(message)


def is_valid_note_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the raw signature holds."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def note_signing_key(file: Path, name: str) -> NoteSigningKey:
    """The key of a PEM file. Raises InvalidInput."""
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"the ledger's key {file} cannot be read: {error}", resolution=NEW_KEY) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"{file} holds a {type(key).__name__}; expected an Ed25519 key", resolution=NEW_KEY)
    return NoteSigningKey(name, key)


def kept_signing_key(file: Path, name: str) -> NoteSigningKey:
    """The key of a PEM file, made (mode 0600) when there is none: the lab's."""
    if not file.exists():
        private = Ed25519PrivateKey.generate()
        encoded = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(file, encoded)
    return note_signing_key(file, name)
