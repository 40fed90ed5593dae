"""Holds what writers were told against the truth."""

from tests.oracle.checker import Histories
from tests.oracle.sees import Sees
from tests.oracle.truth import History
from tests.oracle.verdict import Verdict
from tests.oracle.writer import Claim, Writer


def check_claims(writer: Writer, all: Histories, verdict: Verdict) -> None:
    """What was told as done is in the log, as it was told; what was told as refused, or as nothing, is not."""
    for claim in writer.claims:
        verdict.counts[claim.outcome] += 1
        # The history in which it was answered, unless one took the place of another meanwhile.
        histories = [history for number, history in all.items() if claim.since <= number <= claim.until]
        wrong = [what for history in histories if (what := _wrong(claim, history))]
        if not histories or len(wrong) == len(histories):
            verdict.add("claims", writer.name, f"{claim.outcome}: {wrong}: {claim}")
    writer.claims.clear()


def _wrong(claim: Claim, history: History) -> str:
    """What is not as it was told; empty: nothing."""
    seq = (
        history.by_reference.get(claim.reference) if claim.reference else history.event_of(claim.consent, claim.version)
    )
    if claim.outcome == "done":
        return _not_done(claim, history, seq)
    if claim.outcome == "unknown":
        return ""
    if seq:
        return f"it is event {seq}"
    return _not_present(claim, history) if claim.outcome == "nothing" else ""


def _not_done(claim: Claim, history: History, seq: int | None) -> str:
    if not seq:
        return "it is not in the log"
    fact = history.facts[seq - 1]
    if (fact.consent, fact.version, fact.status) != (claim.consent, claim.version, claim.status):
        return f"event {seq} is {fact.status}, version {fact.version} of {fact.consent}"
    if claim.id and Sees(owner=claim.owner).seq_in(history, claim.id) != seq:
        return f"it is event {seq}"
    return ""


def _not_present(claim: Claim, history: History) -> str:
    """Where nothing changed, the consent is shown as it was."""
    seq = history.event_of(claim.consent, claim.version)
    if (seq is None and claim.version) or (seq and history.facts[seq - 1].status != claim.status):
        return "the consent never was as it was told"
    return ""
