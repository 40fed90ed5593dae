"""The headers that every answer carries, the strictest of each; an answer that has its own keeps it, as pages do."""

from typing import Final

HEADERS: Final = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
OVER_HTTPS: Final = [*HEADERS, (b"strict-transport-security", b"max-age=31536000")]
