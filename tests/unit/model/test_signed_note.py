"""Signed notes and checkpoints: the published example holds, and every other spelling is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.adapters.signatures.notes import is_valid_note_signature
from ndcops.model.signed_note import BadNote, Checkpoint, NoteKey, SignedNote
from tests.fakes.ledger import signing_key

# The example of golang.org/x/mod/sumdb/note, which the form comes from.
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_published_example_holds() -> None:
    note = SignedNote.parse(NEUMANN_NOTE)
    assert note.signers([NoteKey.parse(NEUMANN_KEY)], is_valid_note_signature) == {"PeterNeumann"}
    assert note.text() == NEUMANN_NOTE
    assert NoteKey.parse(NEUMANN_KEY).text() == NEUMANN_KEY


def test_a_signature_of_a_known_key_that_fails_is_a_forgery() -> None:
    note = SignedNote.parse(NEUMANN_NOTE.replace("problem is", "problem was"))
    with pytest.raises(BadNote, match="signature of 'PeterNeumann' does not hold"):
        note.signers([NoteKey.parse(NEUMANN_KEY)], is_valid_note_signature)


def test_unknown_signers_are_passed_over() -> None:
    assert SignedNote.parse(NEUMANN_NOTE).signers([signing_key().key], is_valid_note_signature) == frozenset()


def test_a_published_checkpoint_is_read() -> None:
    checkpoint = Checkpoint.parse(CHECKPOINT)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.body() == CHECKPOINT


@pytest.mark.parametrize(
    "body",
    [
        "",
        "log\n",
        "log\n1\n",
        CHECKPOINT + "extension\n",
        CHECKPOINT.replace("20852163", "020852163"),
        CHECKPOINT.replace("20852163", "-1"),
        CHECKPOINT.replace("20852163", "٣"),
        CHECKPOINT.replace("=", ""),
        CHECKPOINT.replace("q2I=", "q2J="),  # other bits behind the last byte
        CHECKPOINT.replace("CsUY", "CsU-"),
        f"log\n1\n{base64.b64encode(b'short').decode()}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(body)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\r\n\n— name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "text\n\n— na+me AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        SignedNote.parse(text)


@pytest.mark.parametrize("text", ["", "name", "a+b", NEUMANN_KEY.replace("c74f", "c74e"), NEUMANN_KEY[:-4]])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        NoteKey.parse(text)


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_changed_byte_of_a_signed_checkpoint_shows(at: int, byte: int) -> None:
    signer = signing_key()
    note = SignedNote(Checkpoint("log", 7, b"\7" * 32).body())
    data = bytearray(note.signed(signer.key, signer.sign(note.body.encode())).text().encode())
    at %= len(data)
    if data[at] == byte:
        return
    data[at] = byte
    try:
        changed = SignedNote.parse(data.decode())
        signers = changed.signers([signer.key], is_valid_note_signature)
    except (BadNote, UnicodeDecodeError):
        return
    assert not signers
