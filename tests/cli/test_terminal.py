"""What comes from outside is shown, and not obeyed: no command prints what a terminal would take for an order."""

import ast
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from consentfeed.cli.terminal import printable
from tests.cli.command import Result, Run
from tests.support.database import Sql, with_login
from tests.support.http_server import Answer, fixed, http_server, stream
from tests.support.tokens import SECRET, bearer

CLI = Path(__file__).parents[2] / "consentfeed" / "cli"
# A colour, a bell, a line of its own, a window's title, a C1 sequence, the other direction, a line separator, nothing.
HOSTILE = "a\x1b[31m\x07\r\nb\x1b]0;c\x9b2J\u202ed\u2028e\u200b\x7f@example.com"


def is_safe(result: Result) -> bool:
    """Whether a terminal would show every character of it, and obey none but the ends of our lines."""
    text = result.out + result.err
    assert "example.com" in text, result
    return all(character.isprintable() or character == "\n" for character in text)


def test_what_a_terminal_obeys_is_escaped_as_in_json() -> None:
    assert json.loads(f'"{printable(HOSTILE)}"') == HOSTILE
    assert printable(HOSTILE).isprintable()
    assert json.loads(printable(json.dumps({"a": HOSTILE}, ensure_ascii=False))) == {"a": HOSTILE}
    assert printable("\U000e0041\ud800").isascii()


@pytest.mark.parametrize("text", ["Nimal Perera", "ශ්\u200dරී ලංකා", "தமிழ்", "Kamala O'Brien – 100 %", "🙂"])
def test_what_people_write_is_left_alone(text: str) -> None:
    assert printable(text) == text


def test_accounts_of_an_identity_provider(run: Run, database: Sql) -> None:
    admit = "SELECT consentfeed.admit_account(gen_random_uuid(), %s, 'subject', %s, 'csr', NULL)"
    database.run(admit, f"https://id.example.com/{HOSTILE}", HOSTILE)
    result = run("user", "list", database_url=database.app_url)
    assert is_safe(result)
    accounts = database.run("SELECT count(*) FROM consentfeed.users")[0][0]
    assert len(result.out.splitlines()) == accounts, "one line for each account"


def test_names_in_the_database_and_answers_of_postgresql(run: Run, database: Sql) -> None:
    database.run("INSERT INTO consentfeed.migrations (name) VALUES (%s)", HOSTILE)
    assert is_safe(run("migrate", "--status", owner_url=database.url))
    assert is_safe(run("migrate", owner_url=database.url))
    assert is_safe(run("verify", "--data-dir", HOSTILE.replace("\r\n", "")))
    assert is_safe(run("user", "disable", "--email", HOSTILE, database_url=database.app_url))
    # PostgreSQL quotes the name of who may not come in.
    somebody = with_login(database.url, quote(HOSTILE), "x", "postgres")
    assert is_safe(run("migrate", owner_url=somebody))


def _event(**changes: object) -> str:
    consent = {"purpose": HOSTILE, "channel": HOSTILE, "customer_id": HOSTILE}
    data = {"timestamp": HOSTILE, "type": HOSTILE, "consent": consent, "actor": {"kind": HOSTILE}}
    return json.dumps(data | changes, ensure_ascii=False)


ID = "1-9f2ab1c3"
GOODBYE = ("2", "goodbye", '{"reason":"signed-out"}')
SERVERS = {
    "an event": stream((ID, "consent-updated", _event()), GOODBYE),
    "an event of another kind": stream((ID, "\x1b[31mexample.com", _event(consent=None)), GOODBYE),
    "a reset": stream((ID, "reset", _event(reason=HOSTILE)), GOODBYE),
    "an id": stream(("1-\x1b[31m\x9b2J\u202e", "reset", "{}")),
    "no JSON": stream((ID, "\x1b[31mexample.com", HOSTILE.replace("\r\n", "")), GOODBYE),
    "a refusal": fixed(422, json.dumps({"detail": HOSTILE}).encode(), Content_Type="application/problem+json"),
    "another type": fixed(200, b"", Content_Type="\x1b[31m\x9b2Jexample.com"),
}  # fmt: skip


@pytest.mark.parametrize("options", [["--json"], []])
@pytest.mark.parametrize("name", SERVERS)
def test_what_another_server_sends(run: Run, name: str, options: list[str]) -> None:
    with http_server(SERVERS[name]) as url:
        result = run("tail", *options, "--url", url, "--token", "a")
    assert result.status == 1
    assert is_safe(Result(1, f"{result.out}example.com", result.err))
    if options and name in ("an event", "a reset"):
        (line,) = result.out.splitlines()
        assert json.loads(line)["data"]["type"] == HOSTILE


def test_a_line_of_tail_is_short_and_names_nobody(run: Run) -> None:
    consent = {"purpose": "marketing", "channel": "sms", "customer_id": "c0"}
    who = {"user": {"id": "c0", "email": "nimal@example.com"}, "reason": {"text": "Nimal called"}}
    event = {"timestamp": "t", "type": "revoked", "consent": consent, "actor": {"kind": "csr"}} | who
    blocks = [
        ("1-a", "consent-updated", json.dumps(event)),
        ("2-b", "customer-updated", json.dumps({"customer": {"id": "c0", "name": "Nimal"}} | who)),
        ("3-c", "reset", '{"reason":"forked"}'),
    ]
    with http_server(stream(*blocks, ("4-d", "goodbye", '{"reason":"signed-out"}'))) as url:
        lines = run("tail", "--url", url, "--token", "a").out.splitlines()
    assert lines == [
        "t  1-a  revoked  marketing/sms  customer c0  by csr",
        "2-b  customer-updated",
        "3-c  reset  forked",
    ]


def test_what_the_doctor_sees(run: Run, shared_database: Sql) -> None:
    settings = {"database_url": shared_database.app_url, "secret": SECRET}
    answer: Answer = fixed(503, json.dumps({"reasons": [HOSTILE]}).encode(), Content_Type="a\x1b[31m\x9b")
    with http_server(answer) as url:
        for options in ([], ["--json"]):
            assert is_safe(run("doctor", *options, "--url", url, "--token", bearer("service"), **settings))


def test_nothing_is_printed_past_the_terminal() -> None:
    others = [path for path in CLI.glob("*.py") if path.name != "terminal.py"]
    assert len(others) > 8
    for path in others:
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            assert name not in ("echo", "secho", "print", "stdout", "stderr"), f"{path}:{getattr(node, 'lineno', 0)}"
