"""Paths by their segments: what is found, and what is not there."""

import pytest
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from consentfeed.http.paths import Paths


class App:
    """An application that is known by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


TEMPLATES = ("/a", "/a/b", "/a/{id}", "/a/{id}/c", "/a/{id}/d/{version}", "/a/b/e", "/")
PATHS = Paths({template: App(template) for template in TEMPLATES})


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/a", "/a", {}),
        ("/a/b", "/a/b", {}),  # not the {id} that is called b
        ("/a/b/e", "/a/b/e", {}),
        ("/a/x", "/a/{id}", {"id": "x"}),
        ("/a/{}", "/a/{id}", {"id": "{}"}),
        ("/a/ä b", "/a/{id}", {"id": "ä b"}),
        ("/a/x/c", "/a/{id}/c", {"id": "x"}),
        ("/a/x/d/7", "/a/{id}/d/{version}", {"id": "x", "version": "7"}),
        ("/", "/", {}),
    ],
)
def test_a_path_is_of_the_application_of_its_template(path: str, template: str, parameters: dict[str, str]) -> None:
    match, scope = PATHS.matches({"type": "http", "path": path})
    assert (match, scope["endpoint"].name, scope["path_params"]) == (Match.FULL, template, parameters)


@pytest.mark.parametrize(
    "path",
    ["", "a", "/a/", "/a//c", "/a/x/", "/a/x/d", "/a/x/d/", "/a/x/d/7/8", "/x", "//a", "/A", "/a\n", "/{}", "/a/b/c"],
)
def test_what_is_not_there_is_nobodys(path: str) -> None:
    assert PATHS.matches({"type": "http", "path": path}) == (Match.NONE, {})


def test_a_lifespan_is_no_path() -> None:
    assert PATHS.matches({"type": "lifespan"}) == (Match.NONE, {})
