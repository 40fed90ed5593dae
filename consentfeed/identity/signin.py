"""The ways to sign in here: with a password, by the identity provider, or both."""

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
    """The ways that the settings offer: passwords only where they are asked for, or where there is nothing else."""
    has_provider = bool(settings.issuer and settings.client_id)
    password = not has_provider if settings.passwords is None else settings.passwords
    return Ways(password, SingleSignOn(settings.sso_title) if has_provider else None)
