"""What a password has to be that somebody chooses; signing in takes whatever was kept."""

from typing import Annotated

from msgspec import Meta

from consentfeed.errors import Problem
from consentfeed.http.input import Text
from consentfeed.identity.passwords import MAX_LENGTH, MIN_LENGTH, why_unfit

NewPassword = Annotated[Text, Meta(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


def require_fit(password: str, member: str) -> None:
    """Raises Problem invalid for what cannot be chosen; member is where it stands in the body."""
    if reason := why_unfit(password):
        raise Problem("invalid", f"{reason.capitalize()} - at `$.{member}`")
