"""Bearer tokens for the accounts of a test's database."""

from datetime import timedelta

from consentfeed.identity import tokens
from tests.support.seed import CUSTOMER, STAFF

SECRET = "a secret for tests, long enough to be one"


def bearer(role: str, subject: str | None = None, *, lifetime: float = 3600, secret: str = SECRET) -> str:
    """A token as `consentfeed token` makes it."""
    subject = subject or (CUSTOMER if role == "customer" else STAFF[role])
    return tokens.make_token(
        secret, subject=subject, email=f"{role}@example.com", role=role, lifetime=timedelta(seconds=lifetime)
    )
