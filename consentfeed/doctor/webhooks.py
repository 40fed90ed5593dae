"""The check of the webhooks; it answers one finding."""

from typing import Final

from consentfeed.doctor.finding import Finding, ok, problem, warning
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.postgres.webhooks import Webhook

_CURE: Final = (
    "Look at the receiver; docs/webhooks.md says what each reason means. Then POST …/replay, or the admin page, lets it"
    " go on from where it stands."
)


async def webhooks(target: DatabaseTarget) -> Finding:
    """Whether the endpoints of webhooks take their events."""
    all_ = await target.database.webhooks.list_webhooks()
    disabled = [one for one in all_ if one.disabled_at is not None]
    failing = [one for one in all_ if one.failing_since is not None and one not in disabled]
    if disabled:
        return problem(f"given up: {_in_words(disabled)}", _CURE)
    if failing:
        return warning(f"failing: {_in_words(failing)}", _CURE)
    return ok(f"{len(all_)} webhooks, none of which fails" if all_ else "there are none")


def _in_words(webhooks: list[Webhook]) -> str:
    return ", ".join(
        f"{one.name} ({' '.join(filter(None, (one.last_error, one.last_error_detail)))}, {one.behind} events behind)"
        for one in webhooks
    )
