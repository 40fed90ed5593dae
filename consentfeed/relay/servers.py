"""How many servers of NATS there are. One may be known by several addresses: its name, and those it has itself."""

import asyncio
from collections.abc import Iterable
from typing import Final
from urllib.parse import ParseResult

import msgspec

_ANSWER_SECONDS: Final = 2.0


class _Info(msgspec.Struct):
    server_id: str


async def count(named: Iterable[ParseResult], discovered: Iterable[ParseResult]) -> int:
    """Each server once, by what it says that it is. Where one does not answer, it counts if it is named in the URL: the
    others tell of addresses, too, that are of no use here."""
    named, discovered = list(named), list(discovered)
    answers = await asyncio.gather(*(_identity(address) for address in (*named, *discovered)))
    silent = {address.netloc for address, answer in zip(named, answers, strict=False) if not answer}
    return len({answer for answer in answers if answer}) + len(silent)


async def _identity(address: ParseResult) -> str:
    """What the server says to whoever connects, before anything is encrypted; empty where it says nothing."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            try:
                return _decoder.decode((await reader.readline()).removeprefix(b"INFO ")).server_id
            finally:
                writer.close()
    except (OSError, ValueError, msgspec.MsgspecError):
        return ""


_decoder: Final = msgspec.json.Decoder(_Info)
