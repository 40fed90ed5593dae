"""Verifies evidence of a consent with Python and `cryptography` alone: python verify.py EVIDENCE KEY

A second way beside `consentfeed verify --evidence`, for who wants to read all of what is trusted. proof.md explains it.
"""

import base64
import hashlib
import json
import sys
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]


class NotProvedError(Exception):
    """The document does not prove what it says; the message says why."""


def require(holds: bool, why: str) -> None:
    """Raises NotProvedError."""
    if not holds:
        raise NotProvedError(why)


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of all parts together."""
    return hashlib.sha256(b"".join(parts)).digest()


def read_checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint that the key has signed."""
    name, key_id, public = key.strip().split("+", 2)
    raw = base64.b64decode(public)
    require(len(raw) == 33 and raw[0] == 1, "the key is not one of Ed25519")
    require(sha256(name.encode(), b"\n", raw)[:4].hex() == key_id, "the key does not fit its key id")
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    own = [line.split(" ") for line in lines.splitlines()]
    decoded = [base64.b64decode(parts[2]) for parts in own if len(parts) == 3 and parts[:2] == ["—", name]]
    signatures = [one[4:] for one in decoded if one[:4].hex() == key_id]
    require(bool(signatures), "the checkpoint is not signed with this key")
    try:
        for signature in signatures:
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature, text.encode())
    except InvalidSignature:
        raise NotProvedError("the signature does not fit the checkpoint") from None
    origin, size, root = text.split("\n")[:3]
    require(origin == name, "the checkpoint is of another log")
    return int(size), base64.b64decode(root)


def includes(root: bytes, size: int, index: int, entry: bytes, hashes: list[bytes]) -> bool:
    """Whether the tree has this entry at this place (RFC 9162, 2.1.3.2)."""
    at, last, seen = index, size - 1, sha256(b"\0", entry)
    for sibling in hashes:
        if last == 0:
            return False
        if at % 2 or at == last:
            seen = sha256(b"\1", sibling, seen)
            while at and at % 2 == 0:
                at, last = at // 2, last // 2
        else:
            seen = sha256(b"\1", seen, sibling)
        at, last = at // 2, last // 2
    return 0 <= index < size and last == 0 and seen == root


def check_event(event: Json, consent: Json, size: int, root: bytes) -> Json:
    """The body of an event that is in the log that was signed."""
    body: Json = json.loads(event["body"])
    name, hash_, proof = f"event {body['seq']}", bytes.fromhex(event["hash"]), event["proof"]
    require(sha256(bytes.fromhex(event["previous_hash"] or ""), event["body"].encode()) == hash_, f"{name}: its hash")
    require(body["consent_id"] == consent["id"] == body["consent"]["id"], f"{name}: it is about another consent")
    require(body["customer_id"] == consent["customer_id"], f"{name}: it is about another customer")
    require(proof is not None, f"{name}: no checkpoint covers it yet")
    require(proof["index"] == body["seq"] and proof["size"] == size, f"{name}: its proof is about another event")
    hashes = [base64.b64decode(one) for one in proof["hashes"]]
    require(includes(root, size, body["seq"], hash_, hashes), f"{name}: it is not in the log that was signed")
    return body


def check_evidence(document: Json, key: str) -> list[str]:
    """What is proved, a line for each event; raises NotProvedError."""
    require(document["format"] == "consentfeed-evidence-1", "this is evidence in another form")
    require(bool(document["checkpoint"]), "there is no checkpoint")
    consent, (size, root) = document["consent"], read_checkpoint(document["checkpoint"], key)
    bodies = [check_event(event, consent, size, root) for event in document["events"]]
    versions = [body["consent"]["version"] for body in bodies]
    first = versions[0] if versions else consent["version"] + 1
    require(versions == list(range(first, consent["version"] + 1)), "events are missing")
    require(bool(bodies) or consent["version"] == 0, "no event of the consent is in this document")
    if bodies:
        last = bodies[-1]["consent"]["status"]
        ran_out = (last, consent["status"]) == ("granted", "expired") and bodies[-1]["consent"]["expires_at"]
        require(consent["status"] == last or bool(ran_out), "the consent is not as its last event left it")
    texts = {(one["key"], one["version"], one["language"]): one["text"] for one in document["notices"]}
    for notice in filter(None, (body["consent"]["notice"] for body in bodies)):
        text = texts.get((notice["key"], notice["version"], notice["language"]), "")
        require(sha256(text.encode()).hex() == notice["sha256"], f"the text of notice {notice['version']}")
    return [f"event {one['seq']}: {one['type']} on {one['timestamp']} by {one['actor']['kind']}" for one in bodies]


def main(file: str, key: str) -> int:
    """Prints what is proved; the exit status."""
    with open(file, encoding="utf-8") as opened:
        document = json.load(opened)
    try:
        for line in check_evidence(document, key):
            print(line)
    except (NotProvedError, ValueError, KeyError, TypeError) as error:
        print(f"NOT PROVED: {error}")
        return 1
    print(f"Proved, up to version {document['consent']['version']} of the consent {document['consent']['id']}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
