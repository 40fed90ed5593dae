"""The target of a request: what a proxy in front may have read in another way than we do is refused, not guessed at."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

# What all paths of the API and of files look like: looked at first, because it is quick.
_USUAL: Final = re.compile(rb"(?:/[A-Za-z0-9_-]+)+(?:\.[a-z]+)?")
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})?")
_UNRESERVED: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# Unreserved letters mean the same when they are escaped, slashes something else, and control characters nothing: a line
# feed at the end of a path would not even be seen, because Starlette's routes end in $. NUL is left to the routes: 422.
_NEVER_ESCAPED: Final = frozenset([*_UNRESERVED, *b"/\\", *range(0x01, 0x20), 0x7F])


def is_clear(target: bytes, host: bytes | None) -> bool:
    """Whether the target is a path and query, alone or behind the very host that Host names (RFC 9112, 3.2), or *."""
    if target[:1] != b"/" and target != b"*":
        scheme, _, rest = target.partition(b"://")
        authority = rest.partition(b"/")[0]
        if scheme.lower() not in (b"http", b"https") or host is None or authority.lower() != host.lower():
            return False
    return target.isascii() and b"#" not in target


def is_canonical(raw_path: bytes) -> bool:
    """Whether a path is written in the one way in which it counts: no segment is empty, . or .., and nothing is escaped
    that need not be, or would mean something else then."""
    if _USUAL.fullmatch(raw_path):
        return True
    if b"//" in raw_path or b"/." in raw_path or raw_path.endswith(b"/"):
        segments = raw_path.split(b"/")[1:]
        if segments != [b""] and not {b"", b".", b".."}.isdisjoint(segments):
            return False
    return b"\\" not in raw_path and (b"%" not in raw_path or _is_well_escaped(raw_path))


def _is_well_escaped(raw_path: bytes) -> bool:
    if any(not digits or int(digits, 16) in _NEVER_ESCAPED for digits in _ESCAPE.findall(raw_path)):
        return False
    try:
        unquote_to_bytes(raw_path).decode()
    except UnicodeDecodeError:
        return False
    return True
