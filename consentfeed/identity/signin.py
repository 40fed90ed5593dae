"""The ways to sign in here: with a password, by the identity provider, or both."""

from msgspec import Struct

from consentfeed.settings import Settings


class SingleSignOn(Struct):
    """Signing in by an identity provider, and what the page calls it."""

    title: str


class Demo(Struct):
    """The accounts of `consentfeed dev`, and the password that everybody knows."""

    accounts: list[str]
    password: str


class Ways(Struct):
    """How one may sign in here; password_help says whom to ask who has forgotten the password; demo is null but in
    `consentfeed dev`."""

    password: bool
    password_help: str | None
    single_sign_on: SingleSignOn | None
    demo: Demo | None = None


def ways(settings: Settings) -> Ways:
    """The ways that the settings offer: passwords only where they are asked for, or where there is nothing else."""
    has_provider = bool(settings.issuer and settings.client_id)
    password = not has_provider if settings.passwords is None else settings.passwords
    return Ways(password, settings.password_help, SingleSignOn(settings.sso_title) if has_provider else None)
