"""What is answered of a decision's outcome, by whatever route the decision came."""

from collections.abc import Sequence

import msgspec

from consentfeed.errors import PROBLEMS, Problem
from consentfeed.log.ids import Ids
from consentfeed.postgres.consents import Outcome


class _ConsentOwner(msgspec.Struct):
    customer_id: str


def outcome_json(outcome: Outcome | Exception, ids: Ids, ignored: Sequence[str] = ()) -> str:
    """The consent, the event's id where something changed, and what was ignored, as JSON; raises Problem."""
    if isinstance(outcome, Exception) or outcome.problem:
        raise problem_of(outcome)
    event = "null" if outcome.position is None else f'{{"id":"{ids.write(outcome.position)}"}}'
    left_out = f',"ignored":{msgspec.json.encode(ignored).decode()}' if ignored else ""
    return f'{{"consent":{outcome.consent},"event":{event}{left_out}}}'


def problem_of(outcome: Outcome | Exception) -> Problem:
    """The problem of a decision that was not recorded."""
    if isinstance(outcome, Outcome):
        code = outcome.problem if outcome.problem in PROBLEMS else "internal"
        return Problem(code, "No consent has this id." if code == "not-found" else "")
    return outcome if isinstance(outcome, Problem) else Problem("internal")


def customers_without_event(outcomes: Sequence[Outcome | Exception]) -> list[str]:
    """The customers whose consents are shown by decisions that changed nothing.

    The log has an event of every other decision; of these it says nothing, so the access trail has to.
    """
    consents = [one.consent for one in outcomes if isinstance(one, Outcome) and one.consent and not one.position]
    return [msgspec.json.decode(consent, type=_ConsentOwner).customer_id for consent in consents]
