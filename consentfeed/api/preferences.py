"""What people choose on the pages, kept for whoever they are."""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.shapes import Preferences
from consentfeed.errors import Problem
from consentfeed.http.endpoint import Endpoint, Json
from consentfeed.http.input import read_body
from consentfeed.identity.sessions import Principal
from consentfeed.postgres.operations import Administration

_PATH: Final = "/api/v1/preferences"
MAX_BODY: Final = 16 << 10


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """One object of whatever the pages want to keep, 16 KiB at most."""

    preferences: dict[str, Any]


class PreferenceApi:
    """Own preferences; nobody else's."""

    def __init__(self, administration: Administration) -> None:
        self._administration = administration

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", _PATH, self.read, "Own preferences", gives=Preferences),
            Endpoint("PUT", _PATH, self.save, "Save own preferences", body=Chosen, gives=Preferences),
        ]

    async def read(self, _request: Request, principal: Principal) -> Response:
        """What was saved last, or nothing."""
        return _told(await self._administration.preferences(principal.name) or "{}")

    async def save(self, request: Request, principal: Principal) -> Response:
        """In place of what was saved before."""
        raw = msgspec.json.encode((await read_body(request, Chosen, MAX_BODY)).preferences)
        # Written out again, 1e15 is longer.
        if len(raw) > MAX_BODY:
            raise Problem("body-too-large", f"At most {MAX_BODY} bytes.")
        # Without the backslashes that are escaped themselves, what is left is the escape of NUL.
        if b"\\u0000" in raw.replace(b"\\\\", b""):
            raise Problem("invalid", "Text must not hold NUL - at `$.preferences`")
        await self._administration.save_preferences(principal.name, raw.decode())
        return _told(raw.decode())


def _told(preferences: str) -> Response:
    return Json(f'{{"preferences":{preferences}}}')
