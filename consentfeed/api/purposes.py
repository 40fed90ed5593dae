"""What customers can consent to."""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.conditions import CONDITIONS, expected_tags, tag_header
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import END, KEY, Line, Text, read_body
from consentfeed.permissions import Principal
from consentfeed.postgres.pool import Record
from consentfeed.postgres.purposes import PurposeQueries

_PATH: Final = "/api/v1/purposes"
_KEY: Final = re.compile(KEY)
Channel = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}" + END)]


class PurposeText(Struct):
    """What a purpose is called in one language."""

    title: str
    description: str


class Purpose(Struct):
    """What a customer can consent to; notice_version is the version in force, texts what it says by language.

    title and description are today's; people agreed under the words of the notice that their consent names. tag is for
    If-Match.
    """

    key: str
    title: str
    description: str
    channels: list[str]
    legal_basis: str
    dpv_term: str | None
    default_validity_days: int | None
    position: int
    offered: bool
    notice_version: int | None
    languages: list[str] | None
    texts: dict[str, PurposeText]
    tag: str


class Purposes(Struct):
    """All purposes in their order; reaches: by channel, whether it reaches a number or an address."""

    purposes: list[Purpose]
    reaches: dict[str, Literal["msisdn", "email"]]


class Offer(msgspec.Struct, forbid_unknown_fields=True):
    """A purpose as it shall be; what is left out gets its default."""

    title: Annotated[Line, Meta(min_length=1, max_length=200)]
    channels: Annotated[list[Channel], Meta(min_length=1, max_length=20, description="Those there are, and more")]
    description: Annotated[Text, Meta(max_length=2000)] = ""
    default_validity_days: Annotated[int, Meta(ge=1, le=36_500, description="A grant's; null: no end")] | None = None
    position: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Smallest first")] = 0
    offered: Annotated[
        bool, Meta(description="Whether customers get consents for it, once a notice is published, and can grant it")
    ] = True


class PurposeApi:
    """Reading, adding and changing purposes."""

    def __init__(self, purposes: PurposeQueries) -> None:
        self._purposes = purposes

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        answers = {200: "Changed", 201: "Added; customers get pending consents for it once a notice is published"}
        return [
            Endpoint("GET", _PATH, self.all, "Purposes in their order", gives=Purposes),
            Endpoint(
                "PUT", _PATH + "/{key}", self.save, "Add or change a purpose",
                body=Offer, answers=answers, gives=Purpose, headers=CONDITIONS,
                answer_headers={"ETag": "The purpose's tag, for If-Match"},
            ),
        ]  # fmt: skip

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """All purposes."""
        purposes = [_purpose(row) for row in await self._purposes.purposes()]
        return json_answer({"purposes": purposes, "reaches": await self._purposes.channels()})

    async def save(self, request: Request, _principal: Principal) -> Response:
        """Adds or changes a purpose, and gives customers the consents for it that they lack."""
        key, offer = request.path_params["key"], await read_body(request, Offer)
        if not _KEY.fullmatch(key):
            raise Problem("invalid", "A key is lower-case letters, digits and hyphens, 63 at most, a letter first.")
        if not offer.title.strip():
            raise Problem("invalid", "The title must not be blank - at `$.title`")
        if len(set(offer.channels)) < len(offer.channels):
            raise Problem("invalid", "A channel stands there twice - at `$.channels`")
        outcome = await self._purposes.save_purpose(
            key, offer.title, offer.description, offer.channels, offer.default_validity_days, offer.position,
            offered=offer.offered, expected=expected_tags(request),
        )  # fmt: skip
        if outcome == "stale":
            raise Problem("stale")
        if outcome == "channel-lost":
            raise Problem("invalid", "A channel cannot be taken away: people have answered on it - at `$.channels`")
        await self._purposes.give_consents(key)
        (purpose,) = [row for row in await self._purposes.purposes() if row["key"] == key]
        return json_answer(_purpose(purpose), 201 if outcome == "added" else 200, tag_header(purpose["tag"]))


def _purpose(row: Record) -> dict[str, Any]:
    purpose = dict(row)
    titles, descriptions = purpose.pop("titles") or [], purpose.pop("descriptions") or []
    texts = zip(purpose["languages"] or [], titles, descriptions, strict=True)
    purpose["texts"] = {language: {"title": title, "description": sentence} for language, title, sentence in texts}
    return purpose
