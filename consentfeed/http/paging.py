"""Cursors of keyset pages: where a page ended, in the order it was sorted by."""

import base64
import binascii
from typing import NamedTuple

import msgspec

from consentfeed.errors import Problem
from consentfeed.http.input import checked_id


class Cursor(NamedTuple):
    """The last entry of a page: its sort key and id."""

    sort: str
    key: str
    id: str


def write_cursor(sort: str, key: str, id: object) -> str:
    """The text of a cursor, for an answer's `next`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(Cursor(sort, key, str(id)))).decode().rstrip("=")


def read_cursor(text: str, sort: str) -> tuple[str | None, str | None]:
    """The key and id to go on from, None at the beginning; raises Problem where it is not one of ours for this sort."""
    if not text:
        return None, None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        cursor = Cursor("", "", "")
    if cursor.sort != sort or checked_id(cursor.id) is None or "\x00" in cursor.key:
        raise Problem("invalid", "cursor is what an answer gave as next, with the same sort.")
    return cursor.key, cursor.id
