"""Proofs that an event is in the log that a checkpoint stands for, and that one checkpoint continues another."""

from base64 import b64encode
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Filled, read_query
from consentfeed.log.ids import SealedIds, ids_for
from consentfeed.log.merkle import Span, consistency_spans, inclusion_spans
from consentfeed.log.note import Signer
from consentfeed.log.position import Position
from consentfeed.permissions import Principal
from consentfeed.postgres.checkpoints import CheckpointQueries
from consentfeed.postgres.log import LogQueries

_NO_EVENT: Final = "No event of this log has this id."
Size = Annotated[int, Meta(ge=1, description="How many events the tree covers; the size of any checkpoint")]
# 0: not given.
LaterSize = Annotated[int, Meta(ge=1, description="The same; if left out, that of the newest checkpoint")]


class TreeProof(Struct):
    """Hashes of RFC 9162 in base64, from the leaves up."""

    index: int
    size: int
    hashes: list[str]


class InclusionQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which event, in which tree."""

    event: Annotated[Filled, Meta(description="The event's id")]
    size: LaterSize = 0


class ConsistencyQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which two trees."""

    from_: Size = msgspec.field(name="from")
    to: LaterSize = 0


class ProofApi:
    """Inclusion and consistency proofs, for trees up to the newest checkpoint."""

    def __init__(
        self, log: LogQueries, checkpoints: CheckpointQueries, signer: Signer | None, sealed_ids: SealedIds
    ) -> None:
        self._log = log
        self._checkpoints = checkpoints
        self._signer = signer
        self._sealed_ids = sealed_ids

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint(
                "GET", "/api/v1/proofs/inclusion", self.inclusion, "Proof that an event is in the log",
                query=InclusionQuery, gives=TreeProof, problems=("not-found",),
            ),
            Endpoint(
                "GET", "/api/v1/proofs/consistency", self.consistency, "Proof that one checkpoint continues another",
                query=ConsistencyQuery, gives=TreeProof, problems=("not-found",),
            ),
        ]  # fmt: skip

    async def inclusion(self, request: Request, principal: Principal) -> Response:
        """The path from an event to the root."""
        query = read_query(request, InclusionQuery)
        newest = await self._newest()
        position = ids_for(principal, self._sealed_ids).read(query.event)
        if position is None or not await self._contains(position, principal):
            raise Problem("not-found", _NO_EVENT)
        size = self._size("size", query.size, newest)
        if position.seq >= size:
            raise Problem("invalid", f"The event is not among the first {size}: ask for a later checkpoint.")
        return await self._answer(position.seq, size, inclusion_spans(position.seq, size))

    async def consistency(self, request: Request, _principal: Principal) -> Response:
        """The path that both roots share."""
        query = read_query(request, ConsistencyQuery)
        newest = await self._newest()
        to = self._size("to", query.to, newest)
        if query.from_ > to:
            raise Problem("invalid", f"from is at most {to}: the later checkpoint is to.")
        return await self._answer(query.from_, to, consistency_spans(query.from_, to))

    async def _newest(self) -> int:
        size = (await self._checkpoints.state()).size if self._signer else None
        if size is None:
            raise Problem("not-found", "This log has no checkpoint that a proof could lead to.")
        return size

    @staticmethod
    def _size(name: str, size: int, newest: int) -> int:
        if size > newest:
            raise Problem("invalid", f"{name} is at most {newest}, the size of the newest checkpoint.")
        return size or newest

    async def _contains(self, position: Position, principal: Principal) -> bool:
        """Whether the log contains the event, of whoever may ask; staff are also answered for events long dropped."""
        if principal.only_customer is not None:
            return position.seq > 0 and (
                (await self._log.judge_position(position, principal.only_customer)).verdict == "ok"
            )
        hashes = await self._checkpoints.event_hashes(position.seq, 1)
        return bool(hashes) and hashes[0][1].startswith(position.hash)

    async def _answer(self, index: int, size: int, spans: list[Span]) -> Response:
        hashes = await self._checkpoints.span_hashes(spans) if spans else []
        return json_answer({"index": index, "size": size, "hashes": [b64encode(one).decode() for one in hashes]})
