"""`consentfeed user`: accounts are added, disabled and listed."""

import re
from uuid import uuid4

import pytest

from tests.cli.command import Run, refused, sign_in
from tests.support.database import Sql


def test_an_added_account_signs_in_until_it_is_disabled(run: Run, serve_settings: dict[str, str], url: str) -> None:
    first = "first@example.com"
    added = run(
        "user",
        "add",
        "--email",
        first,
        "--role",
        "admin",
        "--password-stdin",
        stdin="a long password\n",
        **serve_settings,
    )
    assert (added.status, added.err) == (0, "")
    signed_in = sign_in(url, first, "a long password")
    assert signed_in.json()["user"]["role"] == "admin"
    assert signed_in.json()["user"]["id"] in added.out
    assert f"{first}  admin  active" in run("user", "list", **serve_settings).out.splitlines()
    assert run("user", "disable", "--email", first.upper(), **serve_settings).status == 0
    assert sign_in(url, first, "a long password").status_code == 403
    assert re.search(
        rf"^{first}  admin  disabled \d{{4}}-\d\d-\d\d$", run("user", "list", **serve_settings).out, re.MULTILINE
    )


def test_an_account_may_have_a_name(run: Run, serve_settings: dict[str, str]) -> None:
    add = ["user", "add", "--email", "named@example.com", "--role", "csr", "--no-password", "--name", "Nadeesha Silva"]
    assert run(*add, **serve_settings).status == 0
    assert "named@example.com  csr  active  Nadeesha Silva" in run("user", "list", **serve_settings).out.splitlines()
    assert "at `--name`" in run(*add[:-1], "Anna\u202eavliS", **serve_settings).err


def test_an_account_without_a_password_serves_tokens_alone(run: Run, serve_settings: dict[str, str], url: str) -> None:
    assert (
        run("user", "add", "--email", "app@example.com", "--role", "service", "--no-password", **serve_settings).status
        == 0
    )
    assert sign_in(url, "app@example.com", "").status_code == 401
    assert run("token", "--role", "service", "--email", "app@example.com", **serve_settings).status == 0


def test_a_customers_account_is_the_customers(run: Run, serve_settings: dict[str, str], shared_database: Sql) -> None:
    customer = str(uuid4())
    shared_database.run("SELECT consentfeed.register_customer(%s, 'New', 'new@example.com', NULL, NULL)", customer)
    result = run("user", "add", "--email", "new@example.com", "--role", "customer", "--no-password", **serve_settings)
    assert customer in result.out


@pytest.mark.parametrize(
    ("arguments", "stdin", "word"),
    [
        (["--email", "csr@example.com", "--role", "csr", "--no-password"], "", "already"),
        (["--email", "CSR@example.com", "--role", "csr", "--no-password"], "", "already"),
        (["--email", "nobody", "--role", "csr", "--no-password"], "", "--email"),
        (["--email", "nobody@example.com", "--role", "customer", "--no-password"], "", "customer"),
        (["--email", "new@example.com", "--role", "csr", "--password-stdin"], "too short\n", "10 characters"),
        (["--email", "new@example.com", "--role", "csr", "--password-stdin"], "", "10 characters"),
        (["--email", "new@example.com", "--role", "csr", "--password-stdin"], "consentfeed\n", "everybody knows"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    run: Run, serve_settings: dict[str, str], shared_database: Sql, arguments: list[str], stdin: str, word: str
) -> None:
    before = shared_database.run("SELECT count(*) FROM consentfeed.users")
    assert refused(run("user", "add", *arguments, stdin=stdin, **serve_settings), word)
    assert shared_database.run("SELECT count(*) FROM consentfeed.users") == before


def test_accounts_from_outside_are_listed_disabled_by_address_and_keep_no_token_from_being_made(
    run: Run, serve_settings: dict[str, str], shared_database: Sql
) -> None:
    admit = "SELECT consentfeed.admit_account(gen_random_uuid(), 'https://id.example', %s, %s, 'csr', NULL)"
    email = "outside@example.com"
    shared_database.run(admit, "subject", email)
    assert f"{email}  csr  active  https://id.example" in run("user", "list", **serve_settings).out.splitlines()
    assert run("user", "disable", "--email", email, **serve_settings).status == 0
    assert f"{email}  csr  active" not in run("user", "list", **serve_settings).out
    assert run("token", "--role", "admin", "--email", email, **serve_settings).status == 0, "of the same address"


def test_disabling_who_is_not_there_says_so(run: Run, serve_settings: dict[str, str]) -> None:
    assert refused(run("user", "disable", "--email", "nobody@example.com", **serve_settings), "nobody@example.com")
