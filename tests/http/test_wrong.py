"""A body with several mistakes is answered once: each member that does not fit is named, and nothing is written."""

from typing import Any

import pytest

from tests.support.rest import Rest, problem

OFFER: dict[str, Any] = {"title": "T", "channels": ["sms"]}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        (
            {"title": "", "channels": ["sms", 7], "position": -1},
            {
                "#/title": "Expected `str` of length >= 1",
                "#/channels/1": "Expected `str`, got `int`",
                "#/position": "Expected `int` >= 0",
            },
        ),
        (
            {"title": ..., "offered": "yes", "colour": "red"},
            {
                "#": "Object contains unknown field `colour`",
                "#/title": "This member is missing",
                "#/offered": "Expected `bool`, got `str`",
            },
        ),
        ({"title": 1}, {"#/title": "Expected `str`, got `int`"}),
        (
            {"title": ..., "channels": ...},
            {"#/title": "This member is missing", "#/channels": "This member is missing"},
        ),
    ],
)
def test_all_wrong_members_of_a_body_are_told(rest: Rest, changes: dict[str, Any], errors: dict[str, str]) -> None:
    body = {name: value for name, value in (OFFER | changes).items() if value is not ...}
    answer = problem(rest.call("PUT", "/purposes/wrong", "admin", json=body), "invalid")
    assert {one["pointer"]: one["detail"] for one in answer["errors"]} == errors
    assert not rest.sql("SELECT FROM consentfeed.purposes WHERE key = 'wrong'")


@pytest.mark.parametrize("body", ["[]", "7", '"text"', "null"])
def test_what_is_no_object_is_one_mistake(rest: Rest, body: str) -> None:
    answer = problem(rest.call("PUT", "/purposes/wrong", "admin", content=body), "invalid")
    assert [one["pointer"] for one in answer["errors"]] == ["#"]


def test_beside_half_of_a_surrogate_pair_the_first_mistake_is_told(rest: Rest) -> None:
    body = '{"channels": 7, "title": "\\ud800"}'
    answer = problem(rest.call("PUT", "/purposes/wrong", "admin", content=body), "invalid")
    assert [one["pointer"] for one in answer["errors"]] == ["#/channels"]
