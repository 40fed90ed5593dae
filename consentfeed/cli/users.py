"""`consentfeed user` and `consentfeed token`: who may come in."""

import re
import sys
from datetime import timedelta
from uuid import UUID

import click

from consentfeed import permissions
from consentfeed.cli import deployment
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.errors import StatementFailed
from consentfeed.identity import tokens
from consentfeed.identity.passwords import hash_password
from consentfeed.postgres.database import Database
from consentfeed.settings import SettingsError


@click.group()
def user() -> None:
    """Staff and service accounts."""


@user.command("add")
@click.option("--email", required=True)
@click.option("--role", type=click.Choice(permissions.ROLES), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, not from a prompt.")
@click.option("--no-password", is_flag=True, help="An account that signs in with tokens alone.")
@DATA_DIR
def user_add(email: str, role: str, password_stdin: bool, no_password: bool, data_dir: str | None) -> None:
    """Adds an account; a customer's needs a registered customer with this e-mail address."""
    if "@" not in email[1:]:
        raise SettingsError("--email is not an e-mail address")
    password = None if no_password else _ask_password(password_stdin)
    hashed = hash_password(password) if password else None

    async def add(database: Database) -> UUID:
        customer = await database.customers.customer_by_email(email) if role == "customer" else None
        if role == "customer" and customer is None:
            raise SettingsError(f"there is no (or more than one) customer with the address {email}")
        try:
            return await database.accounts.add_user(email, role, hashed, customer)
        except StatementFailed as error:
            if error.sqlstate == "23505":
                raise SettingsError(f"there is an account {email} already") from None
            raise

    click.echo(f"added {role} {email} {with_database(data_dir, add)}")


def _ask_password(stdin: bool) -> str:
    if stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < 10:
        raise SettingsError("a password has at least 10 characters")
    return str(password)


@user.command("disable")
@click.option("--email", required=True)
@DATA_DIR
def user_disable(email: str, data_dir: str | None) -> None:
    """Disables the accounts of an address, an identity provider's too: sessions and streams end within seconds."""
    if not with_database(data_dir, lambda database: database.accounts.disable_user(email)):
        raise SettingsError(f"there is no account {email}")
    click.echo(f"disabled {email}")


@user.command("list")
@DATA_DIR
def user_list(data_dir: str | None) -> None:
    """Lists the accounts."""
    for row in with_database(data_dir, lambda database: database.accounts.users()):
        state = f"disabled {row['disabled_at'][:10]}" if row["disabled_at"] else "active"
        issuer = f"  {row['issuer']}" if row["issuer"] else ""
        click.echo(f"{row['email']}  {row['role']}  {state}{issuer}")


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
    address = email or f"{role}@token.invalid"

    async def subject(database: Database) -> str:
        account = await database.accounts.find_user(address)
        if account is not None and account.role != role:
            raise SettingsError(f"{address} has the role {account.role}")
        if account is not None:
            return str(account.id)
        if any(
            row["email"].lower() == address.lower() and not row["issuer"] for row in await database.accounts.users()
        ):
            raise SettingsError(f"the account {address} is disabled")
        if role != "customer":
            return tokens.subject_of(role, address)
        customer = await database.customers.customer_by_email(address)
        if customer is None:
            raise SettingsError("--email must be the address of one registered customer")
        return str(customer)

    subject_id = with_database(data_dir, subject)
    click.echo(tokens.make_token(secret, subject=subject_id, email=address, role=role, lifetime=lifetime, scopes=scope))


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,6})([smh])", text)
    if not match:
        raise SettingsError("--expires is a number with s, m or h, such as 90s, 15m or 8h")
    return timedelta(seconds=int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]])
