"""What the tests of REST share: one client for all roles, the shapes of answers, and whether anything was written."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import psycopg

from consentfeed.errors import PROBLEMS
from tests.support.database import Sql
from tests.support.node import RunningNode
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

ROLES = ("customer", "csr", "admin", "service")
REASON = {"reason": {"code": "phone-call"}}
# What a grant on a customer's behalf says at least.
GRANT: dict[str, Any] = {**REASON, "notice_version": 1}
# All that a request may write, but for sessions.
# What has expired is left out: that a node writes by itself, whenever it is due.
_WRITTEN = """
    SELECT
        (SELECT count(*) FROM consentfeed.events WHERE type <> 'expired'),
        (SELECT sum(version) FROM consentfeed.consents)
            - (SELECT count(*) FROM consentfeed.events WHERE type = 'expired'),
        (SELECT count(*) FROM consentfeed.consents), (SELECT count(*) FROM consentfeed.idempotency_keys),
        (SELECT count(*) FROM consentfeed.event_notes), (SELECT count(*) FROM consentfeed.users),
        (SELECT md5(string_agg(customer::text, ',' ORDER BY id)) FROM consentfeed.customers AS customer),
        (SELECT md5(string_agg((to_jsonb(account) - 'last_sign_in_at')::text, ',' ORDER BY id))
            FROM consentfeed.users AS account),
        (SELECT md5(string_agg(purpose::text, ',' ORDER BY key)) FROM consentfeed.purposes AS purpose),
        (SELECT md5(string_agg(notice::text, ',' ORDER BY notice::text)) FROM consentfeed.notices AS notice),
        (SELECT md5(string_agg(chosen::text, ',' ORDER BY principal)) FROM consentfeed.preferences AS chosen),
        (SELECT md5(string_agg(link::text, ',' ORDER BY user_id)) FROM consentfeed.password_links AS link)
