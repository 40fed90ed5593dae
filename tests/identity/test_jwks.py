"""The identity provider's keys: when they are asked for, how often, and for how long they are good."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from consentfeed.errors import IssuerAway, TokenRefused
from consentfeed.identity import jwt
from consentfeed.identity.jwks import Jwks
from tests.support.issuer import AUDIENCE, DISCOVERY, KEYS, Issuer, encode, new_key, public, say

T = TypeVar("T")
ONCE = [DISCOVERY, KEYS]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.stop()


def with_jwks(issuer: Issuer, work: Callable[[Jwks], Awaitable[T]], *, renew: float = 300.0) -> T:
    """Does some work with an issuer's keys."""

    async def go() -> T:
        jwks = Jwks(issuer.url, ["RS256", "ES256"], skew=0, renew=renew)
        try:
            return await work(jwks)
        finally:
            await jwks.close()

    return asyncio.run(go())


async def good(jwks: Jwks, token: str) -> bool:
    """Whether the token is taken."""
    try:
        await jwks.verify(token, audience=AUDIENCE)
    except TokenRefused:
        return False
    return True


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.01)


def test_the_keys_are_asked_for_once_for_all_who_wait(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        assert all(await asyncio.gather(*(good(jwks, issuer.token(sub=str(n))) for n in range(50))))

    with_jwks(issuer, work)
    assert issuer.requests == ONCE


def test_who_gives_up_waiting_takes_the_keys_from_nobody_else(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        waiting = [asyncio.create_task(good(jwks, issuer.token())) for _ in range(2)]
        await until(lambda: _true(len(issuer.requests) > 0))
        waiting[0].cancel()
        assert await waiting[1]

    with_jwks(issuer, work)
    assert issuer.requests == ONCE


async def _true(value: bool) -> bool:
    return value


def test_a_new_key_is_taken_without_a_restart_and_one_that_is_gone_is_not(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        old = issuer.token()
        assert await good(jwks, old)
        issuer.keys = {"second": new_key("P-256")}
        new = issuer.token(kid="second", algorithm="ES256")
        await until(lambda: good(jwks, new))
        assert not await good(jwks, old)

    with_jwks(issuer, work, renew=0.2)


def test_a_new_key_is_asked_for_before_the_old_ones_are_due(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentfeed.identity.jwks._PAUSE_SECONDS", 0.1)

    async def work(jwks: Jwks) -> None:
        assert await good(jwks, issuer.token())
        issuer.keys["second"] = new_key("RSA")
        await until(lambda: good(jwks, issuer.token(kid="second")))

    with_jwks(issuer, work)


def test_a_flood_of_unknown_keys_asks_no_more_often(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        assert await good(jwks, issuer.token())
        for n in range(200):
            assert not await good(jwks, issuer.token(key=issuer.keys["first"], kid=f"unknown-{n}"))

    with_jwks(issuer, work)
    assert issuer.requests == ONCE


def test_a_flood_of_unknown_keys_asks_once_in_a_while(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentfeed.identity.jwks._PAUSE_SECONDS", 0.5)
    tokens = [issuer.token(key=issuer.keys["first"], kid=f"unknown-{n}") for n in range(20)]

    async def work(jwks: Jwks) -> float:
        start = time.monotonic()
        while len(issuer.requests) < 3 * len(ONCE):
            assert not any(await asyncio.gather(*(good(jwks, token) for token in tokens)))
        return time.monotonic() - start

    assert with_jwks(issuer, work) >= 2 * 0.5


def test_what_is_wrong_anyway_asks_for_nothing(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        for token in (
            issuer.token(iss="https://another.example"),
            issuer.token(algorithm="RS512"),
            issuer.token(header={"typ": "logout+jwt"}),
            issuer.token(header={"crit": ["exp"]}),
            "x.y.z",
        ):
            assert not await good(jwks, token)

    with_jwks(issuer, work)
    assert issuer.requests == []


def test_while_the_issuer_is_away_its_keys_are_good_for_a_while_and_no_longer(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> float:
        token = issuer.token()
        assert await good(jwks, token)
        start = time.monotonic()
        issuer.stop()
        with pytest.raises(IssuerAway):
            await until(lambda: _not(good(jwks, token)))
        lasted = time.monotonic() - start
        issuer.start()
        await until(lambda: _served(jwks, token))
        return lasted

    assert 12 * 0.2 - 0.1 <= with_jwks(issuer, work, renew=0.2) < 5


async def _not(value: Awaitable[bool]) -> bool:
    return not await value


async def _served(jwks: Jwks, token: str) -> bool:
    try:
        return await good(jwks, token)
    except IssuerAway:
        return False


def test_an_issuer_that_hangs_holds_nobody_up_again_and_again(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consentfeed.identity.discovery._SECONDS", 0.5)

    async def work(jwks: Jwks) -> None:
        token = issuer.token()
        assert await good(jwks, token)
        issuer.answers[DISCOVERY] = lambda _: time.sleep(2)
        await asyncio.sleep(0.2)
        assert await good(jwks, token)  # this one has waited, for half a second
        start = time.monotonic()
        while time.monotonic() - start < 1:
            before = time.monotonic()
            assert await good(jwks, token)
            assert time.monotonic() - before < 0.25
            await asyncio.sleep(0.01)
        assert len(issuer.requests) > len(ONCE) + 1

    with_jwks(issuer, work, renew=0.2)


def test_an_issuer_that_was_away_at_first_serves_when_it_is_back(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        issuer.stop()
        token = issuer.token()
        with pytest.raises(IssuerAway):
            await jwks.verify(token, audience=AUDIENCE)
        issuer.start()
        await until(lambda: _served(jwks, token))

    with_jwks(issuer, work, renew=0.2)


def test_an_issuer_that_is_away_is_not_asked_by_every_request(issuer: Issuer) -> None:
    issuer.answers[DISCOVERY] = lambda handler: say(handler, b"", 503)

    async def work(jwks: Jwks) -> None:
        for _ in range(50):
            with pytest.raises(IssuerAway):
                await jwks.verify(issuer.token(), audience=AUDIENCE)

    with_jwks(issuer, work)
    assert issuer.requests == [DISCOVERY]


def _drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for place in range(len(body)):
        handler.wfile.write(body[place : place + 1])
        time.sleep(0.05)


# Each would be the right answer but for one thing.
WRONG_ANSWERS: dict[str, Callable[[BaseHTTPRequestHandler, bytes], None]] = {
    "an error": lambda handler, body: say(handler, body, 500),
    "a redirect": lambda handler, body: say(handler, body, 302, location="/elsewhere"),
    "not JSON": lambda handler, body: say(handler, b"<html>" + body),
    "another JSON": lambda handler, body: say(handler, b"[" + body + b"]"),
    "too much": lambda handler, body: say(handler, body + b" " * (300 << 10)),
    "for ever": _drip,
    "cut off": lambda handler, body: say(handler, body, 200, **{"content-length": "5000"}),
}


@pytest.mark.parametrize("path", ONCE)
@pytest.mark.parametrize("what", WRONG_ANSWERS)
def test_an_answer_that_is_none_counts_as_away(
    issuer: Issuer, what: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consentfeed.identity.discovery._SECONDS", 1.0)
    issuer.answers[path] = lambda handler: WRONG_ANSWERS[what](handler, issuer.body(path))

    async def work(jwks: Jwks) -> None:
        start = time.monotonic()
        with pytest.raises(IssuerAway):
            await jwks.metadata()
        assert time.monotonic() - start < 3

    with_jwks(issuer, work)
    assert "/elsewhere" not in issuer.requests


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"jwks_uri": "http://keys.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[/"},
        {"jwks_uri": "https://xn--/"},
        {"jwks_uri": "https://127.0.0.1:99999/"},
        {"jwks_uri": None},
        {"token_endpoint": "http://token.example"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_document_that_is_not_the_issuers_or_not_safe_counts_as_away(
    issuer: Issuer, document: dict[str, Any]
) -> None:
    issuer.document = document

    async def work(jwks: Jwks) -> None:
        with pytest.raises(IssuerAway):
            await jwks.metadata()

    with_jwks(issuer, work)


def test_an_issuer_with_a_slash_too_many_is_another(issuer: Issuer) -> None:
    issuer.document = {"issuer": issuer.url + "/"}

    async def work(jwks: Jwks) -> None:
        with pytest.raises(IssuerAway):
            await jwks.metadata()

    with_jwks(issuer, work)


def test_what_the_issuer_says_of_itself_can_be_read(issuer: Issuer) -> None:
    issuer.document = {"authorization_endpoint": f"{issuer.url}/auth", "end_session_endpoint": "https://out.example/"}

    async def work(jwks: Jwks) -> None:
        metadata = await jwks.metadata()
        assert metadata.authorization_endpoint == f"{issuer.url}/auth"
        assert metadata.end_session_endpoint == "https://out.example/"
        assert metadata.token_endpoint is None

    with_jwks(issuer, work)


def test_one_broken_key_does_not_take_the_others_away(issuer: Issuer) -> None:
    issuer.also = [
        {"kty": "new", "kid": "first"},
        {"kty": "RSA", "kid": "first"},
        {"kty": "RSA", "kid": "first", "n": "!", "e": "AQAB"},
        {"kty": "EC", "kid": "first", "crv": "P-256", "x": "AA", "y": "AA"},
        7,
    ]

    async def work(jwks: Jwks) -> None:
        assert await good(jwks, issuer.token())

    with_jwks(issuer, work)


def test_an_issuer_that_takes_back_all_its_keys_is_believed(issuer: Issuer) -> None:
    issuer.answers[KEYS] = lambda handler: say(handler, json.dumps({"keys": []}).encode())

    async def work(jwks: Jwks) -> None:
        assert not await good(jwks, issuer.token())

    with_jwks(issuer, work)


@pytest.mark.parametrize("members", [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["encrypt"]}])
def test_a_key_for_something_else_verifies_nothing(issuer: Issuer, members: dict[str, Any]) -> None:
    key = new_key("RSA")
    issuer.also = [public(key, kid="other", **members)]

    async def work(jwks: Jwks) -> None:
        assert await good(jwks, issuer.token())
        assert not await good(jwks, issuer.token(key=key, kid="other"))

    with_jwks(issuer, work)


def test_a_shared_secret_is_no_public_key_whoever_publishes_it() -> None:
    published = {"kty": "oct", "kid": "first", "k": "A" * 43}
    assert [key.kid for key in jwt.public_keys([published, public(new_key("P-256"), kid="second")])] == ["second"]


def test_a_key_that_is_too_short_verifies_nothing(issuer: Issuer) -> None:
    short = rsa.generate_private_key(65537, 1024)
    numbers = short.public_key().public_numbers()
    published = public(new_key("RSA"), kid="short")
    published["n"] = _number(numbers.n)
    issuer.also = [published]

    async def work(jwks: Jwks) -> None:
        assert await good(jwks, issuer.token())
        assert not await good(jwks, issuer.token(key=short, kid="short"))

    with_jwks(issuer, work)


def _number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def test_a_token_that_names_no_key_is_verified_by_the_only_one_that_fits(issuer: Issuer) -> None:
    async def work(jwks: Jwks) -> None:
        unnamed = issuer.token(header={"kid": ...})
        assert await good(jwks, unnamed)
        issuer.keys["second"] = new_key("P-256")
        await until(lambda: good(jwks, issuer.token(kid="second", algorithm="ES256")))
        assert await good(jwks, unnamed)
        issuer.keys["third"] = new_key("RSA")
        await until(lambda: good(jwks, issuer.token(kid="third")))
        assert not await good(jwks, unnamed)

    with_jwks(issuer, work, renew=0.2)
