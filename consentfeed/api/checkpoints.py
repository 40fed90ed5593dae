"""Checkpoints of the log, and the key that verifies them: the newest is open, so that anybody may keep it."""

import base64
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, Limit, read_query
from consentfeed.http.paging import read_cursor, write_cursor
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.event import rfc3339
from consentfeed.log.note import Signer
from consentfeed.permissions import Principal
from consentfeed.postgres.checkpoints import CheckpointQueries

_NO_KEY: Final = "This log has no checkpoints: its operator sets CONSENTFEED_CHECKPOINT_KEY."
_MOST: Final = 2**63 - 1  # what a bigint holds
# Much shorter than the time between an event and the checkpoint that covers it.
_HEADERS: Final = {"cache-control": "public, max-age=5"}


class ListedCheckpoint(Struct):
    """root: in base64, as in the note; note: as it is signed, null where no key is set."""

    size: int
    root: str
    made_at: datetime
    note: str | None


class CheckpointPage(Struct):
    """Checkpoints, the newest first, and the cursor of the next page if there is one."""

    checkpoints: list[ListedCheckpoint]
    next: str | None


class CheckpointSearch(msgspec.Struct, forbid_unknown_fields=True):
    """Which page."""

    limit: Limit = 100
    cursor: Annotated[Filled, Meta(description="What the page before gave as next")] = ""


class CheckpointApi:
    """Checkpoints as C2SP signed notes. signer: None where no key is set."""

    def __init__(self, checkpoints: CheckpointQueries, signer: Signer | None) -> None:
        self._checkpoints = checkpoints
        self._signer = signer

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "GET", "/api/v1/checkpoint", self.checkpoint, "The newest checkpoint of the log, as a signed note",
                gives=str, media=("text/plain",), problems=("not-found",),
            ),
            Endpoint(
                "GET", "/api/v1/checkpoint/key", self.key, "The key that verifies checkpoints",
                gives=str, media=("text/plain",), problems=("not-found",),
            ),
            Endpoint(
                "GET", "/api/v1/checkpoints", self.all, "All checkpoints, the newest first, page by page",
                query=CheckpointSearch, gives=CheckpointPage,
            ),
        ]  # fmt: skip

    async def checkpoint(self, _request: Request, _nobody: None) -> Response:
        """What stands in the database is signed when it is asked for; the signature is always the same."""
        if self._signer is None:
            raise Problem("not-found", _NO_KEY)
        state = await self._checkpoints.state()
        if state.size is None or state.root is None:
            raise Problem("not-found", "No checkpoint has been made yet. Ask again in a minute.")
        return Response(self._note(self._signer, state.size, state.root), headers=_HEADERS, media_type="text/plain")

    async def key(self, _request: Request, _nobody: None) -> Response:
        """Name, key id and public key."""
        if self._signer is None:
            raise Problem("not-found", _NO_KEY)
        return Response(f"{self._signer.key}\n", headers=_HEADERS, media_type="text/plain")

    async def all(self, request: Request, _principal: Principal) -> Response:
        """A page of them, each signed as it was."""
        search = read_query(request, CheckpointSearch)
        _, after = read_cursor(search.cursor, "size")
        rows = await self._checkpoints.before(min(UUID(after).int, _MOST) if after else None, search.limit + 1)
        page = rows[: search.limit]
        return json_answer(
            {
                "checkpoints": [
                    {
                        "size": made.size,
                        "root": base64.b64encode(made.root).decode(),
                        "made_at": rfc3339(made.made_at),
                        "note": self._note(self._signer, made.size, made.root) if self._signer else None,
                    }
                    for made in page
                ],
                "next": write_cursor("size", str(page[-1].size), UUID(int=page[-1].size)) if page != rows else None,
            }
        )

    @staticmethod
    def _note(signer: Signer, size: int, root: bytes) -> str:
        return signer.sign(Checkpoint(signer.key.name, size, root).text)
