"""How one may sign in here."""

from msgspec import Struct

from consentfeed.settings import Settings


class SingleSignOn(Struct):
    """Signing in by an identity provider, and what the page calls it."""

    title: str


class Ways(Struct):
    """How one may sign in here."""

    password: bool
    single_sign_on: SingleSignOn | None


def ways(settings: Settings) -> Ways:
    """How one may sign in here: with a password only where that is asked for, or nothing else is there."""
    outside = bool(settings.issuer and settings.client_id)
    password = not outside if settings.passwords is None else settings.passwords
    return Ways(password, SingleSignOn(settings.sso_title) if outside else None)
