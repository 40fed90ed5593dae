"""The rights in docs/nats.md are all that the service needs; the doctor says which of them is missing."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from consentfeed import metrics
from consentfeed.relay.rights import RIGHTS, Right
from tests.doctor.examined import bad
from tests.doctor.test_nats import finding
from tests.relay.test_nodes import fed
from tests.relay.test_stream import ERASE, FLIP, failing, ids, log, served
from tests.support.database import Sql
from tests.support.nats import Nats, NatsServer, url_of
from tests.support.node import StartNode
from tests.support.process import ROOT
from tests.support.seed import CUSTOMER, OTHER
from tests.support.waiting import wait_until

Start = Callable[[tuple[Right, ...]], Nats]


@pytest.fixture
def allowing() -> Iterator[Start]:
    """Starts a server that lets the service do exactly this, and tests do anything."""
    with ExitStack() as stack:

        def start(rights: tuple[Right, ...]) -> Nats:
            server = NatsServer()
            stack.callback(server.close)
            allowed = ", ".join(f"{verb}: {{ allow: {_subjects(verb, rights)} }}" for verb in ("publish", "subscribe"))
            users = f"{{ user: tests, password: any }}, {{ user: us, password: ours, permissions: {{ {allowed} }} }}"
            server.more = f"authorization {{ users: [ {users} ] }}\nno_auth_user: tests\n"
            server.start()
            return Nats([server])

        yield start


def _subjects(verb: str, rights: tuple[Right, ...]) -> str:
    names = [f'"{right.subjects}"' for right in rights if right.verb == verb]
    return f"[{', '.join(names)}]"


def url(nats: Nats) -> str:
    """Of the user who has the rights."""
    return url_of("us", "ours", nats.servers[0].port)


def test_the_rights_are_those_that_are_documented() -> None:
    text = (ROOT / "docs" / "nats.md").read_text()
    rows = re.findall(r"^\| (publish|subscribe) (`.*`) \|", text, re.MULTILINE)
    documented = {(verb, subjects) for verb, cell in rows for subjects in re.findall(r"`([^`]+)`", cell)}
    assert documented == {(right.verb, right.subjects) for right in RIGHTS}


def test_with_these_rights_all_works(allowing: Start, database: Sql, start_node: StartNode) -> None:
    """A stream is made, kept within its bounds, read, fed to a node, freed of a customer, deleted and made anew."""
    nats = allowing(RIGHTS)
    relaying = start_node(nats_url=url(nats))
    database.run(FLIP, CUSTOMER)
    assert ids(nats.relayed(database)) == log(database)
    other = fed(start_node(nats_url=url(nats)))
    before = metrics.total(metrics.nats_events)
    served(other, database)
    assert metrics.total(metrics.nats_events) > before
    wait_until(lambda: finding(database, url(nats)).severity == "ok", what="the doctor is content")
    other.stop()
    relaying.stop()
    database.run(FLIP, OTHER)
    database.run(ERASE, CUSTOMER)
    start_node(nats_url=url(nats), nats_stream_hours=1.0)
    kept = nats.relayed(database)
    assert CUSTOMER not in {message.event["subject"] for message in kept[:-1]}
    with nats.client() as client:
        assert client.api("STREAM.INFO.consentfeed")["config"]["max_age"] == 3600 * 10**9


@pytest.mark.parametrize("missing", RIGHTS, ids=str)
def test_a_right_that_is_missing_is_named_by_the_doctor(
    missing: Right, allowing: Start, database: Sql, start_node: StartNode
) -> None:
    nats = allowing(tuple(right for right in RIGHTS if right != missing))
    found = finding(database, url(nats))
    bad(found, "problem", "docs/nats.md", f"({missing})")
    served(start_node(nats_url=url(nats)), database)


@pytest.mark.parametrize("command", ["INFO", "CREATE"])
def test_the_relay_says_which_right_it_lacks(
    allowing: Start, start_node: StartNode, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Also where it has some of those that the doctor looks at together."""
    others = tuple(right for right in RIGHTS if right.subjects != "$JS.API.STREAM.*.consentfeed")
    some = {"INFO", "CREATE", "DELETE"} - {command}
    nats = allowing((*others, *(Right("publish", f"$JS.API.STREAM.{one}.consentfeed", "") for one in some)))
    denied = failing("denied")
    start_node(nats_url=url(nats))
    wait_until(denied, 20, "it says so")
    assert f"(publish $JS.API.STREAM.{command}.consentfeed)" in capsys.readouterr().out


def test_looking_at_the_rights_leaves_no_trace(nats: Nats, database: Sql, start_node: StartNode) -> None:
    other_refused = metrics.total(metrics.nats_refused)
    start_node(nats_url=nats.url)
    database.run(FLIP, CUSTOMER)
    nats.relayed(database)
    other = fed(start_node(nats_url=nats.url))
    with nats.client() as client:
        before = client.state()
        for _ in range(2):
            finding(database, nats.url)
        assert client.state() == before
    served(other, database)
    assert metrics.total(metrics.nats_refused) == other_refused


def test_who_is_not_let_in_is_told_what_to_look_at(
    allowing: Start, database: Sql, start_node: StartNode, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = url(allowing(RIGHTS)).replace("ours", "theirs")
    bad(finding(database, wrong), "problem", "does not let the service in", "password")
    served(start_node(nats_url=wrong), database)
    assert "code=locked-out" in capsys.readouterr().out
