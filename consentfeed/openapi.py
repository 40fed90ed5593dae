"""The description of the API (OpenAPI 3.1), drawn from the endpoints themselves."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from consentfeed import __version__
from consentfeed.edge import COOKIE, Endpoint
from consentfeed.errors import PROBLEMS
from consentfeed.shapes import Problem

Json = dict[str, Any]
_REFERENCE: Final = "#/components/schemas/{name}"
_PATH_TYPES: Final = {"id": UUID, "version": int}


def describe(endpoints: Sequence[Endpoint]) -> Json:
    """The description of these endpoints."""
    types = [shape for one in endpoints for shape in (one.body, one.gives, one.query) if shape]
    _, components = msgspec.json.schema_components([*types, Problem], ref_template=_REFERENCE)
    components["Problem"]["properties"]["type"]["enum"] = [f"/problems/{code}" for code in PROBLEMS]
    # What a query may hold stands with its route, parameter by parameter.
    queries = {one.query.__name__: components.pop(one.query.__name__) for one in endpoints if one.query}
    paths: dict[str, Json] = {}
    for one in endpoints:
        parameters = [*_in_path(one), *_in_query(queries, one), *_in_headers(one)]
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, parameters)
    return {
        "openapi": "3.1.0",
        "info": {"title": "consentfeed", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(endpoint: Endpoint, parameters: list[Json]) -> Json:
    words = [part for part in endpoint.path.removeprefix("/api/v1").split("/") if part and not part.startswith("{")]
    operation: Json = {
        "operationId": "-".join([endpoint.method.lower(), *words, *(["one"] if endpoint.path.endswith("}") else [])]),
        "tags": [words[0]],
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": _responses(endpoint),
        "security": [{"bearer": []}, {"session": []}] if endpoint.access.roles else [],
    }
    if endpoint.access.roles:
        operation["description"] = f"For {', '.join(endpoint.access.roles)}."
    if endpoint.body:
        operation["requestBody"] = {"content": {"application/json": {"schema": _reference(endpoint.body)}}}
    return operation


def _in_path(endpoint: Endpoint) -> list[Json]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(_PATH_TYPES.get(name, str))}
        for name in names
    ]


def _in_query(queries: dict[str, Json], endpoint: Endpoint) -> list[Json]:
    if endpoint.query is None:
        return []
    return [
        _parameter(name, "query", schema) for name, schema in queries[endpoint.query.__name__]["properties"].items()
    ]


def _in_headers(endpoint: Endpoint) -> list[Json]:
    return [
        _parameter(name, "header", {"type": "string", "description": text}) for name, text in endpoint.headers.items()
    ]


def _parameter(name: str, place: str, schema: Json) -> Json:
    description = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": place, **description, "schema": schema}


def _responses(endpoint: Endpoint) -> Json:
    problem = {"application/problem+json": {"schema": _reference(Problem)}}
    responses: Json = {"default": {"description": "A problem", "content": problem}}
    for status, text in endpoint.answers.items():
        answer = responses[str(status)] = {"description": text}
        if status >= 400 and endpoint.access.roles:  # /readyz says why in its own form
            answer["content"] = problem
        elif endpoint.gives:
            answer["content"] = {"application/json": {"schema": _reference(endpoint.gives)}}
        if status < 400 and endpoint.answer_headers:
            answer["headers"] = {
                name: {"description": told, "schema": {"type": "string"}}
                for name, told in endpoint.answer_headers.items()
            }
    for status, text in ((401, "Nobody is signed in"), (403, "Not for this role")) if endpoint.access.roles else ():
        responses[str(status)] = {"description": text, "content": problem}
    return responses


def _reference(type: type) -> Json:
    ((schema,), _) = msgspec.json.schema_components([type], ref_template=_REFERENCE)
    return schema
