"""What people choose on the pages, kept for whoever they are."""

from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import Problem
from consentfeed.http.answer import Json
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import read_body
from consentfeed.permissions import Principal
from consentfeed.postgres.accounts import AccountQueries

_PATH: Final = "/api/v1/preferences"
MAX_BODY: Final = 16 << 10


class Preferences(Struct):
    """What somebody has chosen on the pages."""

    preferences: dict[str, Any]


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """One object of whatever the pages want to keep, 16 KiB at most."""

    preferences: dict[str, Any]


class PreferenceApi:
    """Own preferences; nobody else's."""

    def __init__(self, accounts: AccountQueries) -> None:
        self._accounts = accounts

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", _PATH, self.read, "Own preferences", gives=Preferences),
            Endpoint(
                "PUT", _PATH, self.save, "Save own preferences", body=Chosen, gives=Preferences, body_bytes=MAX_BODY
            ),
        ]

    async def read(self, _request: Request, principal: Principal) -> Response:
        """What was saved last, or nothing."""
        return _answer(await self._accounts.preferences(principal.name) or "{}")

    async def save(self, request: Request, principal: Principal) -> Response:
        """In place of what was saved before."""
        raw = msgspec.json.encode((await read_body(request, Chosen)).preferences)
        # The limit of the body is not enough: written out again a number such as 1e15 is longer.
        if len(raw) > MAX_BODY:
            raise Problem("body-too-large", f"At most {MAX_BODY} bytes.")
        # Without the backslashes that are escaped themselves, what is left is the escape of NUL.
        if b"\\u0000" in raw.replace(b"\\\\", b""):
            raise Problem("invalid", "Text must not hold NUL - at `$.preferences`")
        await self._accounts.save_preferences(principal.name, raw.decode())
        return _answer(raw.decode())


def _answer(preferences: str) -> Response:
    return Json(f'{{"preferences":{preferences}}}')
