"""Whose an account is: one says it oneself, an admin of others, and a name from elsewhere is not written over."""

from typing import Any

import pytest

from consentfeed.api.accesses import AccessPage
from consentfeed.api.own_account import OwnAccount
from consentfeed.api.users import Account
from tests.api.test_users import add, change
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER, NOBODY


def own(rest: Rest, role: str, subject: str) -> Any:
    return ok(rest.get("/auth/account", role, subject=subject), OwnAccount)


def rename(rest: Rest, role: str, name: Any, subject: str) -> Any:
    return rest.call("PUT", "/auth/name", role, subject, json={"name": name})


def test_staff_say_whose_their_account_is(rest: Rest) -> None:
    account = add(rest)
    assert own(rest, "csr", account["id"])["name"] is None
    for name, kept in (("  Ishara Silva ", "Ishara Silva"), ("Ishara Perera", "Ishara Perera"), (None, None)):
        answer = ok(rename(rest, "csr", name, account["id"]), OwnAccount)
        assert (answer["name"], answer["has_own_name"]) == (kept, True)
        assert own(rest, "csr", account["id"]) == answer


def test_a_customer_has_the_customers_name_and_number(rest: Rest) -> None:
    answer = own(rest, "customer", CUSTOMER)
    assert (answer["name"], answer["msisdn"], answer["has_own_name"]) == ("Nimal Perera", "+94771234567", False)
    problem(rename(rest, "customer", "Somebody", CUSTOMER), "customer-account")
    assert own(rest, "customer", CUSTOMER) == answer


def test_what_the_identity_provider_says_is_not_written_over(rest: Rest) -> None:
    account = add(rest, name="From there")
    rest.sql(
        "UPDATE consentfeed.users SET issuer = 'https://id.example.com', subject = 'x' WHERE id = %s", account["id"]
    )
    assert not own(rest, "csr", account["id"])["has_own_name"]
    assert "identity provider" in problem(rename(rest, "csr", "Other", account["id"]), "outside-account")["detail"]
    problem(change(rest, account["id"], "name", json={"name": "Other"}), "outside-account")
    assert own(rest, "csr", account["id"])["name"] == "From there"


def test_an_admin_says_it_of_others_unless_it_has_changed(rest: Rest) -> None:
    account = add(rest, name="Before")
    tag = {"If-Match": f'"{account["tag"]}"'}
    answer = ok(change(rest, account["id"], "name", json={"name": "After"}, headers=tag), Account)
    assert (answer["name"], answer["role"]) == ("After", account["role"])
    problem(change(rest, account["id"], "name", json={"name": "Late"}, headers=tag), "stale")
    problem(change(rest, NOBODY, "name", json={"name": "Late"}), "not-found")


@pytest.mark.parametrize("name", ["", "a" * 201, "two\nlines", "\u0000", 7])
def test_a_name_that_cannot_be_one_is_422(rest: Rest, name: Any) -> None:
    account = add(rest)
    problem(rename(rest, "csr", name, account["id"]), "invalid")
    problem(change(rest, account["id"], "name", json={"name": name}), "invalid")


def test_the_trail_names_the_account_that_a_line_is_about(rest: Rest) -> None:
    named, plain = add(rest, name="Ishara Silva"), add(rest)
    for account in (named, plain):
        assert change(rest, account["id"], "password", json={"password": "quite long enough"}).status_code == 204
    page = ok(rest.get("/accesses?action=set-password&names=true", "admin"), AccessPage)
    assert page["accounts"] == {named["id"]: "Ishara Silva", plain["id"]: plain["email"]}
    assert ok(rest.get("/accesses?action=set-password", "admin"), AccessPage)["accounts"] == {}
