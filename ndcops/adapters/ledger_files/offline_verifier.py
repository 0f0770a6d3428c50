"""Verifies an exported ledger: `python3 verify_ledger.pyz EXPORT [--key KEY] [--head NOTE]`

The chain and its Merkle root need Python's standard library alone (3.11 or later); the signature needs the package
`cryptography` or the program `openssl`. Exit codes: 0 it holds, 1 cannot be judged, 2 usage, 5 does not hold.
"""

import argparse
import base64
import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ndcops.model.record_lines import ChainBroken, RecordChain
from ndcops.model.signed_note import BadNote, Checkpoint, NoteKey, SignedNote

FORMAT = "ndcops-ledger/v1"
HOLDS, CANNOT_JUDGE, USAGE, DOES_NOT_HOLD = 0, 1, 2, 5
_CHUNK_BYTES = 1 << 20
_MAX_LINE_BYTES = 16 << 20
_SPKI_OF_ED25519 = bytes.fromhex("302a300506032b6570032100")
"""What stands before a raw Ed25519 key in the form that openssl reads (RFC 8410)."""


class Tampered(Exception):
    """The export does not hold, and why."""


class CannotJudge(Exception):
    """What the judgement needs is missing."""


@dataclass(frozen=True)
class Judgement:
    """What was found. signers: names whose signature holds; keys_from_export: nobody handed in a key."""

    origin: str
    records: int
    root: str
    last_digest: str
    signers: tuple[str, ...]
    keys_from_export: bool


def verify_export(path: Path, keys: Sequence[NoteKey] = (), heads: Sequence[str] = ()) -> Judgement:
    """Judge an export. keys: trusted ones, else those it carries; heads: signed notes that were kept elsewhere.

    Raises Tampered, CannotJudge.
    """
    try:
        return _judged(_lines(path), keys, heads)
    except (ChainBroken, BadNote) as error:
        raise Tampered(str(error)) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Tampered(f"it is cut off or damaged: {error}") from error


def _judged(lines: Iterator[list[bytes]], keys: Sequence[NoteKey], heads: Sequence[str]) -> Judgement:
    head, first = _head(lines)
    note = SignedNote.parse(str(head.get("checkpoint")))
    checkpoint = Checkpoint.parse(note.body)
    carried = head.get("keys")
    own = [NoteKey.parse(str(each)) for each in carried] if isinstance(carried, list) else []
    trusted = tuple(keys or own)
    signers = note.signers(trusted, is_valid_ed25519)
    if not signers:
        raise Tampered("no known key signed its head")
    earlier = [_kept(text, trusted, checkpoint) for text in heads]
    chain = RecordChain({checkpoint.size, *(each.size for each in earlier)})
    chain.take(first)
    for part in lines:
        chain.take(part)
    if chain.size != checkpoint.size:
        raise Tampered(f"it holds {chain.size} records; its head signs for {checkpoint.size}")
    for each in [checkpoint, *earlier]:
        if chain.roots[each.size] != each.root:
            raise Tampered(f"its first {each.size} records are not those that were signed")
    root = base64.b64encode(checkpoint.root).decode()
    return Judgement(
        checkpoint.origin, chain.size, root, chain.last_digest, tuple(sorted(signers)), keys_from_export=not keys
    )


def _kept(text: str, keys: Sequence[NoteKey], checkpoint: Checkpoint) -> Checkpoint:
    """A head that was kept elsewhere: the export must go on from it."""
    note = SignedNote.parse(text)
    earlier = Checkpoint.parse(note.body)
    if not note.signers(keys, is_valid_ed25519):
        raise Tampered("no known key signed the head that was kept")
    if earlier.origin != checkpoint.origin:
        raise Tampered(f"the head that was kept is of the log '{earlier.origin}'")
    if earlier.size > checkpoint.size:
        raise Tampered(f"it holds {checkpoint.size} records; a head that was kept signs for {earlier.size}")
    return earlier


def _head(lines: Iterator[list[bytes]]) -> tuple[dict[str, object], list[bytes]]:
    first = next(lines, [])
    try:
        head = json.loads(first[0]) if first else None
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise Tampered(f"it is no export of a ledger; expected '{FORMAT}' at its start")
    return head, first[1:]


def _lines(path: Path) -> Iterator[list[bytes]]:
    """Whole lines, many at a time."""
    rest = b""
    with gzip.open(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > _MAX_LINE_BYTES:
                raise Tampered("a line is longer than any record")
            if whole:
                yield whole
    if rest:
        raise Tampered("its last line is not whole")


def is_valid_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature holds, by `cryptography` or openssl. Raises CannotJudge when neither is there."""
    if importlib.util.find_spec("cryptography") is not None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True
    return is_valid_by_openssl(public, message, signature)


def is_valid_by_openssl(public: bytes, message: bytes, signature: bytes) -> bool:
    """The same, by the program openssl (1.1.1 or later). Raises CannotJudge when it is missing."""
    program = shutil.which("openssl")
    if program is None:
        raise CannotJudge("the signature needs the package cryptography or the program openssl; neither is here")
    with tempfile.TemporaryDirectory(prefix="verify-ledger-") as name:
        folder = Path(name)
        for file, data in (("key", _SPKI_OF_ED25519 + public), ("message", message), ("signature", signature)):
            (folder / file).write_bytes(data)
        command = [program, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin"]
        command += ["-in", "message", "-sigfile", "signature"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=30, check=False)
    return done.returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the export that the arguments name, and say so."""
    parser = argparse.ArgumentParser(prog="verify_ledger", description="Verifies an exported ledger.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", action="append", default=[], help="a trusted key, NAME+HASH+BASE64, or its file")
    parser.add_argument("--head", action="append", default=[], type=Path, help="a signed head that was kept")
    given = parser.parse_args(arguments)
    try:
        keys = [NoteKey.parse(_text_or_file(each)) for each in given.key]
        heads = [each.read_text() for each in given.head]
    except (BadNote, OSError, ValueError) as error:
        return _said(f"usage: {error}", USAGE)
    try:
        found = verify_export(given.export, keys, heads)
    except Tampered as error:
        return _said(f"DOES NOT HOLD: {error}", DOES_NOT_HOLD)
    except (CannotJudge, OSError) as error:
        return _said(f"cannot be judged: {error}", CANNOT_JUDGE)
    print(f"holds: {found.records} records of {found.origin}")  # noqa: T201 - a program of its own
    print(f"root {found.root}, last record {found.last_digest}")  # noqa: T201
    print(f"signed by {', '.join(found.signers)}")  # noqa: T201
    if found.keys_from_export:
        print("the keys are the export's own: compare them with those that were published, or give --key")  # noqa: T201
    return HOLDS


def _text_or_file(text: str) -> str:
    return text if "+" in text and not Path(text).is_file() else Path(text).read_text()


def _said(line: str, code: int) -> int:
    print(line, file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main())
