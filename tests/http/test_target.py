"""What a proxy in front of a node and the node itself might read in two ways is refused, and nothing is done for it."""

import socket
from http.client import HTTPResponse

import pytest

from consentfeed.http.target import is_canonical
from tests.support.rest import Rest

WAYS = "/api/v1/auth/ways"
FILE = "feed/sse.js"
# In place of /api/v1/auth/ways, or of a file.
NOT_FOUND = [
    # Slashes and dots that some take for others.
    "/api/v1%2fauth/ways", "/api/v1%2Fauth/ways", "/api%2fv1/auth/ways", "%2fapi/v1/auth/ways", "/api/v1/auth/ways%2f",
    "/api/v1/auth%5cways", "/api/v1/auth%5Cways", "/api/v1/auth\\ways", "/api/v1/auth/..%2fauth/ways",
    "//api/v1/auth/ways", "/api//v1/auth/ways", "/api/v1/auth/ways/", "/api/v1/auth/ways//",
    "/api/./v1/auth/ways", "/./api/v1/auth/ways", "/api/v1/auth/ways/.", "/x/../api/v1/auth/ways",
    "/api/v1/auth/ways/..",
    "/api/v1/auth/%2e/ways", "/x/%2e%2e/api/v1/auth/ways", "/x/.%2E/api/v1/auth/ways", "/api/v1/auth/..;/auth/ways",
    # Letters that need no escape, bytes that no text has, and what is no escape.
    "/%61pi/v1/auth/ways", "/api/v1/auth/w%61ys", "/api/v1/auth/ways%7E", "/%2Dapi", "/api/v1/auth/ways%00",
    "/api/v1/auth/ways%0a", "/api/v1/auth/ways%7f", "/api/v1/auth/ways%ff", "/api/v1/auth/ways%c3",
    "/api/v1/auth/ways%", "/api/v1/auth/ways%2", "/api/v1/auth/ways%zz", "/api/v1/auth/ways%u0061",
    # Escaped where it is no path any more.
    "/api/v1/auth/ways%23x", "/api/v1/auth/ways%3fx=1", "/api/v1/auth/ways;x=1", "/api/v1/auth/ways%20",
    "/API/v1/auth/ways",
    f"/web/./{FILE}", f"/web//{FILE}", f"/web/x/../{FILE}", f"/web/%2e/{FILE}", f"/web/{FILE}/", f"/web/{FILE};x",
    "/web/" + FILE.replace("/", "%2f"), "/web/" + FILE.replace(".", "%2e"), "/web/" + FILE.replace("/", "%5c"),
    "/web/%2e%2e/settings.py", "/web/../settings.py", "/web", "/web/", "*",
]  # fmt: skip
BAD_REQUESTS = [
    "http://other/api/v1/auth/ways", "http://other:{port}/api/v1/auth/ways", "http://localhost/api/v1/auth/ways",
    "http://u@localhost:{port}/api/v1/auth/ways", "http://localhost:{port}@other/api/v1/auth/ways",
    "ftp://localhost:{port}/api/v1/auth/ways", "http:/api/v1/auth/ways", "http:///api/v1/auth/ways", "localhost:{port}",
    "api/v1/auth/ways", "?x", "/api/v1/auth/ways#x", "/api/v1/auth/ways?x#y", "/api/v1/auth/ways\xe9",
    "/api/v1/auth/ways?x=\xe9", "/api/v1/auth/\tways", "/api/v1/auth/ways x",
]  # fmt: skip
FOUND = [WAYS, "http://localhost:{port}/api/v1/auth/ways", "HTTPS://LOCALHOST:{port}/api/v1/auth/ways", f"{WAYS}?"]


def ask(rest: Rest, line: str, *headers: str, body: bytes = b"") -> tuple[int, bytes]:
    """The status and what comes after the head, of one request as it is written."""
    raw = "\r\n".join([line, *headers, "Connection: close", "", ""]).encode("latin-1") + body
    with socket.create_connection(("127.0.0.1", rest.node.port), 10) as connection:
        connection.sendall(raw)
        # And not until its end: after a bad request the node listens for a second more.
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def get(rest: Rest, target: str) -> tuple[int, bytes]:
    """What a GET of it answers."""
    port = rest.node.port
    return ask(rest, f"GET {target.format(port=port)} HTTP/1.1", f"Host: localhost:{port}")


@pytest.mark.parametrize("target", NOT_FOUND)
def test_a_path_that_might_be_another_is_not_found(rest: Rest, target: str) -> None:
    status, content = get(rest, target)
    # What does not begin with a slash is no path at all.
    code = "not-found" if target[0] in "/*" else "bad-request"
    assert (status, code.encode() in content) == (404 if code == "not-found" else 400, True)


@pytest.mark.parametrize("target", BAD_REQUESTS)
def test_what_names_another_host_or_is_no_path_is_400(rest: Rest, target: str) -> None:
    status, content = get(rest, target)
    assert (status, b"/problems/bad-request" in content) == (400, True)


@pytest.mark.parametrize("target", FOUND)
def test_what_can_be_read_in_one_way_is_found(rest: Rest, target: str) -> None:
    status, content = get(rest, target)
    assert (status, b'"password":true' in content) == (200, True)


def test_so_is_a_file(rest: Rest) -> None:
    assert get(rest, f"/web/{FILE}")[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/a", "/a/b", "/a.b/.c/..d/e..", "/caf%C3%A9", "/a%20b", "/a%252fb", "/a+b", "/a:b@c", "/%3F%23"]
)
def test_what_must_be_escaped_may_be(path: str) -> None:
    assert is_canonical(path.encode())


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Host:"],
        ["Host: a b"],
        ["Host: localhost,other"],
        ["Host: u@localhost"],
        ["Host: localhost:x"],
        ["Host: [::1"],
        ["Host: localhost", "Host: localhost"],
        ["Host: localhost", "Transfer-Encoding: gzip, chunked"],
        ["Host: localhost", "Transfer-Encoding: gzip"],
        ["Host: localhost", "Transfer-Encoding: chunked, chunked"],
        ["Host: localhost", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Host: localhost", "Transfer-Encoding: identity"],
    ],
)
def test_a_head_that_names_no_host_or_packs_the_body_is_400(rest: Rest, headers: list[str]) -> None:
    status, content = ask(rest, "POST /api/v1/auth/login HTTP/1.1", *headers, body=b"2\r\n{}\r\n0\r\n\r\n")
    assert (status, b"/problems/bad-request" in content) == (400, True)


@pytest.mark.parametrize("version", ["0.9", "1.2", "2.0", "3.0"])
def test_another_version_of_http_is_400(rest: Rest, version: str) -> None:
    assert ask(rest, f"GET {WAYS} HTTP/{version}", "Host: localhost")[0] == 400


def test_http_1_0_need_not_name_a_host(rest: Rest) -> None:
    assert ask(rest, f"GET {WAYS} HTTP/1.0")[0] == 200
    assert ask(rest, f"GET http://other{WAYS} HTTP/1.0")[0] == 400