"""
# Seen by a superuser alone.
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Rest:
    """A node as its clients see it, and its database."""

    def __init__(self, node: RunningNode, database: Sql) -> None:
        self.node = node
        self.database = database
        self._http = httpx.Client(base_url=node.url, timeout=30)
        self._owner = database.connect(autocommit=True)

    def close(self) -> None:
        """Lets go of the connections."""
        self._http.close()
        self._owner.close()

    def sql(self, statement: str, *args: Any) -> list[tuple[Any, ...]]:
        """One autocommit statement as the owner, on a connection that is kept."""
        cursor = self._owner.execute(statement.encode(), args or None)
        return cursor.fetchall() if cursor.description else []

    def call(
        self, method: str, path: str, role: str | None = None, subject: str | None = None, **options: Any
    ) -> httpx.Response:
        """One request with a bearer token of the role; None: of nobody. Paths begin after /api/v1."""
        headers = {"Authorization": f"Bearer {bearer(role, subject)}"} if role else {}
        headers |= options.pop("headers", {})
        path = path if path.startswith(("/healthz", "/readyz", "/metrics", "/openapi")) else f"/api/v1{path}"
        answer = self._http.request(method, path, headers=headers, **options)
        self._must_describe(answer)
        return answer

    @cached_property
    def _described(self) -> dict[str, Any]:
        """What the node says that it answers."""
        described: dict[str, Any] = self._http.get("/openapi.json").json()
        return described

    def _must_describe(self, answer: httpx.Response) -> None:
        """Every answer of a route is one that /openapi.json names: its status, and its problem."""
        path, method = answer.request.url.path, answer.request.method.lower().replace("head", "get")
        fitting = [one for one in self._described["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one), path)]
        operation = self._described["paths"][min(fitting, key=lambda one: one.count("{"))] if fitting else {}
        if method in operation:
            named = operation[method]["responses"]
            assert str(answer.status_code) in named, f"not described: {answer.status_code} of {method} {path}"
            if answer.content and "problem" in answer.headers["content-type"]:
                codes = named[str(answer.status_code)]["$ref"].rpartition("/")[2].split(".")
                assert answer.json()["type"].removeprefix("/problems/") in codes, f"not described: {answer.text}"

    def stream(self, path: str, headers: dict[str, str]) -> AbstractContextManager[httpx.Response]:
        """An answer that is read while it comes."""
        return self._http.stream("GET", f"/api/v1{path}", headers=headers)

    def get(self, path: str, role: str | None = "csr", **options: Any) -> httpx.Response:
        """GET as the role."""
        return self.call("GET", path, role, **options)

    def json(self, path: str, role: str | None = "csr", **options: Any) -> Any:
        """What a successful GET as the role answers."""
        answer = self.get(path, role, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def decide(
        self, action: str, consent: str, role: str = "service", subject: str | None = None, **options: Any
    ) -> httpx.Response:
        """Grant or revoke by the route of the role, with what the role has to say."""
        behalf = role in ("csr", "admin")
        if behalf and not ({"json", "content"} & set(options)):
            options["json"] = GRANT if action == "grant" else REASON
        path = f"{'' if behalf else '/customer'}/consents/{consent}/{action}"
        return self.call("POST", path, role, subject, **options)

    def at_once(self, times: int, call: Any) -> list[httpx.Response]:
        """Many calls at the same time."""
        with ThreadPoolExecutor(times) as pool:
            return [future.result() for future in [pool.submit(call) for _ in range(times)]]

    def while_held(self, holder: psycopg.Connection, *calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
        """Answers to calls that wait for what the holder's transaction holds; it commits when all of them wait."""
        with ThreadPoolExecutor(len(calls)) as pool:
            answers = [pool.submit(call) for call in calls]
            wait_until(lambda: Sql.run_as(self.database.admin_url, _WAITING) == [(len(calls),)], 4)
            holder.commit()
            return [answer.result() for answer in answers]

    def customer(self, name: str = "Somebody New", email: str | None = None, msisdn: str | None = None) -> str:
        """Registers a customer with pending consents."""
        customer = str(uuid4())
        statement = "SELECT consentfeed.register_customer(%s, %s, %s, %s, NULL)"
        self.sql(statement, customer, name, email, msisdn)
        return customer

    def consents(self, count: int) -> list[str]:
        """Ids of that many pending consents, each of another new customer."""
        rows = self.sql(
            "SELECT id, consentfeed.register_customer(id, 'Somebody New', NULL, NULL, NULL)"
            " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, %s)) AS new",
            count,
        )
        found = self.sql(
            "SELECT id::text FROM consentfeed.consents"
            " WHERE customer_id = ANY (%s) AND (purpose, channel) = ('marketing', 'sms')",
            [row[0] for row in rows],
        )
        return [row[0] for row in found]

    def consent(self) -> str:
        """The id of a pending consent of a new customer."""
        return self.consents(1)[0]

    def owner(self, consent: str) -> str:
        """Whose consent it is."""
        return str(self.sql("SELECT customer_id FROM consentfeed.consents WHERE id = %s", consent)[0][0])

    def purpose(self, validity: str | None = None, languages: str = "{en,si}", versions: int = 1) -> str:
        """A new purpose on channel sms, with notices published up to that version; customers come after it."""
        key = f"p-{uuid4().hex[:12]}"
        self.sql(
            "INSERT INTO consentfeed.purposes (key, title, channels, position, default_validity)"
            " VALUES (%s, 'A purpose', '{sms}', 100, %s)",
            key,
            validity,
        )
        for version in range(1, versions + 1):
            self.publish(key, version, languages)
        return key

    def publish(self, purpose: str, version: int, languages: str = "{en,si}") -> None:
        """A notice in these languages, in force from now on."""
        self.sql(
            "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
            " SELECT %s, %s, language, 'Version ' || %s || ' in ' || language, now()"
            " FROM unnest(%s::text[]) AS language",
            purpose,
            version,
            version,
            languages,
        )

    def consent_for(self, purpose: str) -> str:
        """The consent of a new customer for a purpose on channel sms, also where there is no notice of it."""
        customer = self.customer()
        find = "SELECT id FROM consentfeed.consents WHERE customer_id = %s AND purpose = %s"
        if not self.sql(find, customer, purpose):
            row = "INSERT INTO consentfeed.consents (customer_id, purpose, channel) VALUES (%s, %s, 'sms')"
            self.sql(row, customer, purpose)
        return str(self.sql(find, customer, purpose)[0][0])

    def history(self, consent: str, role: str = "csr") -> list[dict[str, Any]]:
        """The events of a consent."""
        events: list[dict[str, Any]] = self.json(f"/consents/{consent}/history", role)["events"]
        return events

    def written(self) -> tuple[Any, ...]:
        """Something that differs as soon as anything is written."""
        return self.sql(_WRITTEN)[0]


def ok(answer: httpx.Response, shape: type | None = None) -> Any:
    """What a success says; with a shape: exactly its members, of its types."""
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "application/json"
    value = answer.json()
    if shape is not None:
        documented = msgspec.to_builtins(msgspec.convert(value, shape))
        assert _members(value) == _members(documented)
    return value


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _members(member) for key, member in value.items()}
    return [_members(member) for member in value] if isinstance(value, list) else None


def problem(answer: httpx.Response, code: str, **members: Any) -> dict[str, Any]:
    """The problem object; checks everything about it that RFC 9457 and the list of problems promise."""
    expected = PROBLEMS[code]
    assert answer.status_code == expected.status, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["type"], found["title"], found["status"]) == (f"/problems/{code}", expected.title, expected.status)
    assert found["detail"], "a problem tells what to do"
    assert members.items() <= found.items()
    return found
