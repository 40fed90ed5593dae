"""Webhooks: endpoints that are sent events, for admins."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from consentfeed.api.webhook_shapes import (
    SavedWebhook,
    TestResult,
    WebhookChoice,
    WebhookList,
    WebhookReplay,
    WebhookState,
    repeated,
    test_json,
    webhook_json,
)
from consentfeed.errors import Problem
from consentfeed.feed.filter import Filter
from consentfeed.feed.replay import PositionLost, Replay
from consentfeed.http.answer import json_answer
from consentfeed.http.conditions import CONDITIONS, expected_tags, tag_header
from consentfeed.http.endpoint import Endpoint
from consentfeed.http.input import KEY, read_body
from consentfeed.log.ids import PLAIN
from consentfeed.permissions import Principal
from consentfeed.postgres.purposes import PurposeQueries
from consentfeed.postgres.webhooks import Webhook, WebhookQueries
from consentfeed.webhooks.signing import new_secret, shown
from consentfeed.webhooks.target import NoTarget
from consentfeed.webhooks.webhooks import Webhooks
from consentfeed.writes.trail import Action, Trail

_PATH: Final = "/api/v1/webhooks"
_ONE: Final = _PATH + "/{name}"
_NAME: Final = re.compile(KEY)
_UNKNOWN: Final = "No webhook has this name."
_MOST: Final = 100
_BOTH_SIGN: Final = timedelta(hours=24)
_EVERYTHING: Final = Filter(kinds=None)


class WebhookApi:
    """Adding, changing, watching and trying endpoints."""

    def __init__(
        self, queries: WebhookQueries, purposes: PurposeQueries, webhooks: Webhooks, replay: Replay, trail: Trail
    ) -> None:
        self._queries = queries
        self._purposes = purposes
        self._webhooks = webhooks
        self._replay = replay
        self._trail = trail

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        answers = {200: "Changed", 201: "Added, with its secret, which is never shown again"}
        return [
            Endpoint("GET", _PATH, self.all, "Webhooks, and how they fare", gives=WebhookList),
            Endpoint(
                "PUT", _ONE, self.save, "Add or change a webhook, which is tried at once where it was given up",
                body=WebhookChoice, answers=answers, gives=SavedWebhook, headers=CONDITIONS,
                answer_headers={"ETag": "The webhook's tag, for If-Match"}, problems=("too-many-webhooks",),
            ),
            Endpoint("DELETE", _ONE, self.delete, "Delete a webhook", answers={204: "Deleted"}),
            Endpoint(
                "POST", _ONE + "/rotate", self.rotate, "Another secret; the one before signs as well for 24 hours",
                gives=SavedWebhook,
            ),
            Endpoint(
                "POST", _ONE + "/replay", self.go_on, "Go on after an event, at once",
                body=WebhookReplay, gives=WebhookState, problems=("place-lost",),
            ),
            Endpoint("POST", _ONE + "/test", self.test, "Send a message that is about nothing", gives=TestResult),
        ]  # fmt: skip

    async def all(self, _request: Request, _principal: Principal) -> Response:
        """All of them."""
        return json_answer({"webhooks": [webhook_json(one) for one in await self._queries.list_webhooks()]})

    async def save(self, request: Request, principal: Principal) -> Response:
        """Adds or changes one."""
        name, choice = request.path_params["name"], await read_body(request, WebhookChoice)
        if not _NAME.fullmatch(name):
            raise Problem("invalid", "A name is lower-case letters, digits and hyphens, 63 at most, a letter first.")
        await self._check(choice)
        secret = new_secret()
        outcome = await self._queries.save_webhook(
            name, choice.url, choice.kinds, choice.purposes, choice.channels, choice.types, choice.batch,
            choice.personal_data, self._webhooks.sealed(name, secret), _MOST, expected_tags(request),
        )  # fmt: skip
        if outcome == "stale":
            raise Problem("stale")
        if outcome == "too-many":
            raise Problem("too-many-webhooks")
        await self._note(principal, "save-webhook", name, choice)
        self._webhooks.wake()
        webhook = await self._find(name)
        is_new = outcome == "added"
        answer = webhook_json(webhook) | {"secret": shown(secret) if is_new else None}
        return json_answer(answer, 201 if is_new else 200, tag_header(webhook.tag))

    async def delete(self, request: Request, principal: Principal) -> Response:
        """Deletes one."""
        name = _name(request)
        await self._find(name)
        # While it is there: the trail takes names of webhooks that there are.
        await self._note(principal, "delete-webhook", name)
        if not await self._queries.delete_webhook(name):
            raise Problem("not-found", _UNKNOWN)
        self._webhooks.wake()
        return Response(status_code=204)

    async def rotate(self, request: Request, principal: Principal) -> Response:
        """Gives it another secret, which is shown this once."""
        name, secret = _name(request), new_secret()
        if not await self._queries.rotate_webhook(name, self._webhooks.sealed(name, secret), _BOTH_SIGN):
            raise Problem("not-found", _UNKNOWN)
        await self._note(principal, "rotate-webhook", name)
        self._webhooks.wake()
        return json_answer(webhook_json(await self._find(name)) | {"secret": shown(secret)})

    async def go_on(self, request: Request, principal: Principal) -> Response:
        """Lets it go on from another position, or at once from its own."""
        name, after = _name(request), (await read_body(request, WebhookReplay)).after
        await self._find(name)
        try:
            position = await self._replay.find(after, _EVERYTHING, PLAIN) if after else None
        except PositionLost as error:
            raise Problem("place-lost", reason=error.reason) from None
        if not await self._queries.replay_webhook(name, position):
            raise Problem("not-found", _UNKNOWN)
        await self._note(principal, "replay-webhook", name, after=after)
        self._webhooks.wake()
        return json_answer(webhook_json(await self._find(name)))

    async def test(self, request: Request, _principal: Principal) -> Response:
        """Sends one message, now and once."""
        failure = await self._webhooks.test(await self._find(_name(request)))
        return json_answer(test_json(failure, datetime.now(UTC)))

    async def _note(
        self, principal: Principal, action: Action, name: str, choice: WebhookChoice | None = None, after: str = ""
    ) -> None:
        """Who has directed what where is in the trail; each event that is sent is not."""
        filters: dict[str, object] = {"webhook": name, "after": after}
        if choice:
            filters |= {"kind": choice.kinds, "purpose": choice.purposes, "channel": choice.channels}
            filters |= {"type": choice.types, "personal-data": choice.personal_data}
        await self._trail.note(principal, action, (), filters, rows=0)

    async def _find(self, name: str) -> Webhook:
        for webhook in await self._queries.list_webhooks():
            if webhook.name == name:
                return webhook
        raise Problem("not-found", _UNKNOWN)

    async def _check(self, choice: WebhookChoice) -> None:
        """Raises Problem for a URL that nothing is sent to, and for a purpose or channel that there is not."""
        try:
            await self._webhooks.check(choice.url)
        except NoTarget as error:
            raise Problem("invalid", f"{error} - at `$.url`") from None
        for member in ("kinds", "purposes", "channels", "types"):
            if repeated(getattr(choice, member)):
                raise Problem("invalid", f"One stands there twice - at `$.{member}`")
        if choice.purposes or choice.channels:
            purposes = await self._purposes.purposes()
            known = {"purposes": {row["key"] for row in purposes}}
            known["channels"] = {channel for row in purposes for channel in row["channels"]}
            for member, there in known.items():
                if not set(getattr(choice, member)) <= there:
                    raise Problem("invalid", f"One is none of {', '.join(sorted(there))} - at `$.{member}`")


def _name(request: Request) -> str:
    """The name in the path; raises Problem not-found where it cannot be one."""
    name: str = request.path_params["name"]
    if not _NAME.fullmatch(name):
        raise Problem("not-found", _UNKNOWN)
    return name
