"""The description of what the service sends by itself (AsyncAPI 3.0): the feed as a stream, and webhooks."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from consentfeed.http.about import INFO, SERVERS_NOTE

Json = dict[str, Any]
_REFERENCE: Final = "#/components/schemas/{name}"
_ID: Final = {"type": "string", "description": "Position in the feed: the place to go on from"}
_HEADERS: Final = {
    "webhook-id": "The event's id, of a batch that of the last: the same where it is sent again",
    "webhook-timestamp": "Seconds since 1970 of this attempt",
    "webhook-signature": "Signatures (Standard Webhooks): v1, and base64 of HMAC-SHA-256",
}


def describe_events(events: Any, blocks: Mapping[str, type]) -> Json:
    """The description of these kinds of events (a union), and of the blocks of a stream that are none."""
    kinds = {one.__struct_config__.tag: _data(one) for one in get_args(events)}
    shapes = {**kinds, **blocks}
    _, schemas = msgspec.json.schema_components([*shapes.values()], ref_template=_REFERENCE)
    messages: Json = {name: _streamed(name, shape, is_event=name in kinds) for name, shape in shapes.items()}
    hooks = {f"webhook-{name}": _hooked(name, shape) for name, shape in kinds.items()} | {
        "webhook-batch": _batch(kinds)
    }
    return {
        "asyncapi": "3.0.0",
        "id": "urn:consentfeed",
        "info": {
            **INFO,
            "title": "consentfeed: events",
            "description": "The feed as a stream, and webhooks.",
            "tags": [{"name": "events", "description": "What happened, in the order of the log"}],
        },
        "defaultContentType": "application/json",
        "servers": {
            "consentfeed": {
                "host": "consents.example.com",
                "protocol": "https",
                "description": SERVERS_NOTE,
                "security": [{"$ref": "#/components/securitySchemes/bearer"}],
            }
        },
        "channels": {
            "feed": {
                "address": "/api/v1/events",
                "title": "The feed",
                "description": "Server-Sent Events (Accept: text/event-stream); Last-Event-ID goes on from a position.",
                "servers": [{"$ref": "#/servers/consentfeed"}],
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            },
            "webhooks": {
                "address": None,
                "title": "Webhooks",
                "description": "POST to an endpoint's address (PUT /api/v1/webhooks/{name}), in order, at least once.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in hooks},
            },
        },
        "operations": {
            "sendEvents": _operation("feed", "GET", "Sends every event after a position, and then each as it happens"),
            "sendWebhooks": _operation("webhooks", "POST", "Sends events to an endpoint until it answers 2xx"),
        },
        "components": {
            "messages": messages | hooks,
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _data(event: type) -> type:
    (data,) = [field.type for field in msgspec.structs.fields(event) if field.name == "data"]
    kind: type = data
    return kind


def _operation(channel: str, method: str, summary: str) -> Json:
    return {
        "action": "send",
        "title": summary,
        "summary": summary,
        "description": f"{summary}.",
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {"http": {"method": method, "bindingVersion": "0.3.0"}},
    }


def _streamed(name: str, shape: type, *, is_event: bool) -> Json:
    """A block of the stream: `id` and `event` are its lines of these names, the payload is its data."""
    identified = {} if name == "goodbye" else {"headers": {"type": "object", "properties": {"id": _ID}}}
    return {
        "name": name,
        "title": name,
        "summary": "An event of the log" if is_event else "Not an event of the log",
        "contentType": "application/json",
        **identified,
        "payload": _reference(shape),
    }


def _hooked(name: str, shape: type) -> Json:
    payload = {
        "type": "object",
        "required": ["type", "timestamp", "data", "id"],
        "properties": {
            "type": {"const": name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": _reference(shape),
            "id": _ID,
        },
    }
    return _message(f"webhook-{name}", f"An event of kind {name}, alone", payload)


def _batch(kinds: Mapping[str, type]) -> Json:
    events = [{"$ref": f"#/components/messages/webhook-{name}/payload"} for name in kinds]
    payload = {
        "type": "object",
        "required": ["type", "events"],
        "properties": {"type": {"const": "batch"}, "events": {"type": "array", "items": {"anyOf": events}}},
    }
    return _message("webhook-batch", "Several events in their order, where the endpoint takes a batch", payload)


def _message(name: str, summary: str, payload: Json) -> Json:
    headers = {
        "type": "object",
        "required": [*_HEADERS],
        "properties": {header: {"type": "string", "description": text} for header, text in _HEADERS.items()},
    }
    return {
        "name": name, "title": name, "summary": summary, "contentType": "application/json",
        "headers": headers, "payload": payload,
    }  # fmt: skip


def _reference(shape: type) -> Json:
    ((schema,), _) = msgspec.json.schema_components([shape], ref_template=_REFERENCE)
    return schema
