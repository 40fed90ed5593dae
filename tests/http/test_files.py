"""Files of the pages, and parts of them: what cannot be sent is a problem like any other."""

import httpx
import pytest

from consentfeed.http.pages import WEB
from tests.support.rest import Rest, problem
from tests.support.tokens import bearer

FILE = next(WEB.rglob("*.js"))
PATHS = [f"/web/{FILE.relative_to(WEB)}", "/"]


def ask(rest: Rest, path: str, part: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, rest.node.url + path, headers={"Range": part, "Accept-Encoding": "identity"})


@pytest.mark.parametrize("part", ["bytes=0-9", "BYTES=0-9", "bytes=5-", "bytes=-7", "bytes=0-0,5-9"])
@pytest.mark.parametrize("path", PATHS)
def test_a_part_is_sent(rest: Rest, path: str, part: str) -> None:
    answer = ask(rest, path, part)
    assert answer.status_code == 206
    whole = httpx.get(rest.node.url + path).content
    if "," not in part:
        assert answer.content == {"0-9": whole[:10], "5-": whole[5:], "-7": whole[-7:]}[part.partition("=")[2]]


@pytest.mark.parametrize(
    "part", ["bytes=99999999-", "bytes=9-5", "bytes=", "bytes=x", "bytes=-", "bytes=,", "bytes=1", "bytes=-0", "bytes"]
)
@pytest.mark.parametrize("path", PATHS)
def test_one_that_cannot_be_is_416_with_the_size(rest: Rest, path: str, part: str) -> None:
    answer = ask(rest, path, part)
    problem(answer, "range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(httpx.get(rest.node.url + path).content)}"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "part"), [("GET", "lines=1-2"), ("GET", "7"), ("HEAD", "bytes=9-5"), ("HEAD", "bytes=0-9")]
)
@pytest.mark.parametrize("path", PATHS)
def test_one_that_means_nothing_is_passed_over(rest: Rest, path: str, method: str, part: str) -> None:
    answer = ask(rest, path, part, method)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(httpx.get(rest.node.url + path).content)


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nothing", "/csr/", "//", "/customer/consents", "/healthz/x", "/%2e%2e/x"])
def test_a_person_gets_a_page_where_there_is_none_and_a_program_a_problem(rest: Rest, path: str) -> None:
    answer = httpx.get(rest.node.url + path, headers={"Accept": BROWSER})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page" in answer.text
    assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.9", ""):
        problem(httpx.get(rest.node.url + path, headers={"Accept": accept}), "not-found")
    problem(httpx.post(rest.node.url + path, headers={"Accept": BROWSER}), "not-found")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/web/nothing.js", "/api/v1/consents/x"])
def test_of_the_api_and_of_files_everybody_gets_the_problem(rest: Rest, path: str) -> None:
    headers = {"Accept": BROWSER, "Authorization": f"Bearer {bearer('csr')}"}
    problem(httpx.get(rest.node.url + path, headers=headers), "not-found")
