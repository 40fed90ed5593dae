"""`consentfeed token`: a bearer token of this deployment."""

import re
from datetime import timedelta

import click

from consentfeed import permissions
from consentfeed.cli import deployment, terminal
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.cli.user import checked_email
from consentfeed.identity import tokens
from consentfeed.postgres.database import Database
from consentfeed.settings import SettingsError


@click.command()
@click.option("--role", type=click.Choice(permissions.ROLES), required=True)
@click.option("--email", help="Whose token; needed for a customer.")
@click.option("--expires", default="8h", show_default=True, help="90s, 15m or 8h.")
@click.option(
    "--scope", multiple=True, type=click.Choice(permissions.SCOPES), help="All that it may do; may be repeated."
)
@DATA_DIR
def token(role: str, email: str | None, expires: str, scope: tuple[str, ...], data_dir: str | None) -> None:
    """Prints a bearer token of this deployment."""
    lifetime, secret = _lifetime(expires), deployment.load(data_dir, "database_url", "secret").secret or ""
    address = f"{role}@token.invalid" if email is None else checked_email(email)

    async def subject(database: Database) -> str:
        account = await database.accounts.find_user(address)
        if account is not None:
            if account.is_disabled:
                raise SettingsError(f"the account {address} is disabled")
            if account.role != role:
                raise SettingsError(f"{address} has the role {account.role}")
            return str(account.id)
        if role != "customer":
            return tokens.subject_of(role, address)
        customer = await database.customers.customer_by_email(address)
        if customer is None:
            raise SettingsError("--email must be the address of one registered customer")
        return str(customer)

    owner = with_database(data_dir, subject)
    terminal.result(tokens.make_token(secret, subject=owner, email=address, role=role, lifetime=lifetime, scopes=scope))


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,6})([smh])", text)
    if not match:
        raise SettingsError("--expires is a number with s, m or h, such as 90s, 15m or 8h")
    return timedelta(seconds=int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]])
