"""Notes signed by Ed25519 keys, and checkpoints of a log in that form (C2SP signed-note, tlog-checkpoint).

Only the standard library: the offline verifier carries this module. Who signs and who checks a signature is
handed in.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

ED25519 = b"\x01"
"""The algorithm byte of Ed25519 keys (C2SP signed-note)."""

_KEY_ID_BYTES = 4
_PUBLIC_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_DASH = "— "

IsValid = Callable[[bytes, bytes, bytes], bool]
"""Whether, by the raw public key (32 bytes), the message has this raw signature (64 bytes); RFC 8032."""


class BadNote(ValueError):
    """A note, key or checkpoint that does not have its form."""


@dataclass(frozen=True)
class NoteKey:
    """Who may sign: a name without spaces and `+`, and a raw Ed25519 public key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of `NAME+HASH+BASE64`, the form in which such keys are published. Raises BadNote."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
            raise BadNote(f"'{text[:80]}' is no verifier key; expected NAME+HASH+KEY")
        name, key_id, encoded = parts
        raw = _decoded(encoded, f"key '{name}'")
        if raw[:1] != ED25519 or len(raw) != 1 + _PUBLIC_KEY_BYTES:
            raise BadNote(f"key '{name}' is not an Ed25519 key")
        key = cls(name, raw[1:])
        if key_id != key.key_id.hex():
            raise BadNote(f"key '{name}': its hash is {key.key_id.hex()}, the text says {key_id[:16]}")
        return key

    @property
    def key_id(self) -> bytes:
        """Four bytes that say which key signed."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:_KEY_ID_BYTES]

    def text(self) -> str:
        """`NAME+HASH+BASE64`."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


@dataclass(frozen=True)
class SignedNote:
    """A text, ending in a newline, and its signature lines: name and `key id || signature`."""

    body: str
    signatures: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The note. Raises BadNote."""
        if any(character < " " and character != "\n" for character in text):
            raise BadNote("a note holds no control characters")
        body, separator, lines = text.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise BadNote("a note is a text, an empty line and signatures, each line ended")
        return cls(body + "\n", tuple(map(_signature, lines[:-1].split("\n"))))

    def text(self) -> str:
        """The note as it is kept."""
        lines = (f"{_DASH}{name} {base64.b64encode(raw).decode()}\n" for name, raw in self.signatures)
        return f"{self.body}\n{''.join(lines)}"

    def signed(self, key: NoteKey, signature: bytes) -> Self:
        """The note with one more signature, by `key` over the body's UTF-8."""
        return type(self)(self.body, (*self.signatures, (key.name, key.key_id + signature)))

    def signers(self, keys: Iterable[NoteKey], is_valid: IsValid) -> frozenset[str]:
        """Names of the known keys whose signature holds. Raises BadNote when one of a known key does not.

        Lines of unknown keys are passed over, as the form asks; one of a known key that fails is a forgery.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found = set()
        for name, raw in self.signatures:
            key = known.get((name, raw[:_KEY_ID_BYTES]))
            if key is None:
                continue
            signature = raw[_KEY_ID_BYTES:]
            if len(signature) != _SIGNATURE_BYTES or not is_valid(key.public, self.body.encode(), signature):
                raise BadNote(f"the signature of '{name}' does not hold")
            found.add(name)
        return frozenset(found)


@dataclass(frozen=True)
class Checkpoint:
    """A log's Merkle root at a size: `origin` names the log, `root` is 32 bytes."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, body: str) -> Self:
        """The checkpoint of a note's body. Raises BadNote, also for extension lines: ours has none."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise BadNote("a checkpoint is three lines: the log's name, its size, its root in base64")
        root = _decoded(lines[2], "the root")
        if len(root) != hashlib.sha256().digest_size:
            raise BadNote(f"the root has {len(root)} bytes; expected 32")
        return cls(lines[0], int(lines[1]), root)

    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name):
        raise BadNote(f"'{line[:80]}' is no signature line")
    raw = _decoded(encoded, f"the signature of '{name}'")
    if len(raw) <= _KEY_ID_BYTES:
        raise BadNote(f"the signature of '{name}' is too short")
    return name, raw


def _decoded(text: str, what: str) -> bytes:
    """Base64, in its one spelling: other texts that decode to the same bytes are refused."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote(f"{what} is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise BadNote(f"{what} is not base64 as it is written")
    return raw
