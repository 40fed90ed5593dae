"""Whatever is sent to the routes of /openapi.json, by whomever: the answer is one of those described there, and no 500.

schemathesis makes the requests, fitting and unfitting ones, and looks at the answers with all its checks.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from consentfeed.api.webhook_shapes import SENT
from consentfeed.http.openapi import describe
from consentfeed.node.wiring import Node
from consentfeed.permissions import ACCESS
from consentfeed.settings import Settings
from tests.support.database import Sql
from tests.support.node_process import NodeProcess
from tests.support.rest import ROLES
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.tokens import SECRET, bearer

# An identity provider that is away, passwords all the same, and failures without end.
SETTINGS = {
    "issuer": "http://127.0.0.1:1",
    "client_id": "consentfeed",
    "passwords": "true",
    "account_failures": "1000000",
    "address_failures": "1000000",
    "refused_tokens": "1000000",
    "log_level": "debug",
}
# Problems of what is there already, whatever form a request has.
STATE = {
    "/problems/stale",
    "/problems/key-reused",
    "/problems/no-such-language",
    "/problems/place-lost",
    "/problems/not-kept",
    "/problems/link-gone",
    "/problems/wrong-status",
    "/problems/not-extendable",
    "/problems/no-such-assignee",
    "/problems/too-many-requests",
}
# What no schema says of a value, and the answer does. To JSON Schema 1.0 is an integer.
UNSAID = re.compile(
    r"^cursor is what|^(purpose|channel) is one of|^Not a phone number|^customer_id goes with|^No customer has this id"
    r"|^Not an e-mail address|^A name (has|holds|stands)|^Give msisdn or email"
    r"|NUL - at `\$\.preferences|must not be blank|^A channel (stands there twice|cannot be taken away)|got `float`"
    r"|is empty: give it a value|is a number in decimal digits"
    r"|^at is in the future|^With at there is one customer|^Give one of customer_id"
    r"|^import_id is that of another|ruined - at"
    r"|^The reference is that of|^Not a reference"
    r"|^It cannot be read\.$"
    r"|^On whose behalf|^It is in the future, or more|^That is for staff|^Customers (demand|see)|^No day is written so"
    r"|^Say why: |^Say why, |^On a customer's behalf|^They begin and end at the same time|^No such time zone"
    r"|at `\$\.url`|^One (is none of|stands there twice)"
)
# Requests to a route that somebody may not use, or that does not ask who it is: more would be told the same.
ENOUGH = 3


def description() -> dict[str, Any]:
    """What a node will say of itself: schemathesis makes the requests before there is one."""
    node = Node(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", secret=SECRET))
    found: dict[str, Any] = json.loads(json.dumps(describe(node.endpoints, SENT)))
    return found


schema = schemathesis.openapi.from_dict(description(), config=schemathesis.Config(seed=1))
schema.config.generation.update(max_examples=5, deterministic=True, database="none")
schema.config.phases.update(phases=["coverage", "fuzzing"])
asked: Counter[str] = Counter()


@pytest.fixture(scope="module")
def served(shared_database: Sql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The service as it is run. It logs that it lacks its identity provider, and nothing else that went wrong."""
    log = tmp_path_factory.mktemp("fuzz") / "log"
    with NodeProcess(shared_database.app_url, log, SETTINGS) as served:
        served.start()
        yield served
        assert not [line for line in served.log.read_text().splitlines() if json.loads(line)["level"] == "error"]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that are kept."""
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def there(shared_database: Sql) -> dict[str, Iterator[str | None]]:
    """What is there for a path to name, by the part before it; None: what was made up is sent."""
    (spare,) = shared_database.run("SELECT consentfeed.add_user('spare@example.com', 'csr', NULL, NULL)::text")[0]
    demanded = "INSERT INTO consentfeed.rights_requests (customer_id, kind) VALUES (%s, %s) RETURNING id::text"
    kinds = ("access", "portability", "objection", "complaint")
    requests = [shared_database.run(demanded, CUSTOMER, kind)[0][0] for kind in kinds]
    return {
        "consents": cycle([*shared_database.consents(CUSTOMER)[:2], None, shared_database.consents(OTHER)[0]]),
        "customers": cycle([OTHER, None]),
        "users": cycle([spare, STAFF["admin"], None]),
        "purposes": cycle(["marketing", None]),
        "notices": cycle(["marketing", None]),
        "requests": cycle([*requests, None]),
        "deadlines": cycle(["access", None]),
    }


@schema.parametrize()
def test_every_answer_is_one_of_those_described(
    case: schemathesis.Case[Any],
    session: requests.Session,
    served: NodeProcess,
    there: dict[str, Iterator[str | None]],
) -> None:
    aim(case, there)
    for role in who_asks(f"{case.operation.method.upper()} {case.operation.path}"):
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer(role)}"} if role else {})
        how: dict[str, Any] = {"base_url": served.url, "session": session, "headers": headers, "allow_redirects": False}
        answer = case.call(**how)
        case.validate_response(answer, headers=headers, excluded_checks=unfit(answer), transport_kwargs=how)


def who_asks(route: str) -> list[str | None]:
    """Those who may use the route in turn; at first everybody else too."""
    turn = asked[route]
    asked[route] += 1
    may = ACCESS[route].roles or (None,)
    others = [role for role in (None, *ROLES) if role not in may]
    return [may[turn % len(may)], *(others if turn < ENOUGH else [])]


def aim(case: schemathesis.Case[Any], there: dict[str, Iterator[str | None]]) -> None:
    """Names what is there, in some of the requests whose path could be right."""
    before = re.search(r"([a-z]+)/\{(id|key|kind)\}", case.operation.path)
    if before and before[1] in there and case.meta and not case.meta.is_negative_at(ParameterLocation.PATH):
        named = next(there[before[1]])
        case.path_parameters = case.path_parameters | ({} if named is None else {before[2]: named})


def unfit(answer: Any) -> list[Any]:
    """The checks that cannot know what this answer is about."""
    body = json.loads(answer.content) if re.search("[/+]json", answer.headers.get("content-type", [""])[0]) else {}
    if answer.status_code >= 400 and (body["type"] in STATE or UNSAID.search(body.get("detail", ""))):
        return [positive_data_acceptance]
    if "ignored" in body:
        return [negative_data_rejection]  # a revocation is done with what could be understood
    if any("problem" in outcome for outcome in body.get("outcomes", ())):
        return [negative_data_rejection]
    return []


def test_what_was_looked_at_is_what_a_node_says_of_itself(served: NodeProcess) -> None:
    assert httpx.get(f"{served.url}/openapi.json").json() == description()
