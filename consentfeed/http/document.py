"""A JSON document as a page that a person can read and print: headings, tables, and nothing that runs."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from starlette.responses import Response

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "html{color:#111;background:#fff}"
    "h1{font-size:1.5rem}h2{font-size:1.2rem;margin:2rem 0 .5rem;break-after:avoid}"
    "dl,table{width:100%;margin:0 0 1rem}dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}"
    "dd dl{border-left:2px solid #999;padding-left:1rem}table{border-collapse:collapse;font-size:.875rem}"
    "th,td{border:1px solid #999;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:break-word}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:inherit}tr{break-inside:avoid}"
)
_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {"content-security-policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"}
_NOTHING: Final = "–"
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def html_document(title: str, document: Mapping[str, Any]) -> Response:
    """The page: a section for each member of the document, whose names are its headings."""
    sections = "".join(f"<h2>{escape(name)}</h2>\n{_value(value)}\n" for name, value in document.items())
    page = (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{escape(title)}</h1>\n{sections}</main></body>\n</html>\n"
    )
    return Response(page, headers=_HEADERS, media_type="text/html")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return f"<pre>{_text(value)}</pre>"
    if value and all(isinstance(one, Mapping) and _is_flat(one) for one in value):
        return _table(value)
    return "".join(map(_value, value)) or f"<p>{_NOTHING}</p>"


def _members(value: Mapping[str, Any]) -> str:
    # What is not known takes no place.
    known = ((name, member) for name, member in value.items() if member not in (None, ""))
    rows = (f"<dt>{_words(name)}</dt><dd>{_value(member)}</dd>" for name, member in known)
    return f"<dl>{''.join(rows)}</dl>"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{_words(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_text(row.get(name))}</td>' for name in names)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _is_flat(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(member, Mapping | list) for member in value.values())


def _words(name: str) -> str:
    """The name of a member, as a heading."""
    return escape(name.replace("_", " ").capitalize())


def _text(value: Any) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    # Texts of people are left as they are; only a whole value that is a time is written for people.
    return f"{text[:10]} {text[11:16]} UTC" if _TIME.fullmatch(text) else escape(text)
