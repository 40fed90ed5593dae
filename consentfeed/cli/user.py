"""`consentfeed user`: staff and service accounts."""

import sys
from uuid import UUID

import click

from consentfeed import permissions
from consentfeed.api import emails, names
from consentfeed.cli import terminal
from consentfeed.cli.deployment import DATA_DIR, with_database
from consentfeed.errors import Problem, StatementFailed
from consentfeed.identity.passwords import hash_password, why_unfit
from consentfeed.postgres.database import Database
from consentfeed.settings import SettingsError


@click.group()
def user() -> None:
    """Staff and service accounts."""


@user.command("add")
@click.option("--email", required=True)
@click.option("--role", type=click.Choice(permissions.ROLES), required=True)
@click.option("--name", help="Whose it is; a customer's has the customer's name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, not from a prompt.")
@click.option("--no-password", is_flag=True, help="An account that signs in with tokens alone.")
@DATA_DIR
def user_add(
    email: str, role: str, name: str | None, password_stdin: bool, no_password: bool, data_dir: str | None
) -> None:
    """Adds an account; a customer's needs a registered customer with this e-mail address."""
    email = checked_email(email)
    if password_stdin and no_password:
        raise click.UsageError("--password-stdin and --no-password exclude each other.")
    if name is not None and role == "customer":
        raise click.UsageError("--name is for staff and services: a customer has one.")
    name = checked_name(name)
    password = None if no_password else _password(password_stdin)
    hashed = hash_password(password) if password else None

    async def add(database: Database) -> UUID:
        customer = await database.customers.customer_by_email(email) if role == "customer" else None
        if role == "customer" and customer is None:
            raise SettingsError(f"there is no (or more than one) customer with the address {email}")
        try:
            return await database.accounts.add_user(email, role, hashed, customer, name)
        except StatementFailed as error:
            if error.sqlstate == "23505":
                raise SettingsError(f"there is an account {email} already") from None
            raise

    terminal.result(f"added {role} {email} {with_database(data_dir, add)}")


def checked_name(text: str | None) -> str | None:
    """The name as it is kept, or None; raises SettingsError where it is none."""
    try:
        return names.optional_name(text, "--name")
    except Problem as problem:
        raise SettingsError(str(problem.detail)) from None


def checked_email(text: str) -> str:
    """The address alone; raises SettingsError where it is none. Whether somebody reads it cannot be seen from here."""
    try:
        return emails.email(text)
    except Problem:
        raise SettingsError("--email is not an e-mail address") from None


def _password(from_stdin: bool) -> str:
    password = _read_password() if from_stdin else _ask_password()
    if reason := why_unfit(password):
        raise SettingsError(reason)
    return password


def _read_password() -> str:
    try:
        return sys.stdin.readline().rstrip("\n") if sys.stdin else ""
    except UnicodeError:
        raise SettingsError("the password on standard input is not UTF-8") from None


def _ask_password() -> str:
    # Without a terminal the prompt would read standard input, and warn in three lines that it may be seen.
    if sys.stdin is None or not sys.stdin.isatty():
        raise SettingsError("there is no terminal to ask for a password: give --password-stdin, or --no-password")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@user.command("disable")
@click.option("--email", required=True)
@DATA_DIR
def user_disable(email: str, data_dir: str | None) -> None:
    """Disables the accounts of an address, an identity provider's too: sessions and streams end within seconds."""
    if not with_database(data_dir, lambda database: database.accounts.disable_user(email)):
        raise SettingsError(f"there is no account {email}")
    terminal.result(f"disabled {email}")


@user.command("list")
@DATA_DIR
def user_list(data_dir: str | None) -> None:
    """Lists the accounts."""
    for row in with_database(data_dir, lambda database: database.accounts.users()):
        state = f"disabled {row['disabled_at'][:10]}" if row["disabled_at"] else "active"
        issuer = f"  {row['issuer']}" if row["issuer"] else ""
        name = f"  {row['name']}" if row["name"] else ""
        terminal.result(f"{row['email']}  {row['role']}  {state}{issuer}{name}")
