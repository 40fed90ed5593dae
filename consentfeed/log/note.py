"""Signed notes (C2SP signed-note) with Ed25519: text, and below it a line for each signature."""

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from consentfeed.errors import ConsentfeedError

_ED25519: Final = b"\x01"
_LINE: Final = re.compile("— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})\n")
_KEY: Final = re.compile("([!-*,-~]{1,255})[+]([0-9a-f]{8})[+]([A-Za-z0-9+/]+={0,2})")
_KEY_BYTES: Final = 32


class BadNote(ConsentfeedError):
    """The text is no signed note, or not signed with this key; the message says why."""


class BadKey(ConsentfeedError):
    """What should be a key is none; the message says why."""


class VerifierKey(NamedTuple):
    """What checks signatures: `name+keyid+base64(0x01 || public key)`."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.public).decode()}"


def read_key(text: str) -> VerifierKey:
    """The verifier key of a text; raises BadKey."""
    match = _KEY.fullmatch(text.strip())
    raw = _decoded(match[3]) if match else None
    if not match or raw is None:
        raise BadKey("a verifier key is name+keyid+base64, as GET /api/v1/checkpoint/key answers it")
    if raw[:1] != _ED25519 or len(raw) != 1 + _KEY_BYTES:
        raise BadKey("the verifier key is not one of Ed25519")
    key = VerifierKey(match[1], raw[1:])
    if key.id.hex() != match[2]:
        raise BadKey("the verifier key does not fit its own key id: a character of it is wrong")
    return key


def new_private_key() -> bytes:
    """A new key to sign with, in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Signer:
    """Signs notes under a name; private: an Ed25519 key in PEM, without a password. Raises BadKey."""

    def __init__(self, name: str, private: bytes) -> None:
        try:
            loaded = load_pem_private_key(private, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BadKey("no private key in PEM without a password") from None
        if not isinstance(loaded, Ed25519PrivateKey):
            raise BadKey("a private key, but not one of Ed25519")
        self._private = loaded
        self.key = VerifierKey(name, loaded.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note: the text, which ends with a line feed, a blank line, and the signature."""
        signature = b64encode(self.key.id + self._private.sign(text.encode())).decode()
        return f"{text}\n— {self.key.name} {signature}\n"


def verified_text(note: str, key: VerifierKey) -> str:
    """The text of a note that the key has signed; raises BadNote. Signatures of other keys mean nothing here."""
    text, blank, lines = note.rpartition("\n\n")
    signatures = _LINE.findall(lines)
    if not blank or not signatures or "".join(f"— {name} {coded}\n" for name, coded in signatures) != lines:
        raise BadNote("this is no signed note: text, a blank line, and lines of signatures")
    text += "\n"
    if any(letter < " " and letter != "\n" for letter in text):
        raise BadNote("the note has control characters")
    own = [raw[4:] for name, coded in signatures if (raw := _decoded(coded)) and name == key.name and raw[:4] == key.id]
    if not own:
        raise BadNote(f"the note is not signed with the key {key.name}+{key.id.hex()}")
    try:
        for signature in own:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        raise BadNote("the signature does not fit the note: one of them was changed") from None
    return text


def _decoded(text: str) -> bytes | None:
    """Base64 as it is written in one way alone; None for anything else."""
    try:
        raw = b64decode(text, validate=True)
    except binascii.Error:
        return None
    return raw if b64encode(raw).decode() == text else None
