"""What evidence of a consent proves, in sentences, to whoever has the key of the log."""

import hashlib
from base64 import b64decode
from typing import Final, NamedTuple

import msgspec

from consentfeed.errors import ConsentfeedError
from consentfeed.log.checkpoint import Checkpoint, read_checkpoint
from consentfeed.log.evidence import FORMAT, Body, Document, EvidenceEvent, State
from consentfeed.log.merkle import includes, leaf_hash
from consentfeed.log.note import BadKey, BadNote, VerifierKey, read_key

PROVED: Final = (
    "Proved: each of these events is in the log that was signed, word for word; none of them has been changed since."
    " Not proved: who holds the key, names and addresses, which are not in the log, and what came after the checkpoint."
)


class Report(NamedTuple):
    """What a document proves, in sentences, and why it does not prove what it says: nothing where it does."""

    proved: list[str]
    problems: list[str]


class NoEvidence(ConsentfeedError):
    """The file holds no evidence; the message says why."""


def check(raw: bytes, key: VerifierKey | None) -> Report:
    """What a document proves to whoever trusts this key; None: the document's own. Raises NoEvidence."""
    try:
        document = msgspec.json.decode(raw, type=Document)
        bodies = [msgspec.json.decode(event.body, type=Body) for event in document.events]
    except msgspec.DecodeError as error:
        raise NoEvidence(f"this is no evidence of a consent: {error}") from None
    if document.format != FORMAT:
        raise NoEvidence(f"this is evidence in another form: {document.format}")
    report = Report([], [])
    checkpoint = _checkpoint(document, key, report)
    for event, body in zip(document.events, bodies, strict=True):
        if why := _unproved(document.consent, event, body, checkpoint):
            report.problems.append(f"event {body.seq}: {why}")
        report.proved.append(_sentence(body))
    _check_versions(document.consent, [body.consent.version for body in bodies], report)
    _check_notices(document, bodies, report)
    _check_state(document.consent, bodies, report)
    return report


def _checkpoint(document: Document, key: VerifierKey | None, report: Report) -> Checkpoint | None:
    try:
        trusted = key or read_key(document.key or "")
        checkpoint = read_checkpoint(document.checkpoint or "", trusted)
    except (BadKey, BadNote) as error:
        report.problems.append(f"the checkpoint is not proved: {error}")
        return None
    report.proved.append(
        f"{checkpoint.origin} has signed a log of {checkpoint.size} events with the key {trusted}."
        + ("" if key else " This key is the document's own: compare it with one that you got in another way.")
    )
    return checkpoint


def _unproved(consent: State, event: EvidenceEvent, body: Body, checkpoint: Checkpoint | None) -> str | None:
    """Why an event is not proved to be one of this consent in the log of the checkpoint."""
    try:
        previous, hash_ = bytes.fromhex(event.previous_hash or ""), bytes.fromhex(event.hash)
        path = [b64decode(one, validate=True) for one in event.proof.hashes] if event.proof else []
    except ValueError:
        return "a hash in it is none"
    if hashlib.sha256(previous + event.body.encode()).digest() != hash_:
        return "its hash does not follow from its body"
    if (body.consent_id, body.customer_id) != (consent.id, consent.customer_id) or body.consent.id != consent.id:
        return "it is about another consent"
    return _unlogged(event, body.seq, leaf_hash(hash_), path, checkpoint)


def _unlogged(
    event: EvidenceEvent, seq: int, leaf: bytes, path: list[bytes], checkpoint: Checkpoint | None
) -> str | None:
    """Why an event is not proved to be in the log of the checkpoint."""
    if event.proof is None:
        return "it came after the checkpoint. Ask for the evidence again in a minute"
    if checkpoint is None:
        return "there is no checkpoint that it could lead to"
    if (event.proof.index, event.proof.size) != (seq, checkpoint.size):
        return "its proof is about another event, or leads to another checkpoint"
    if not includes(checkpoint.root, checkpoint.size, seq, leaf, path):
        return "its proof does not lead to the checkpoint: it is not in the log that was signed"
    return None


def _check_versions(consent: State, versions: list[int], report: Report) -> None:
    """Each event of a consent is one version more; what is missing at the beginning, retention has dropped."""
    first = versions[0] if versions else consent.version + 1
    if versions != list(range(first, consent.version + 1)):
        report.problems.append("events are missing: the versions of the consent do not follow one another")
    if first > 1:
        report.proved.append(
            f"Not in this document: the first {first - 1} events of the consent, which are no longer kept."
            " What they said is not proved."
        )


def _check_notices(document: Document, bodies: list[Body], report: Report) -> None:
    texts = {(one.key, one.version, one.language): one for one in document.notices}
    for notice in {
        (one.key, one.version, one.language): one for body in bodies if (one := body.consent.notice)
    }.values():
        name = f"the notice {notice.key}, version {notice.version}, in {notice.language}"
        text = texts.get((notice.key, notice.version, notice.language))
        if text is None:
            report.problems.append(f"{name}: its text is missing")
        elif hashlib.sha256(text.text.encode()).hexdigest() != notice.sha256:
            report.problems.append(f"{name}: its text is not the one that the log names")
        else:
            report.proved.append(f"The text of {name} is the one that the log names, word for word.")


def _check_state(consent: State, bodies: list[Body], report: Report) -> None:
    if not bodies and consent.version:
        report.problems.append("no event of the consent is in this document, so nothing proves what it says")
        return
    if not bodies:
        report.proved.append(f"The consent {consent.id} is said to be {consent.status}, without any event.")
        return
    last = bodies[-1].consent
    # A grant whose time has run out reads as expired before its event is there.
    ran_out = consent.status == "expired" and last.status == "granted" and last.expires_at is not None
    same = (consent.purpose, consent.channel, consent.expires_at) == (last.purpose, last.channel, last.expires_at)
    if not same or (consent.status != last.status and not ran_out):
        report.problems.append("the consent is not as its last event left it")
    else:
        report.proved.append(
            f"The consent {consent.id} of customer {consent.customer_id}, for {consent.purpose} by {consent.channel},"
            f" is {consent.status}, as its last event left it."
        )


def _sentence(body: Body) -> str:
    """What an event says."""
    who = body.actor.kind + ("" if body.actor.kind == "customer" or not body.actor.id else f" {body.actor.id}")
    notice = body.consent.notice
    told = (
        f", told {notice.key} version {notice.version} in {notice.language}"
        if notice and body.type == "granted"
        else ""
    )
    why = f", because of {body.reason.code}" if body.reason and body.reason.code else ""
    what = f"{body.type} on {body.timestamp} by {who} ({body.method})"
    return f"Event {body.seq}: {what}{told}{why}; recorded on {body.recorded_at}."
