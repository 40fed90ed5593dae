"""Signed notes and checkpoints: a known one, our own, and none with a changed byte."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from consentfeed.log.checkpoint import Checkpoint, parse, read_checkpoint
from consentfeed.log.note import BadKey, BadNote, Signer, new_private_key, read_key, verified_text

# The example that Go's sumdb/note documents: key, and note.
KNOWN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
KNOWN_NOTE = (
    f"{KNOWN_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ROOT = bytes(range(32))


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("consents.example/log", new_private_key())


def test_a_known_note_is_verified() -> None:
    key = read_key(KNOWN_KEY)
    assert str(key) == KNOWN_KEY
    assert verified_text(KNOWN_NOTE, key) == KNOWN_TEXT


def test_a_checkpoint_has_the_form_of_c2sp_and_is_read_again(signer: Signer) -> None:
    checkpoint = Checkpoint(signer.key.name, 1234, ROOT)
    note = signer.sign(checkpoint.text)
    lines = note.split("\n")
    assert lines[:4] == ["consents.example/log", "1234", b64encode(ROOT).decode(), ""]
    assert lines[4].startswith("— consents.example/log ")
    assert lines[5:] == [""]
    assert read_checkpoint(note, read_key(str(signer.key))) == checkpoint
    assert signer.sign(checkpoint.text) == note, "the same each time"


def test_a_checkpoint_with_any_byte_changed_is_refused(signer: Signer) -> None:
    note = signer.sign(Checkpoint(signer.key.name, 1234, ROOT).text).encode()
    for nth in range(len(note)):
        changed = bytearray(note)
        changed[nth] ^= 1
        with pytest.raises(BadNote):
            read_checkpoint(changed.decode(errors="replace"), signer.key)


def test_a_key_with_any_character_changed_is_refused_or_verifies_nothing(signer: Signer) -> None:
    text, note = str(signer.key), signer.sign(Checkpoint(signer.key.name, 1, ROOT).text)
    for nth in range(len(text)):
        changed = text[:nth] + chr(ord(text[nth]) ^ 1) + text[nth + 1 :]
        with pytest.raises((BadKey, BadNote)):
            read_checkpoint(note, read_key(changed))


def test_signatures_of_others_mean_nothing_and_a_wrong_one_of_the_key_spoils_the_note(signer: Signer) -> None:
    text = Checkpoint(signer.key.name, 7, ROOT).text
    other = Signer("witness.example", new_private_key())
    theirs, own = other.sign(text).split("\n\n")[1], signer.sign(text).split("\n\n")[1]
    assert verified_text(f"{text}\n{theirs}{own}", signer.key) == text
    with pytest.raises(BadNote, match="not signed with the key"):
        verified_text(f"{text}\n{theirs}", signer.key)
    wrong = signer.sign(text + "more\n").split("\n\n")[1]
    with pytest.raises(BadNote, match="does not fit"):
        verified_text(f"{text}\n{own}{wrong}", signer.key)


def test_a_checkpoint_of_another_log_is_refused_though_the_key_signed_it(signer: Signer) -> None:
    with pytest.raises(BadNote, match="of the log elsewhere"):
        read_checkpoint(signer.sign(Checkpoint("elsewhere", 7, ROOT).text), signer.key)


@pytest.mark.parametrize(
    "text", ["", "log\n", "log\n1\n", f"log\n01\n{b64encode(ROOT).decode()}\n", "log\n1\nAAAA\n", "log\n-1\nA\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse(text)


def test_lines_after_the_root_are_let_pass() -> None:
    assert parse(f"log\n1\n{b64encode(ROOT).decode()}\nextension\n") == Checkpoint("log", 1, ROOT)


def test_a_key_that_cannot_sign_is_refused() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1())
    other = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for private in (b"", b"nothing", other):
        with pytest.raises(BadKey):
            Signer("log", private)
