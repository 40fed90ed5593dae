"""The description of the API (OpenAPI 3.1), drawn from the endpoints themselves."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from consentfeed.errors import PROBLEMS
from consentfeed.http.about import INFO, SERVERS_NOTE
from consentfeed.http.endpoint import SAFE, Endpoint
from consentfeed.http.input import Key, Language, Version
from consentfeed.http.problem import Problem
from consentfeed.identity.cookies import COOKIE

Json = dict[str, Any]
_REFERENCE: Final = "#/components/schemas/{name}"
_PATH_TYPES: Final[dict[str, Any]] = {
    "id": UUID,
    "key": Key,
    "name": Key,
    "version": Version,
    "language": Language,
    "kind": Key,
    "day": date,
}
# Problems that whatever is asked can meet; the others follow from what an endpoint is.
_ANYWHERE: Final = (
    "bad-request", "request-timeout", "misdirected", "invalid", "rate-limited", "headers-too-large", "internal",
)  # fmt: skip
_SIGNED_IN: Final = ("signed-out", "forbidden", "no-role", "no-customer", "issuer-away")
_WITH_BODY: Final = ("bad-json", "body-too-large")
_WITH_KEY: Final = ("key-reused", "outcome-unknown", "overloaded", "draining")
_DATABASE: Final = ("database-away", "read-only", "overloaded", "busy")

_SERVICE: Final = "service"
# By the first part of the path after /api/v1.
_TAGS: Final = {
    "accesses": "The access trail: who was shown whose data",
    "auth": "Signing in, passwords, and one's own sessions and account",
    "checkpoint": "What the log was, signed: the newest checkpoint",
    "checkpoints": "What the log was, signed: all checkpoints",
    "checks": "May I?",
    "consents": "Consents, and deciding on behalf of customers",
    "customer": "A customer's own consents",
    "customers": "Customers: registering, finding, erasing",
    "deadlines": "In what time requests are to be answered",
    "decisions": "Many decisions at once",
    "events": "The feed",
    "exports": "Everything, from one snapshot",
    "history": "What was decided, newest first",
    "holidays": "Days on which nobody works",
    "imports": "Decisions that were made elsewhere",
    "nodes": "The nodes of this deployment",
    "notices": "The texts that customers agree to",
    "operator": "Who runs this deployment",
    "preferences": "How one wants the pages",
    "proofs": "Proofs from an event to a checkpoint",
    "purposes": "What customers can consent to, and its notices",
    "revocations": "Revoking by number or address",
    "rights-requests": "What customers demand by law",
    _SERVICE: "Health, metrics and descriptions",
    "sessions": "All sessions",
    "statistics": "Numbers over time",
    "users": "Accounts",
    "verify": "Whether the log is whole",
    "webhooks": "Events for systems that hold no stream",
}


def describe(endpoints: Sequence[Endpoint], sent: Sequence[type] = ()) -> Json:
    """The description of these endpoints; sent: the forms of what is sent to others by webhooks."""
    types = [*sent, *(shape for one in endpoints for shape in (one.body, one.gives, one.query) if shape)]
    _, components = msgspec.json.schema_components([*types, Problem], ref_template=_REFERENCE)
    for schema in components.values():
        for member in schema.get("properties", {}).values():
            if member.get("default") == "" and "minLength" in member:
                del member["default"]  # what is left out is not empty
    components["Problem"]["properties"]["type"]["enum"] = [f"/problems/{code}" for code in PROBLEMS]
    # What a query may hold stands with its route, parameter by parameter.
    queries = {one.query.__name__: components.pop(one.query.__name__) for one in endpoints if one.query}
    paths: dict[str, Json] = {}
    for one in endpoints:
        parameters = [*_in_path(one), *_in_query(queries, one), *_in_headers(one)]
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, parameters)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/", "description": SERVERS_NOTE}],
        "tags": [{"name": name, "description": _TAGS[name]} for name in sorted({_tag(one) for one in endpoints})],
        "paths": paths,
        "webhooks": {"events": {"post": _webhook(sent)}},
        "components": {
            "schemas": components,
            "responses": {_name(codes): _problem(codes) for one in endpoints for codes in _problems(one).values()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _webhook(sent: Sequence[type]) -> Json:
    """What receivers of webhooks are sent."""
    headers = {
        "webhook-id": "The event's id, or that of the last one: the same when it comes again",
        "webhook-timestamp": "Seconds since 1970",
        "webhook-signature": "Standard Webhooks; two while a secret is being changed",
    }
    return {
        "operationId": "webhook",
        "tags": ["webhooks"],
        "summary": "Events, as a receiver of webhooks gets them",
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
            for name, words in headers.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"anyOf": [_reference(one) for one in sent]}}},
        },
        "responses": {"2XX": {"description": "Taken"}, "410": {"description": "No more of them"}},
    }


def _operation(endpoint: Endpoint, parameters: list[Json]) -> Json:
    words = [part for part in endpoint.path.removeprefix("/api/v1").split("/") if part and not part.startswith("{")]
    operation: Json = {
        "operationId": "-".join([endpoint.method.lower(), *words, *(["one"] if endpoint.path.endswith("}") else [])]),
        "tags": [_tag(endpoint)],
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": _responses(endpoint),
        "security": [{"bearer": []}, {"session": []}] if endpoint.access.roles else [],
    }
    operation["description"] = f"For {', '.join(endpoint.access.roles) or 'anybody, signed in or not'}."
    if endpoint.body:
        # Nothing counts as {}.
        needed = any(field.required for field in msgspec.structs.fields(endpoint.body))
        content = {endpoint.takes: {"schema": _reference(endpoint.body)}}
        operation["requestBody"] = {"required": needed, "content": content}
    return operation


def _tag(endpoint: Endpoint) -> str:
    beneath = endpoint.path.removeprefix("/api/v1/")
    return beneath.split("/")[0] if beneath != endpoint.path else _SERVICE


def _in_path(endpoint: Endpoint) -> list[Json]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(_PATH_TYPES.get(name, str))}
        for name in names
    ]


def _in_query(queries: dict[str, Json], endpoint: Endpoint) -> list[Json]:
    if endpoint.query is None:
        return []
    query = queries[endpoint.query.__name__]
    return [
        _parameter(name, "query", schema) | ({"required": True} if name in query.get("required", ()) else {})
        for name, schema in query["properties"].items()
    ]


def _in_headers(endpoint: Endpoint) -> list[Json]:
    return [_parameter(name, "header", msgspec.json.schema(kind)) for name, kind in endpoint.headers.items()]


def _parameter(name: str, place: str, schema: Json) -> Json:
    description = {"description": schema["description"]} if "description" in schema else {}
    if not schema.get("default"):  # what is left out is not empty
        schema = {key: value for key, value in schema.items() if key != "default"}
    return {"name": name, "in": place, **description, "schema": schema}


def _responses(endpoint: Endpoint) -> Json:
    responses: Json = {}
    for status, text in endpoint.answers.items():
        answer = responses[str(status)] = {"description": text}
        if endpoint.gives and status not in (204, 303):
            answer["content"] = _content(endpoint.gives, endpoint.media)
        if status < 400 and endpoint.answer_headers:
            answer["headers"] = {
                name: {"description": told, "schema": {"type": "string"}}
                for name, told in endpoint.answer_headers.items()
            }
    references = {
        str(status): {"$ref": f"#/components/responses/{_name(codes)}"} for status, codes in _problems(endpoint).items()
    }
    return responses | references


def _problems(endpoint: Endpoint) -> dict[int, list[str]]:
    """The codes of all that can go wrong, by status."""
    found = {*_ANYWHERE, *endpoint.problems}
    found.update(_SIGNED_IN if endpoint.access.roles else ())
    found.update(_DATABASE if endpoint.path.startswith("/api/") else ())
    found.update(("foreign-origin", "encoded-body") if endpoint.method not in SAFE else ())
    # What a PUT names need not be there yet; but a path may also be written in a way that leads nowhere.
    found.update(("not-found",) if "{" in endpoint.path else ())
    found.update(_WITH_BODY if endpoint.body and endpoint.takes == "application/json" else ())
    found.update(("body-too-large",) if endpoint.body else ())
    found.update(_WITH_KEY if "Idempotency-Key" in endpoint.headers else ())
    found.update(("stale",) if "If-Match" in endpoint.headers else ())
    by_status: dict[int, list[str]] = {}
    for code in sorted(found, key=lambda code: (PROBLEMS[code][0], code)):
        by_status.setdefault(PROBLEMS[code][0], []).append(code)
    return by_status


def _name(codes: list[str]) -> str:
    return ".".join(codes)


def _problem(codes: list[str]) -> Json:
    types = {"type": {"enum": [f"/problems/{code}" for code in codes]}}
    schema = {**_reference(Problem), "properties": types}
    description = "; ".join(PROBLEMS[code][1] for code in codes)
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def _content(gives: type, media: Sequence[str]) -> Json:
    return {one: {"schema": _media_schema(gives, one)} for one in media}


def _media_schema(gives: type, media: str) -> Json:
    if media == "application/json":
        return _reference(gives)
    return {"type": "object" if media.endswith("+json") else "string"}


def _reference(type: type) -> Json:
    ((schema,), _) = msgspec.json.schema_components([type], ref_template=_REFERENCE)
    return schema
