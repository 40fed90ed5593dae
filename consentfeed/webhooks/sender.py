"""Sends one message to one endpoint: to an address that was looked at, within a time, reading little of the answer."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Final, NamedTuple

import httpx

from consentfeed import __version__
from consentfeed.webhooks.addresses import Addresses, Refused, Unresolved
from consentfeed.webhooks.message import Message
from consentfeed.webhooks.signing import signatures
from consentfeed.webhooks.target import NoTarget, host_of, port_of, target

SECONDS: Final = 15.0
_CONNECT_SECONDS: Final = 5.0
# The status is what counts. The rest is read so that the connection can be used again, and only if that is soon done.
_ANSWER_BYTES: Final = 16 << 10
_ANSWER_SECONDS: Final = 2.0
_GONE: Final = 410


class Failure(NamedTuple):
    """Why a message was not taken: a code and more about it. retry_after: what the receiver asks for, in seconds."""

    code: str
    detail: str | None = None
    retry_after: float = 0.0

    @property
    def final(self) -> bool:
        """Whether the receiver wants no more."""
        return self.code == "gone"


class Sender:
    """The requests to one endpoint, over connections of its own. keys: none where they cannot be read."""

    def __init__(self, url: str, keys: Sequence[bytes], addresses: Addresses) -> None:
        self._url = url
        self._keys = keys
        self._addresses = addresses
        # Of this one endpoint alone: a connection to its address was made under its name.
        self._http = httpx.AsyncHTTPTransport(
            verify=_context(), trust_env=False, limits=httpx.Limits(max_connections=2, max_keepalive_connections=1)
        )

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._http.aclose()

    async def send(self, message: Message) -> Failure | None:
        """Why it was not taken; None: it was."""
        if not self._keys:
            return Failure("secret-unreadable")
        try:
            async with asyncio.timeout(SECONDS):
                return await self._send(message)
        except (TimeoutError, httpx.TimeoutException):
            return Failure("timeout")
        except Refused as error:
            return Failure("address-refused", str(error))
        except (Unresolved, NoTarget):
            return Failure("unresolved")
        except httpx.TransportError as error:
            return Failure("tls" if isinstance(_root(error), ssl.SSLError) else "unreachable")

    async def _send(self, message: Message) -> Failure | None:
        url, timestamp = target(self._url), int(time.time())
        addresses = await self._addresses.of(host_of(url), port_of(url))
        headers = {
            "host": url.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": f"consentfeed/{__version__}",
            "webhook-id": message.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(self._keys, message.id, timestamp, message.body),
        }
        for address in addresses[:-1]:
            try:
                return await self._to(address, url, headers, message.body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                pass  # nothing was sent: the host has another one
        return await self._to(addresses[-1], url, headers, message.body)

    async def _to(self, address: str, url: httpx.URL, headers: dict[str, str], body: bytes) -> Failure | None:
        """To this very address; certificates are verified for the host's name."""
        request = httpx.Request(
            "POST", url.copy_with(host=address), headers=headers, content=body,
            extensions={
                "sni_hostname": host_of(url),
                "timeout": {"connect": _CONNECT_SECONDS, "read": SECONDS, "write": SECONDS, "pool": SECONDS},
            },
        )  # fmt: skip
        answer = await self._http.handle_async_request(request)
        try:
            await _drain(answer)
        finally:
            await answer.aclose()
        return _judge(answer)


async def _drain(answer: httpx.Response) -> None:
    left = _ANSWER_BYTES
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            async for part in answer.stream:
                left -= len(part)
                if left < 0:
                    return
    except (TimeoutError, httpx.HTTPError):
        return


def _judge(answer: httpx.Response) -> Failure | None:
    status = answer.status_code
    if 200 <= status < 300:
        return None
    if status == _GONE:
        return Failure("gone", str(status))
    if 300 <= status < 400:
        return Failure("redirect", str(status))
    return Failure("status", str(status), _seconds(answer.headers.get("retry-after", "")))


def _seconds(retry_after: str) -> float:
    """Seconds of a Retry-After: a number, or a date (RFC 9110, 10.2.3); 0 for anything else."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


@cache
def _context() -> ssl.SSLContext:
    """What this machine trusts, read once."""
    return httpx.create_ssl_context()
