"""What both descriptions say of the service itself."""

from typing import Any, Final

from consentfeed import __version__

INFO: Final[dict[str, Any]] = {
    "title": "consentfeed",
    "version": __version__,
    "description": "A log of customers' consents in PostgreSQL, and its live feed.",
    "contact": {"name": "Whoever runs this service"},
    "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0.html"},
}
SERVERS_NOTE: Final = "Wherever the service runs: the address that this description came from"
