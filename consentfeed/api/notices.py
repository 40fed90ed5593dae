"""Notices, the texts that customers agree to: published ones for everybody, drafts and publishing for admins."""

import re
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.languages import language as canonical
from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.conditions import CONDITIONS, IF_MATCH, expected_tags
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import Language, Line, Text, decode, read_body
from consentfeed.permissions import Principal
from consentfeed.postgres.purposes import PurposeQueries

_UNKNOWN: Final = "No such notice is published."
# Where the details of errors.PROBLEMS are not about writing notices.
_DETAILS: Final = {
    "not-found": "There is no such purpose.",
    "notice-superseded": "A higher version is in force. Write one above it.",
}


class Notice(Struct):
    """The text of a notice, exactly as shown, under the title of its version."""

    key: str
    version: int
    language: str
    title: str
    description: str
    text: str
    sha256: str


class NoticeVersion(Struct):
    """One language of one version of a notice; a draft is not published yet."""

    version: int
    language: str
    title: str
    description: str
    text: str
    sha256: str
    published_at: datetime | None
    in_force: bool
    granted: Annotated[int, Meta(description="Consents that stand granted under it")]
    tag: Annotated[str, Meta(description="For If-Match, where this language is written")]
    version_tag: Annotated[str, Meta(description="For If-Match, where the version is published")]


class NoticeVersions(Struct):
    """All notices of a purpose, newest version first."""

    notices: list[NoticeVersion]


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """One language of a notice that is not published yet."""

    text: Annotated[Text, Meta(min_length=1, max_length=20_000)]
    title: Annotated[Line, Meta(min_length=1, max_length=200, description="Else the purpose's")] | None = None
    description: Annotated[Text, Meta(max_length=2000, description="Else the purpose's")] | None = None


class NoticeApi:
    """Reading, drafting and publishing notices."""

    def __init__(self, purposes: PurposeQueries) -> None:
        self._purposes = purposes

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        of_purpose = "/api/v1/purposes/{key}/notices"
        return [
            Endpoint(
                "GET", "/api/v1/notices/{key}/{version}/{language}", self.one, "The text of a published notice",
                gives=Notice,
            ),
            Endpoint(
                "GET", of_purpose, self.all, "All notices of a purpose, drafts too", gives=NoticeVersions,
            ),
            # Before the next, whose path it fits too.
            Endpoint(
                "POST", of_purpose + "/{version}/publish", self.publish, "Publish all languages of a draft",
                gives=NoticeVersions, headers=IF_MATCH, problems=("notice-published", "notice-superseded", "no-draft"),
            ),
            Endpoint(
                "PUT", of_purpose + "/{version}/{language}", self.draft, "Write a draft of a notice",
                body=Draft, gives=NoticeVersions, headers=CONDITIONS, problems=("not-found", "notice-published"),
            ),
        ]  # fmt: skip

    async def one(self, request: Request, _principal: Principal) -> Response:
        """The text of a published notice; it never changes."""
        key, version = _key(request), _version(request)
        try:
            row = await self._purposes.notice(key, version, _language(request))
        except Problem:
            row = None
        if row is None:
            raise Problem("not-found", _UNKNOWN)
        notice = {"key": key, "version": version, **row, "sha256": row["sha256"].hex()}
        return json_answer(notice)

    async def all(self, request: Request, _principal: Principal) -> Response:
        """Every version in every language, newest first."""
        key = _key(request)
        notices = await self._purposes.list_notices(key)
        if not notices and key not in {row["key"] for row in await self._purposes.purposes()}:
            raise Problem("not-found", _DETAILS["not-found"])
        return json_answer({"notices": [dict(row) for row in notices]})

    async def draft(self, request: Request, principal: Principal) -> Response:
        """Writes one language of a version that is not published."""
        key, version = _key(request), _version(request)
        language = canonical(_language(request))
        body = await read_body(request, Draft)
        for name in ("text", "title"):
            if not (getattr(body, name) or "-").strip():
                raise Problem("invalid", f"The {name} must not be blank - at `$.{name}`")
        _check(
            await self._purposes.save_draft(
                key, version, language, body.text, body.title, body.description, expected_tags(request)
            )
        )
        return await self.all(request, principal)

    async def publish(self, request: Request, principal: Principal) -> Response:
        """Puts a draft into force in place of the version that is; with the first one the purpose is offered."""
        key = _key(request)
        _check(
            await self._purposes.publish_notice(
                key, _version(request), principal.role, principal.id, "rest", expected_tags(request)
            )
        )
        await self._purposes.give_consents(key)
        return await self.all(request, principal)


def _key(request: Request) -> str:
    key: str = request.path_params["key"]
    if "\x00" in key:
        raise Problem("not-found", _UNKNOWN)
    return key


def _language(request: Request) -> str:
    """Raises Problem invalid for what is no tag."""
    tag: str = decode(msgspec.json.encode(request.path_params["language"]), Language)
    return tag


def _version(request: Request) -> int:
    version = request.path_params["version"]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise Problem("not-found", _UNKNOWN)
    return int(version)


def _check(problem: str | None) -> None:
    if problem:
        raise Problem(problem, _DETAILS.get(problem, ""))
