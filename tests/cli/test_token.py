"""`consentfeed token`: for whom it makes a token, and what the token is good for."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from consentfeed.identity import jwt
from tests.cli.command import Result, Run, refused
from tests.support.database import Sql
from tests.support.seed import CUSTOMER, STAFF


def claims(result: Result) -> dict[str, Any]:
    assert result.status == 0, result.err
    (token,) = result.out.split()
    return jwt.read(token).claims


@pytest.mark.parametrize(("expires", "seconds"), [("90s", 90), ("15m", 900), ("8h", 8 * 3600), (None, 8 * 3600)])
def test_a_token_lasts_as_long_as_asked(
    run: Run, serve_settings: dict[str, str], expires: str | None, seconds: int
) -> None:
    found = claims(run("token", "--role", "csr", *(["--expires", expires] if expires else []), **serve_settings))
    assert found["exp"] - found["iat"] == seconds


@pytest.mark.parametrize("expires", ["", "0s", "8", "8d", "-5m", "1.5h", "8h\n", "99999999h", "soon"])
def test_a_token_is_refused_where_expires_is_no_time(run: Run, serve_settings: dict[str, str], expires: str) -> None:
    assert refused(run("token", "--role", "csr", "--expires", expires, **serve_settings), "--expires", "8h")


@pytest.mark.parametrize(
    ("arguments", "user"),
    [
        (["--role", "csr", "--email", "CSR@example.com"], {"id": STAFF["csr"], "role": "csr"}),
        (["--role", "customer", "--email", "customer@example.com"], {"id": CUSTOMER, "role": "customer"}),
        (
            ["--role", "service", "--email", "shop@partner.example"],
            {"email": "shop@partner.example", "role": "service"},
        ),
        (["--role", "admin"], {"role": "admin"}),
    ],
)
def test_a_token_opens_the_api(
    run: Run, serve_settings: dict[str, str], url: str, arguments: list[str], user: dict[str, str]
) -> None:
    token = run("token", *arguments, **serve_settings).out.strip()
    answer = httpx.get(f"{url}/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert user.items() <= answer.json()["user"].items()


def test_a_token_with_scopes_does_what_they_say_and_no_more(run: Run, serve_settings: dict[str, str], url: str) -> None:
    arguments = ("--scope", "consents:read", "--scope", "feed:read")
    result = run("token", "--role", "service", *arguments, **serve_settings)
    assert claims(result)["scope"] == "consents:read feed:read"
    headers = {"Authorization": f"Bearer {result.out.strip()}"}
    assert httpx.get(f"{url}/api/v1/consents", headers=headers).status_code == 200
    assert httpx.put(f"{url}/api/v1/customers/{CUSTOMER}", headers=headers).status_code == 403


def test_a_scope_that_there_is_not_is_refused(run: Run, serve_settings: dict[str, str]) -> None:
    assert run("token", "--role", "service", "--scope", "everything", **serve_settings).status != 0


def test_the_same_name_is_the_same_subject(run: Run, serve_settings: dict[str, str]) -> None:
    arguments = ("token", "--role", "service", "--email", "shop@partner.example")
    assert claims(run(*arguments, **serve_settings))["sub"] == claims(run(*arguments, **serve_settings))["sub"]


def test_a_token_is_not_made_for_who_is_not_there(
    run: Run, serve_settings: dict[str, str], shared_database: Sql
) -> None:
    shared_database.run("SELECT consentfeed.register_customer(%s, 'A', 'family@example.com', NULL, NULL)", uuid4())
    shared_database.run("SELECT consentfeed.register_customer(%s, 'B', 'family@example.com', NULL, NULL)", uuid4())
    shared_database.run("SELECT consentfeed.add_user('gone@example.com', 'admin', NULL, NULL)")
    shared_database.run("SELECT consentfeed.disable_user('gone@example.com')")
    for arguments, word in (
        (["--role", "customer"], "one registered customer"),
        (["--role", "customer", "--email", "nobody@example.com"], "one registered customer"),
        (["--role", "customer", "--email", "family@example.com"], "one registered customer"),
        (["--role", "admin", "--email", "csr@example.com"], "has the role csr"),
        (["--role", "admin", "--email", "Gone@example.com"], "disabled"),
    ):
        assert refused(run("token", *arguments, **serve_settings), word)


def test_a_token_needs_the_settings_of_serve(run: Run, serve_settings: dict[str, str]) -> None:
    assert refused(run("token", "--role", "csr"), "CONSENTFEED_DATABASE_URL", "CONSENTFEED_SECRET")
    del serve_settings["secret"]
    assert refused(run("token", "--role", "csr", **serve_settings), "CONSENTFEED_SECRET")


def test_an_unknown_role_is_refused(run: Run, serve_settings: dict[str, str]) -> None:
    result = run("token", "--role", "owner", **serve_settings)
    assert (result.status, result.out) == (2, "")
    assert "owner" in result.err
