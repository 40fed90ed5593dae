"""The cookie of a session: its name, and how it is read and set."""

from typing import Final

from starlette.requests import HTTPConnection

COOKIE: Final = "consentfeed_session"
# A browser keeps a name with this prefix only for this very host, over https: no other site of the domain can set it.
_PREFIX: Final = "__Host-"
SECURE_COOKIE: Final = _PREFIX + COOKIE


def is_secure(request: HTTPConnection, flag: bool = False) -> bool:
    """Whether the request came over https, as far as is known; flag is what the settings say."""
    return flag or request.scope.get("scheme") == "https"


def read(request: HTTPConnection, cookie: str = COOKIE) -> str | None:
    """The cookie's value; over https it counts only under the name that no other site can set."""
    expected_name = _PREFIX * is_secure(request) + cookie
    # Exact, unlike Starlette's: one that trims other white space takes another name for the protected one.
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip(" ").partition("=")
        if name == expected_name:
            return value or None
    return None


def write(token: str, seconds: int, secure: bool, cookie: str = COOKIE) -> str:
    """The value of Set-Cookie; an empty token for 0 seconds deletes it."""
    name, attributes = (_PREFIX + cookie, "; Secure") if secure else (cookie, "")
    return f"{name}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{attributes}"
