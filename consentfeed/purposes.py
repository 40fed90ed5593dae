"""What customers can consent to, and the texts they are told."""

import re

from starlette.requests import Request
from starlette.responses import Response

from consentfeed.database import Database
from consentfeed.edge import EVERYONE, Endpoint, json_answer
from consentfeed.errors import Problem
from consentfeed.identity import Principal
from consentfeed.shapes import Notice, Purposes


class PurposeApi:
    """Reading purposes and notices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        notice = "/api/v1/notices/{key}/{version}/{language}"
        return [
            Endpoint("GET", "/api/v1/purposes", self.all, EVERYONE, "Purposes in their order", gives=Purposes),
            Endpoint("GET", notice, self.notice, EVERYONE, "The text of a published notice", gives=Notice),
        ]

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """All purposes."""
        return json_answer({"purposes": [dict(row) for row in await self._database.purposes()]})

    async def notice(self, request: Request, _principal: Principal) -> Response:
        """The text of a published notice, for ever the same."""
        key, version, language = (request.path_params[name] for name in ("key", "version", "language"))
        possible = re.fullmatch(r"[1-9][0-9]{0,8}", version) and "\x00" not in key + language
        row = await self._database.notice(key, int(version), language) if possible else None
        if row is None:
            raise Problem("not-found", "No such notice is published.")
        text, sha256 = row
        return json_answer(
            {"key": key, "version": int(version), "language": language, "text": text, "sha256": sha256.hex()}
        )
