"""What people choose on the pages is theirs, whole, and small."""

from typing import Any
from uuid import uuid4

import pytest

from consentfeed.api.preferences import MAX_BODY, Preferences
from tests.support.rest import Rest, ok, problem
from tests.support.seed import CUSTOMER

CHOSEN = {"language": "si", "toasts": {"seconds": 5.5, "sound": False, "watch": [CUSTOMER, None]}, "\\u0000": "\\"}


def save(rest: Rest, value: Any, role: str = "csr", subject: str | None = None) -> Any:
    return rest.call("PUT", "/preferences", role, subject, json={"preferences": value})


@pytest.mark.parametrize("role", ["customer", "csr", "admin"])
def test_what_was_saved_is_read_until_something_else_is_saved(rest: Rest, role: str) -> None:
    somebody = str(uuid4())
    assert ok(rest.get("/preferences", role, subject=somebody), Preferences) == {"preferences": {}}
    for chosen in (CHOSEN, {"theme": "dark"}, {}):
        assert ok(save(rest, chosen, role, somebody)) == {"preferences": chosen}
        assert ok(rest.get("/preferences", role, subject=somebody)) == {"preferences": chosen}


def test_nobody_elses_are_read_or_written(rest: Rest) -> None:
    mine, other = str(uuid4()), str(uuid4())
    ok(save(rest, CHOSEN, "csr", mine))
    ok(save(rest, {"theme": "dark"}, "csr", other))
    assert ok(rest.get("/preferences", "csr", subject=mine)) == {"preferences": CHOSEN}
    for role in ("customer", "admin"):
        assert ok(rest.get("/preferences", role, subject=mine)) == {"preferences": {}}, (
            "another role is another principal"
        )


@pytest.mark.parametrize("value", [[], None, "dark", 7])
def test_what_is_no_object_is_422(rest: Rest, value: Any) -> None:
    problem(save(rest, value), "invalid")


def test_nul_is_422_wherever_it_stands(rest: Rest) -> None:
    for value in ({"a": "x\x00y"}, {"a\x00": 1}, {"a": [{"b": "\\\x00"}]}):
        problem(save(rest, value), "invalid")


def test_sixteen_kilobytes_are_kept_and_no_more(rest: Rest) -> None:
    somebody = str(uuid4())
    largest = {"a": "x" * (MAX_BODY - len('{"preferences":{"a":""}}'))}
    content = '{"preferences":{"a":"%s"}}'
    for text, code in ((largest["a"], None), (largest["a"] + "x", "body-too-large")):
        answer = rest.call("PUT", "/preferences", "csr", somebody, content=content % text)
        problem(answer, code) if code else ok(answer)
    assert ok(rest.get("/preferences", "csr", subject=somebody)) == {"preferences": largest}


def test_what_grows_when_it_is_written_out_counts_as_it_is_kept(rest: Rest) -> None:
    content = '{"preferences":{"a":[1e15' + ",1e15" * 3000 + "]}}"
    assert len(content) < MAX_BODY
    problem(rest.call("PUT", "/preferences", "csr", content=content), "body-too-large")
