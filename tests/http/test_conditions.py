"""If-Match and If-None-Match where admins write: what has changed since it was read is not written over."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.support.rest import Rest, ok, problem


class Form(NamedTuple):
    """A state that admins read and write: makes one, changes it, reads its tag."""

    make: Callable[[Rest], str]
    path: str
    body: Callable[[], dict[str, Any] | None]
    tag: Callable[[Rest, str], str | None]
    method: str = "PUT"

    def write(self, rest: Rest, thing: str, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return rest.call(self.method, self.path.format(thing), "admin", json=self.body(), headers=names)


def new_account(rest: Rest) -> str:
    add = "SELECT consentfeed.add_user(gen_random_uuid() || '@example.com', 'csr', NULL, NULL)::text"
    return str(rest.sql(add)[0][0])


def tag_of_account(rest: Rest, account: str) -> str:
    (found,) = rest.json("/users", "admin", params={"q": account})["users"]
    return str(found["tag"])


def tag_of_purpose(rest: Rest, key: str) -> str | None:
    return next((str(one["tag"]) for one in rest.json("/purposes")["purposes"] if one["key"] == key), None)


def tag_of_draft(rest: Rest, key: str, name: str = "tag") -> str | None:
    notices = rest.json(f"/purposes/{key}/notices", "admin")["notices"]
    return next((str(one[name]) for one in notices if one["version"] == 7), None)


def with_draft(rest: Rest) -> str:
    key = rest.purpose()
    ok(rest.call("PUT", f"/purposes/{key}/notices/7/en", "admin", json={"text": "A draft"}))
    return key


def other_title() -> dict[str, Any]:
    return {"title": uuid4().hex, "channels": ["sms"]}


FORMS = {
    "role": Form(new_account, "/users/{}/role", lambda: {"role": "service"}, tag_of_account, "POST"),
    "disable": Form(new_account, "/users/{}/disable", lambda: None, tag_of_account, "POST"),
    "enable": Form(new_account, "/users/{}/enable", lambda: None, tag_of_account, "POST"),
    "purpose": Form(Rest.purpose, "/purposes/{}", other_title, tag_of_purpose),
    "draft": Form(with_draft, "/purposes/{}/notices/7/en", lambda: {"text": uuid4().hex}, tag_of_draft),
    "publication": Form(
        with_draft,
        "/purposes/{}/notices/7/publish",
        lambda: None,
        lambda rest, key: tag_of_draft(rest, key, "version_tag"),
        "POST",
    ),
}
CHANGES = {
    "role": "UPDATE consentfeed.users SET role = 'admin' WHERE id = %s",
    "disable": "UPDATE consentfeed.users SET role = 'admin' WHERE id = %s",
    "enable": "UPDATE consentfeed.users SET disabled_at = now() WHERE id = %s",
    "purpose": "UPDATE consentfeed.purposes SET offered = NOT offered WHERE key = %s",
    "draft": "UPDATE consentfeed.notices SET title = 'Another' WHERE purpose = %s AND version = 7",
    "publication": "INSERT INTO consentfeed.notices (purpose, version, language, text) VALUES (%s, 7, 'ta', 'More')",
}


@pytest.mark.parametrize("name", FORMS)
def test_what_is_still_as_it_was_read_is_written(rest: Rest, name: str) -> None:
    form, thing = FORMS[name], FORMS[name].make(rest)
    tag = form.tag(rest, thing)
    ok(form.write(rest, thing, If_Match=f'"other", "{tag}"'))
    if name not in ("enable", "publication"):
        assert form.tag(rest, thing) != tag


@pytest.mark.parametrize("name", FORMS)
def test_what_somebody_has_changed_meanwhile_even_with_sql_is_412_and_not_written(rest: Rest, name: str) -> None:
    form, thing = FORMS[name], FORMS[name].make(rest)
    tag = form.tag(rest, thing)
    rest.sql(CHANGES[name], thing)
    before = rest.written()
    for value in (f'"{tag}"', f'W/"{form.tag(rest, thing)}"', '""', "nonsense", ""):
        problem(form.write(rest, thing, If_Match=value), "stale")
    assert rest.written() == before
    ok(form.write(rest, thing, If_Match=f'"{form.tag(rest, thing)}"'))


@pytest.mark.parametrize("name", FORMS)
def test_without_a_condition_or_with_a_star_it_is_written_whatever_it_was(rest: Rest, name: str) -> None:
    for headers in ({}, {"If_Match": "*"}):
        form, thing = FORMS[name], FORMS[name].make(rest)
        rest.sql(CHANGES[name], thing)
        ok(form.write(rest, thing, **headers))


@pytest.mark.parametrize("name", ["purpose", "draft"])
def test_what_must_not_be_there_yet_is_written_once(rest: Rest, name: str) -> None:
    form = FORMS[name]
    thing = rest.purpose() if name == "draft" else f"p-{uuid4().hex[:12]}"
    problem(form.write(rest, thing, If_Match="*"), "stale")
    problem(form.write(rest, thing, If_Match='"0123456789abcdef"'), "stale")
    assert form.tag(rest, thing) is None
    ok(form.write(rest, thing, If_None_Match="*"))
    before = rest.written()
    problem(form.write(rest, thing, If_None_Match="*"), "stale")
    problem(form.write(rest, thing, If_None_Match="*", If_Match="*"), "stale")
    problem(form.write(rest, thing, If_None_Match='"x"'), "invalid")
    assert rest.written() == before


@pytest.mark.parametrize("name", FORMS)
def test_of_two_who_have_read_the_same_one_writes(rest: Rest, name: str) -> None:
    form, thing = FORMS[name], FORMS[name].make(rest)
    if name == "enable":
        rest.sql(CHANGES[name], thing)
    tag = form.tag(rest, thing)
    table = "users" if form.method == "POST" and name != "publication" else "purposes"
    with rest.database.connect() as holder:
        column = "id" if table == "users" else "key"
        holder.execute(f"SELECT FROM consentfeed.{table} WHERE {column} = %s FOR UPDATE".encode(), (thing,))
        write = lambda: form.write(rest, thing, If_Match=f'"{tag}"')  # noqa: E731
        answers = rest.while_held(holder, write, write)
    assert sorted(answer.status_code for answer in answers) == [200, 412]


def test_of_two_who_add_the_same_purpose_at_once_one_does(rest: Rest) -> None:
    key = f"p-{uuid4().hex[:12]}"
    with rest.database.connect() as holder:
        holder.execute("INSERT INTO consentfeed.purposes (key, title, channels) VALUES (%s, 'T', '{sms}')", (key,))
        (answer,) = rest.while_held(holder, lambda: FORMS["purpose"].write(rest, key, If_None_Match="*"))
    problem(answer, "stale")


def test_a_sign_in_does_not_change_the_tag_of_an_account(rest: Rest) -> None:
    account = new_account(rest)
    tag = tag_of_account(rest, account)
    rest.sql("UPDATE consentfeed.users SET last_sign_in_at = now() WHERE id = %s", account)
    assert tag_of_account(rest, account) == tag


def test_the_answer_of_a_purpose_has_its_tag(rest: Rest) -> None:
    key = rest.purpose()
    answer = FORMS["purpose"].write(rest, key)
    assert answer.headers["etag"] == f'"{answer.json()["tag"]}"'
    assert answer.json()["tag"] == tag_of_purpose(rest, key)
