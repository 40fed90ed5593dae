"""Where a request may go: to public addresses, and to networks that the operator has named."""

import asyncio
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_SECONDS: Final = 5.0
# A name server that does not answer keeps threads: of these, not of those that the rest of the process resolves in.
_AT_ONCE: Final = 8
# Not public by IANA's lists, whatever this version of Python knows of them.
_NEITHER: Final = tuple(ip_network(one) for one in ("192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16"))
# What leads to an IPv4 address: NAT64 (RFC 6052), 6to4.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW: Final = (1 << 32) - 1


class Refused(Exception):
    """An address is none that requests may go to; the message names it."""


class Unresolved(Exception):
    """A name has no address, or none that could be found in time."""


class Addresses:
    """Resolves names, and refuses addresses that are not public. networks: which are allowed all the same."""

    def __init__(self, networks: str) -> None:
        self._networks = [ip_network(network) for network in networks.split()]
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def of(self, host: str, port: int) -> list[str]:
        """Addresses of a host, each of which may be connected to. Raises Refused where one may not, and Unresolved.

        None is passed over: a name that leads here and elsewhere was made to be looked at twice.
        """
        found = await self._resolve(host, port)
        for address in found:
            if not self.allows(ip_address(address)):
                raise Refused(address)
        return found

    def allows(self, address: Address) -> bool:
        """Whether requests may go to this address."""
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return _is_in(address, self._networks) or _is_public(address)

    async def _resolve(self, host: str, port: int) -> list[str]:
        with suppress(ValueError):
            return [str(ip_address(host))]
        try:
            async with asyncio.timeout(_SECONDS), self._turns:
                return list(dict.fromkeys(await _getaddrinfo(host, port)))
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            raise Unresolved from None


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:
            return False
    if address.is_multicast or address.is_reserved or _is_in(address, _NEITHER):
        return False
    return address.is_global


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a router on the way would make of it."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    return IPv4Address(int(address) & _LOW) if address in _NAT64 else address.sixtofour


async def _getaddrinfo(host: str, port: int) -> Iterable[str]:
    """In a thread that ends with the process: a name server may take its time."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str], error: Exception | None) -> None:
        if not done.done():
            if error:
                done.set_exception(error)
            else:
                done.set_result(found)

    def work() -> None:
        found: list[str] = []
        failure: Exception | None = None
        try:
            found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as error:
            failure = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, found, failure)

    threading.Thread(target=work, daemon=True, name="resolve").start()
    return await done
