"""Webhooks as requests give them and answers show them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from consentfeed.http.input import Filled
from consentfeed.log.event import rfc3339
from consentfeed.log.ids import PLAIN
from consentfeed.log.kinds import CONSENT_UPDATED, KINDS
from consentfeed.postgres.webhooks import Webhook
from consentfeed.webhooks.delivery import ALL
from consentfeed.webhooks.sender import Failure
from consentfeed.webhooks.target import MOST

_KINDS: Final = tuple(kind.name for kind in KINDS)
Type = Literal["granted", "revoked", "expired"]
Code = Literal[
    "timeout", "unreachable", "unresolved", "tls", "address-refused", "redirect", "status", "gone", "place-lost",
    "secret-unreadable",
]  # fmt: skip


class WebhookError(Struct):
    """Why a delivery failed last; detail: the status, the address, or what became of the place."""

    code: Code
    detail: str | None
    at: datetime


class WebhookState(Struct, kw_only=True):
    """An endpoint and how it fares.

    place: the newest event that was taken, or was not for it; behind: events of the log after it. failing_since and
    tries are about what comes next; next_try_at is null where it is tried at once, or not any more. old_secret_until:
    the secret before signs as well. tag is for If-Match.
    """

    name: str
    url: str
    kinds: list[str]
    purposes: list[str]
    channels: list[str]
    types: list[str]
    batch: int
    personal_data: bool
    state: Literal["active", "failing", "disabled"]
    place: str
    behind: int
    tries: int
    failing_since: datetime | None
    next_try_at: datetime | None
    last_error: WebhookError | None
    delivered_at: datetime | None
    disabled_at: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime
    tag: str


class WebhookList(Struct):
    """All of them, by name."""

    webhooks: list[WebhookState]


class SavedWebhook(WebhookState):
    """The endpoint; secret: shown where it is new, and never again."""

    secret: str | None


class TestResult(Struct):
    """What became of a test delivery: error is null where it was taken."""

    delivered: bool
    error: WebhookError | None


class WebhookChoice(msgspec.Struct, forbid_unknown_fields=True):
    """Where events are sent, and which; what is left out gets its default."""

    url: Annotated[str, Meta(min_length=1, max_length=MOST, description="https or http; one that is public")]
    kinds: Annotated[
        list[Literal[(*_KINDS, ALL)]],  # type: ignore[valid-type]
        Meta(min_length=1, max_length=20, description="Kinds of events; all: every kind"),
    ] = msgspec.field(default_factory=lambda: [CONSENT_UPDATED.name])
    purposes: Annotated[list[Filled], Meta(max_length=100, description="Of consents, these alone; none: all")] = []
    channels: Annotated[list[Filled], Meta(max_length=100)] = []
    types: Annotated[list[Type], Meta(max_length=3)] = []
    batch: Annotated[int, Meta(ge=1, le=500, description="Events in one request at most")] = 1
    personal_data: Annotated[bool, Meta(description="Whether addresses and texts of reasons are sent")] = False


class SentEvent(Struct):
    """An event as it is sent to a webhook: its kind, or test; data as in the feed."""

    type: str
    timestamp: datetime | None
    data: dict[str, Any]
    id: str


class SentBatch(Struct):
    """Events as they are sent to a webhook whose batch is greater than 1."""

    type: Literal["batch"]
    events: list[SentEvent]


SENT: Final = (SentEvent, SentBatch)


class WebhookReplay(msgspec.Struct, forbid_unknown_fields=True):
    """Where to go on from."""

    after: Annotated[
        Filled,
        Meta(description="Event id; 0-00000000: before the first event. Left out: from where it stands, at once"),
    ] = ""


def webhook_json(webhook: Webhook) -> dict[str, object]:
    """An endpoint as answers show it."""
    state = "disabled" if webhook.disabled_at else "failing" if webhook.failing_since else "active"
    chosen = ("name", "url", "kinds", "purposes", "channels", "types", "batch", "personal_data")
    return {
        **{name: getattr(webhook, name) for name in chosen},
        "state": state,
        "place": PLAIN.write(webhook.position),
        "behind": webhook.behind,
        "tries": webhook.tries,
        "failing_since": _time(webhook.failing_since),
        "next_try_at": None if webhook.disabled_at else _time(webhook.next_try_at),
        "last_error": error_json(webhook.last_error, webhook.last_error_detail, webhook.last_error_at),
        "delivered_at": _time(webhook.delivered_at),
        "disabled_at": _time(webhook.disabled_at),
        "old_secret_until": _time(webhook.old_secret_until),
        "created_at": _time(webhook.created_at),
        "updated_at": _time(webhook.updated_at),
        "tag": webhook.tag,
    }


def error_json(code: str | None, detail: str | None, at: datetime | None) -> dict[str, object] | None:
    """Why a delivery failed, as answers show it."""
    return {"code": code, "detail": detail, "at": _time(at)} if code else None


def test_json(failure: Failure | None, at: datetime) -> dict[str, object]:
    """What became of a test delivery."""
    return {"delivered": failure is None, "error": failure and error_json(failure.code, failure.detail, at)}


def repeated(values: Iterable[str]) -> bool:
    """Whether one stands there twice."""
    values = list(values)
    return len(set(values)) < len(values)


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
