"""A package as a person reads it: the same without what only programs check."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from consentfeed.http.document import html_document

# Of the document, under headings; what is not named here is for programs.
_SECTIONS: Final = {
    "customer": "Who you are to us",
    "contact_preferences": "When we may contact you",
    "account": "Your account",
    "sessions": "Your sign-ins",
    "choices": "What you have chosen on our pages",
    "consents": "Your consents",
    "purposes": "What they are for",
    "notices": "What you were told",
    "events": "What happened",
    "rights_requests": "Your requests",
    "accesses": "When your data were shown to our staff and systems",
    "left_out": "How many of the oldest entries are not on this page",
}


def package_page(reference: str, document: Mapping[str, Any]) -> Response:
    """The page."""
    sections = {heading: _readable(name, document[name]) for name, heading in _SECTIONS.items()}
    return html_document(f"{reference}: what we hold about you, on {document['made_at'][:10]}", sections)


def _readable(name: str, value: Any) -> Any:
    if name == "events":
        return [_event(one["event"], one["data"]) for one in value]
    if name == "rights_requests":
        return [{**one, "due_because": one["due_because"]["sentence"]} for one in value]
    if name == "consents":
        return [{**one, "notice": _notice(one["notice"])} for one in value]
    return value


def _event(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """One line for an event, whatever it is about."""
    consent, request, reason = data.get("consent"), data.get("request"), data.get("reason") or {}
    changed = (data.get("customer") or data.get("preferences") or {}).get("changed", [])
    about = (
        f"{consent['purpose']}, {consent['channel']}"
        if consent
        else f"{request['reference']}: {request['action']}"
        if request
        else ", ".join(changed)
    )
    return {
        "when": data["timestamp"],
        "what": data["type"] if consent else name,
        "about": about,
        "told": _notice((consent or {}).get("notice")),
        "by": data["actor"]["kind"],
        "how": data["method"],
        "why": ", ".join(text for text in (reason.get("code"), reason.get("reference"), reason.get("text")) if text),
    }


def _notice(notice: Mapping[str, Any] | None) -> str | None:
    return None if notice is None else f"{notice['key']}, version {notice['version']}, {notice['language']}"
