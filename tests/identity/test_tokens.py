"""Bearer tokens of an identity provider: what is taken, what is refused, whom they make of somebody, and scopes."""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consentfeed import settings
from consentfeed.errors import Problem, TokenRefused
from consentfeed.identity import claims, jwt, tokens
from consentfeed.permissions import ACCESS, SCOPES
from tests.support.database import Sql
from tests.support.issuer import AUDIENCE, KEYS, Issuer, compact, encode, encode_json, new_key, public, say, signature
from tests.support.node import RunningNode, StartNode, nodes
from tests.support.rest import ROLES, Rest, ok, problem
from tests.support.seed import CUSTOMER, NOBODY, STAFF
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until

ALGORITHMS = "RS256 PS256 ES256 EdDSA Ed25519"
INVALID = 'Bearer error="invalid_token"'
GRANT = "POST /api/v1/customer/consents/{id}/grant"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.keys |= {"curve": new_key("P-256"), "edwards": new_key("OKP")}
    yield issuer
    issuer.stop()


def provider(issuer: Issuer) -> dict[str, Any]:
    """The settings of a node that takes the issuer's tokens."""
    return {"issuer": issuer.url, "audience": AUDIENCE, "token_algorithms": ALGORITHMS}


@pytest.fixture(scope="module")
def outside(issuer: Issuer, shared_database: Sql) -> Iterator[Rest]:
    """A node that takes the issuer's tokens."""
    with nodes(shared_database) as start:
        rest = Rest(start(**provider(issuer), refused_tokens=1_000_000), shared_database)
        yield rest
        rest.close()


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def me(rest: Rest, token: str) -> httpx.Response:
    return rest.get("/auth/me", None, headers=as_(token))


def refused(answer: httpx.Response) -> None:
    """As RFC 6750 has it, and quoting nothing."""
    problem(answer, "signed-out")
    assert answer.headers["www-authenticate"] == INVALID


# What is taken


@pytest.mark.parametrize("role", ["csr", "admin"])
def test_a_token_of_the_issuer_opens_the_api(issuer: Issuer, outside: Rest, role: str) -> None:
    user = ok(me(outside, issuer.token(role, email="jane@example.com")))["user"]
    assert user == {"id": str(claims.subject_id(issuer.url, "jane")), "email": "jane@example.com", "role": role}
    ok(outside.get("/consents", None, headers=as_(issuer.token(role))))


@pytest.mark.parametrize(
    ("kid", "algorithm"),
    [("first", "RS256"), ("first", "PS256"), ("curve", "ES256"), ("edwards", "EdDSA"), ("edwards", "Ed25519")],
)
def test_each_algorithm_that_is_allowed_serves(issuer: Issuer, outside: Rest, kid: str, algorithm: str) -> None:
    ok(me(outside, issuer.token(kid=kid, algorithm=algorithm)))


GOOD: dict[str, dict[str, Any]] = {
    "one of several audiences": {"aud": ["https://another.example", AUDIENCE]},
    "expired within the skew": {"exp": lambda: time.time() - 20},
    "not valid yet within the skew": {"nbf": lambda: time.time() + 20, "iat": lambda: time.time() + 20},
    "half a second": {"exp": lambda: time.time() + 100.5},
    "without iat": {"iat": ...},
    "of a type": {"header": {"typ": "at+jwt"}},
    "of a long type": {"header": {"typ": "application/AT+JWT"}},
    "of no type": {"header": {"typ": ...}},
    "with a header that nobody knows": {"header": {"pi.atm": "1"}},
    "with more claims": {"groups": ["x"] * 100, "nested": {"a": [{"b": None}]}},
}


def given(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value() if callable(value) else value for name, value in changes.items()}


@pytest.mark.parametrize("what", GOOD)
def test_a_token_is_good(issuer: Issuer, outside: Rest, what: str) -> None:
    ok(me(outside, issuer.token(**given(GOOD[what]))))


@pytest.mark.parametrize("role", ROLES)
def test_our_own_tokens_go_on_being_good_beside_an_issuer(outside: Rest, role: str) -> None:
    assert ok(me(outside, bearer(role)))["user"]["id"] == STAFF.get(role, CUSTOMER)


# What is refused


def pem(issuer: Issuer) -> bytes:
    key: bytes = issuer.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key


def der(issuer: Issuer) -> bytes:
    return base64.b64decode(b"".join(pem(issuer).splitlines()[1:-1]))


def hmac_by(key: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.new(key, data, hashlib.sha256).digest()


def confused(issuer: Issuer, key: bytes, **header: Any) -> str:
    """Signed with a shared secret that everybody knows: what the issuer publishes."""
    return compact({"alg": "HS256", "kid": "first", **header}, issuer.claims(), hmac_by(key))


def unsigned(issuer: Issuer, algorithm: str, signature: bytes = b"") -> str:
    return compact({"alg": algorithm, "kid": "first"}, issuer.claims(), lambda _: signature)


STRANGER = new_key("RSA")
OURS = {"iss": "consentfeed", "sub": STAFF["admin"], "email": "x", "role": "admin", "exp": int(time.time()) + 36_000}
ATTACKS: dict[str, Callable[[Issuer], str]] = {
    "none": lambda i: unsigned(i, "none"),
    "None": lambda i: unsigned(i, "None"),
    "nOnE": lambda i: unsigned(i, "nOnE"),
    "none with a signature": lambda i: unsigned(i, "none", b"x" * 256),
    "no signature": lambda i: unsigned(i, "RS256"),
    "no algorithm": lambda i: compact({"kid": "first"}, i.claims(), signature(i.keys["first"], "RS256")),
    "algorithm is a list": lambda i: i.token(header={"alg": ["RS256"]}),
    "HS256 by the PEM": lambda i: confused(i, pem(i)),
    "HS256 by the PEM without its last line end": lambda i: confused(i, pem(i).strip()),
    "HS256 by the DER": lambda i: confused(i, der(i)),
    "HS256 by the JWK": lambda i: confused(i, json.dumps(public(i.keys["first"], kid="first")).encode()),
    "HS256 by the modulus": lambda i: confused(i, public(i.keys["first"])["n"].encode()),
    "HS256 by nothing": lambda i: confused(i, b""),
    "HS256 by our secret": lambda i: confused(i, SECRET.encode()),
    "HS256 by our key": lambda i: confused(i, hashlib.sha256(b"consentfeed tokens\0" + SECRET.encode()).digest()),
    "another key": lambda i: i.token(key=STRANGER),
    "another key that it brings along": lambda i: i.token(key=STRANGER, header={"jwk": public(STRANGER)}),
    "the same, of the same id": lambda i: i.token(key=STRANGER, header={"jwk": public(STRANGER, kid="first")}),
    "the same, of no id": lambda i: i.token(key=STRANGER, header={"jwk": public(STRANGER), "kid": ...}),
    "a key that lies elsewhere": lambda i: i.token(key=STRANGER, header={"jku": f"{i.url}/stranger"}),
    "a certificate that lies elsewhere": lambda i: i.token(key=STRANGER, header={"x5u": f"{i.url}/stranger"}),
    "a certificate that it brings along": lambda i: i.token(key=STRANGER, header={"x5c": [encode(der(i))]}),
    "an id that is unknown": lambda i: i.token(header={"kid": "unknown"}),
    "an id that is a path": lambda i: i.token(header={"kid": "../../../../dev/null"}),
    "an id that is none": lambda i: i.token(header={"kid": None}),
    "an id that is a list": lambda i: i.token(header={"kid": ["first"]}),
    "an empty id": lambda i: i.token(header={"kid": ""}),
    "the id of a key of another kind": lambda i: i.token(key=i.keys["first"], header={"kid": "curve"}),
    "the algorithm of another kind": lambda i: i.token(header={"alg": "ES256"}),
    "an algorithm that is not allowed": lambda i: i.token(algorithm="RS512"),
    "PS256 for RS256": lambda i: i.token(header={"alg": "PS256"}),
    "another audience": lambda i: i.token(aud="https://another.example"),
    "an audience that ours begins": lambda i: i.token(aud=AUDIENCE + "/"),
    "no audience": lambda i: i.token(aud=...),
    "audience of nobody": lambda i: i.token(aud=[]),
    "audience null": lambda i: i.token(aud=None),
    "an object as audience": lambda i: i.token(aud={AUDIENCE: 1}),
    "a list of lists": lambda i: i.token(aud=[[AUDIENCE]]),
    "another issuer": lambda i: i.token(iss="https://another.example"),
    "the issuer with a slash": lambda i: i.token(iss=i.url + "/"),
    "no issuer": lambda i: i.token(iss=...),
    "a list as issuer": lambda i: i.token(iss=[i.url]),
    "us as issuer": lambda i: compact({"alg": "RS256", "kid": "first"}, OURS, signature(i.keys["first"], "RS256")),
    "us as issuer, by the PEM": lambda i: compact({"alg": "HS256"}, OURS, hmac_by(pem(i))),
    "us as issuer, by nobody": lambda _: compact({"alg": "none"}, OURS, lambda _: b""),
    "expired": lambda i: i.token(exp=time.time() - 31),
    "expired long ago": lambda i: i.token(exp=0),
    "no end": lambda i: i.token(exp=...),
    "end null": lambda i: i.token(exp=None),
    "end true": lambda i: i.token(exp=True),
    "end as text": lambda i: i.token(exp=str(int(time.time()) + 3600)),
    "end beyond all calendars": lambda i: i.token(exp=10**18),
    "end beyond all numbers": lambda i: with_payload(i, '"exp": 1e999'),
    "end not a number": lambda i: with_payload(i, '"exp": NaN'),
    "not valid yet": lambda i: i.token(nbf=time.time() + 40),
    "not valid before a text": lambda i: i.token(nbf="now"),
    "of the future": lambda i: i.token(iat=time.time() + 40),
    "about nobody": lambda i: i.token(sub=...),
    "about an empty name": lambda i: i.token(sub=""),
    "about a number": lambda i: i.token(sub=7),
    "about a name that cannot be shown": lambda i: i.token(sub="jane\x00"),
    "about half a letter": lambda i: i.token(sub="\ud800"),
    "about a very long name": lambda i: i.token(sub="j" * 400),
    "for refreshing": lambda i: i.token(header={"typ": "refresh+jwt"}),
    "for signing out": lambda i: i.token(header={"typ": "logout+jwt"}),
    "critical": lambda i: i.token(header={"crit": ["exp"], "exp": 1}),
    "critical, and known": lambda i: i.token(header={"crit": ["b64"], "b64": True}),
    "not encoded": lambda i: i.token(header={"crit": ["b64"], "b64": False}),
    "not encoded, and not critical": lambda i: i.token(header={"b64": False}),
    "claims that are a list": lambda i: with_claims(i, encode(b"[]")),
    "claims that are none": lambda i: with_claims(i, ""),
    "claims that are no JSON": lambda i: with_claims(i, encode(b"{")),
    "claims of another encoding": lambda i: with_claims(i, encode('{"iss": "\xe9"}'.encode("latin-1"))),
    "claims without a bottom": lambda i: with_claims(i, encode(b"[" * 9000)),
    "a header without a bottom": lambda i: f"{encode(b'[' * 9000)}.{encode_json(i.claims())}.{encode(b'x')}",
    "a header that is text": lambda i: f"{encode_json('alg b64')}.{encode_json(i.claims())}.{encode(b'x')}",
    "a header that is a number": lambda i: f"{encode_json(7)}.{encode_json(i.claims())}.{encode(b'x')}",
    "a header that is a list": lambda i: f"{encode_json(['alg'])}.{encode_json(i.claims())}.{encode(b'x')}",
    "four parts": lambda i: i.token() + ".x",
    "five parts": lambda i: i.token() + ".x.x",
    "two parts": lambda i: i.token().rpartition(".")[0],
    "with a blank": lambda i: i.token().replace(".", ". "),
    "with padding": lambda i: i.token() + "=",
    "huge": lambda i: i.token(padding="x" * 20_000),
    "dots": lambda _: "..",
    "no token at all": lambda _: "\u00e9",
}  # fmt: skip


def with_payload(issuer: Issuer, member: str) -> str:
    """Claims with a member that json.dumps would not write."""
    text = json.dumps(issuer.claims(exp=...))
    return with_claims(issuer, encode(f"{text[:-1]}, {member}}}".encode()))


def with_claims(issuer: Issuer, payload: str) -> str:
    return compact({"alg": "RS256", "kid": "first"}, payload, signature(issuer.keys["first"], "RS256"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_not_good_is_401(issuer: Issuer, outside: Rest, attack: str) -> None:
    token = ATTACKS[attack](issuer)
    refused(outside.get("/auth/me", None, headers={"Authorization": b"Bearer " + token.encode("latin-1")}))
    assert "/stranger" not in issuer.requests


def test_the_attacks_together_have_asked_the_issuer_hardly_ever(issuer: Issuer, outside: Rest) -> None:
    before = len(issuer.requests)
    start = time.monotonic()
    for attack in ATTACKS.values():
        outside.get("/auth/me", None, headers={"Authorization": b"Bearer " + attack(issuer).encode("latin-1")})
    assert len(issuer.requests) - before <= 2 * (2 + (time.monotonic() - start) / 5)


def test_no_token_with_any_bit_of_it_changed_is_good(issuer: Issuer, outside: Rest) -> None:
    token, chosen = issuer.token(), random.Random(4)
    ok(me(outside, token))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/"
    for place in chosen.sample(range(len(token)), 200):
        other = chosen.choice([letter for letter in alphabet if letter != token[place]])
        refused(me(outside, token[:place] + other + token[place + 1 :]))


def test_no_garbage_is_more_than_401(outside: Rest) -> None:
    chosen = random.Random(4)
    pieces = [
        b"", b"{}", b"[]", b"null", b'{"alg":"RS256"}', b'{"alg":null}', b'{"alg":"HS256"}', b'{"iss":"consentfeed"}',
        b'{"iss":{}}', b'"', b"\xff", b"{" * 50, b'{"alg":"HS256","kid":{}}', b'{"alg":"HS256","jwk":7,"b64":0}',
    ]  # fmt: skip
    for _ in range(300):
        parts = [chosen.choice([encode(piece), chosen.randbytes(8).hex()]) for piece in chosen.choices(pieces, k=3)]
        refused(me(outside, ".".join(parts)))


def test_without_an_audience_no_token_of_the_issuer_is_taken(issuer: Issuer, start_node: StartNode) -> None:
    node = start_node(issuer=issuer.url, client_id="consents")
    answer = httpx.get(f"{node.url}/api/v1/auth/me", headers=as_(issuer.token()))
    refused(answer)
    assert "CONSENTFEED_AUDIENCE" in answer.json()["detail"]


def test_without_an_issuer_no_foreign_token_is_taken(issuer: Issuer, rest: Rest) -> None:
    refused(me(rest, issuer.token()))


def test_who_sends_no_token_is_not_told_that_one_is_wrong(outside: Rest) -> None:
    assert outside.get("/auth/me", None).headers["www-authenticate"] == "Bearer"


def test_refused_tokens_are_counted_and_throttled(issuer: Issuer, start_node: StartNode) -> None:
    node = start_node(**provider(issuer), refused_tokens=5)
    with httpx.Client(base_url=node.url) as client:
        answers = [client.get("/api/v1/auth/me", headers=as_(issuer.token(exp=1))) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2


def test_an_issuer_that_is_away_is_503_and_not_401(start_node: StartNode) -> None:
    issuer = Issuer()
    issuer.answers["/.well-known/openid-configuration"] = lambda handler: say(handler, b"", 502)
    node = start_node(**provider(issuer), keys_seconds=0.2)
    try:
        answer = httpx.get(f"{node.url}/api/v1/auth/me", headers=as_(issuer.token()))
        problem(answer, "issuer-away")
        assert int(answer.headers["retry-after"]) > 0
        assert httpx.get(f"{node.url}/api/v1/auth/me", headers=as_(bearer("csr"))).status_code == 200
        issuer.answers.clear()
        wait_until(lambda: _status(node, issuer.token()) == 200, 5)
    finally:
        issuer.stop()


def _status(node: RunningNode, token: str) -> int:
    return httpx.get(f"{node.url}/api/v1/auth/me", headers=as_(token)).status_code


def test_keys_change_without_a_restart(start_node: StartNode) -> None:
    issuer = Issuer()
    node = start_node(**provider(issuer), keys_seconds=0.2)
    try:
        old = issuer.token()
        assert _status(node, old) == 200
        issuer.keys = {"second": new_key("RSA")}
        wait_until(lambda: _status(node, issuer.token(kid="second")) == 200, 5)
        wait_until(lambda: _status(node, old) == 401, 5)  # the node remembers it for two seconds
        assert KEYS in issuer.requests
    finally:
        issuer.stop()


# Who somebody is


def reader(**changes: Any) -> claims.ClaimsReader:
    return claims.ClaimsReader(settings.Settings(**changes))


SAID = {"iss": "https://id.example", "sub": "jane", "email": "jane@example.com"}


def role_of(said: dict[str, Any], **changes: Any) -> str:
    return reader(**changes).person(SAID | said).role


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("roles", {"roles": ["csr"]}),
        ("roles", {"roles": "csr"}),
        ("realm_access.roles", {"realm_access": {"roles": ["x", "csr"]}}),
        ("resource_access.consents.roles", {"resource_access": {"consents": {"roles": ["csr"]}}}),
        ("https://consents.example/roles", {"https://consents.example/roles": ["csr"]}),
        ("roles", {"roles": [7, None, {"csr": 1}, ["csr"], "csr"]}),
    ],
)
def test_the_role_is_found_where_the_settings_say(path: str, said: dict[str, Any]) -> None:
    assert role_of(said, role_claim=path) == "csr"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("roles", {}),
        ("roles", {"roles": None}),
        ("roles", {"roles": []}),
        ("roles", {"roles": "csr admin"}),
        ("roles", {"roles": "CSR"}),
        ("roles", {"roles": {"csr": True}}),
        ("roles", {"roles": [["csr"]]}),
        ("roles", {"realm_access": {"roles": ["csr"]}}),
        ("realm_access.roles", {"roles": ["csr"]}),
        ("realm_access.roles", {"realm_access": ["csr"]}),
        ("realm_access.roles", {"realm_access": "roles"}),
        ("realm_access..roles", {"realm_access": {"roles": ["csr"]}}),
    ],
)
def test_no_role_is_made_out_of_something_else(path: str, said: dict[str, Any]) -> None:
    with pytest.raises(Problem) as raised:
        role_of(said, role_claim=path)
    assert raised.value.code == "no-role"


def test_the_issuers_names_of_roles_are_what_the_settings_say() -> None:
    names = "csr=cc-agent csr=cc-lead admin=cc-admin service=backend customer=subscriber"
    expected = {"cc-agent": "csr", "cc-lead": "csr", "cc-admin": "admin", "backend": "service"}
    assert {name: role_of({"roles": [name]}, roles=names) for name in expected} == expected
    for name in ("csr", "admin", "service", "customer", "csr=cc-agent", ""):
        with pytest.raises(Problem):
            role_of({"roles": [name]}, roles=names)


def test_who_has_several_roles_gets_the_one_that_may_most() -> None:
    order, named = ["admin", "csr", "service", "customer"], list(ROLES)
    for first, role in enumerate(order):
        assert role_of({"roles": [name for name in named if name in order[first:]], "customer_id": CUSTOMER}) == role


def test_who_has_no_other_role_is_a_customer_where_the_settings_say_so() -> None:
    for said in ({}, {"roles": ["x"]}, {"roles": "y"}):
        assert role_of({**said, "customer_id": CUSTOMER}, roles="customer=* csr=cc-agent") == "customer"
    assert role_of({"roles": ["cc-agent"]}, roles="customer=* csr=cc-agent") == "csr"


def test_the_id_is_the_same_for_the_same_subject_of_the_same_issuer_alone() -> None:
    mine = reader().person({**SAID, "roles": "csr"}).id
    assert mine == reader().person({**SAID, "roles": "admin", "email": "new@example.com"}).id
    assert mine == uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), "https://id.example#jane")
    others = [SAID | {"sub": "Jane"}, SAID | {"iss": "https://id.example/"}]
    assert len({mine, *(reader().person({**said, "roles": "csr"}).id for said in others)}) == 3


def test_a_customer_is_who_the_claim_says() -> None:
    person = reader(customer_claim="ext.customer").person(
        {**SAID, "roles": "customer", "ext": {"customer": CUSTOMER}, "customer_id": NOBODY}
    )
    assert (str(person.id), str(person.customer), person.role) == (CUSTOMER, CUSTOMER, "customer")
    assert reader().person({**SAID, "roles": "csr", "customer_id": CUSTOMER}).customer is None


@pytest.mark.parametrize("customer", [..., None, "", "jane", 7, [CUSTOMER], {"id": CUSTOMER}, CUSTOMER[:-1], "\u202e"])
def test_a_customer_without_an_id_is_refused(issuer: Issuer, outside: Rest, customer: Any) -> None:
    problem(me(outside, issuer.token("customer", customer_id=customer)), "no-customer")


def test_a_customer_who_is_not_registered_is_refused_until_registered(issuer: Issuer, outside: Rest) -> None:
    customer = str(uuid4())
    token = issuer.token("customer", customer_id=customer)
    problem(me(outside, token), "no-customer")
    outside.sql("SELECT consentfeed.register_customer(%s, 'Somebody New', NULL, NULL, NULL)", customer)
    assert ok(me(outside, token))["user"]["id"] == customer


def test_a_customer_sees_and_decides_on_own_consents_alone(issuer: Issuer, outside: Rest) -> None:
    token = as_(issuer.token("customer", customer_id=CUSTOMER))
    found = ok(outside.get("/customer/consents", None, headers=token))["consents"]
    assert {consent["customer_id"] for consent in found} == {CUSTOMER}
    ok(outside.call("POST", f"/customer/consents/{found[0]['id']}/grant", headers=token))
    problem(outside.call("POST", f"/customer/consents/{outside.consent()}/grant", headers=token), "not-found")
    problem(outside.get("/consents", None, headers=token), "forbidden")


def test_who_has_no_role_here_is_refused_and_told_so(issuer: Issuer, outside: Rest) -> None:
    for roles in (["x"], [], ...):
        problem(me(outside, issuer.token(roles=roles)), "no-role")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({}, "jane"),
        ({"email": "jane@example.com", "preferred_username": "jd"}, "jane@example.com"),
        ({"preferred_username": "jd", "client_id": "shop"}, "jd"),
        ({"client_id": "shop", "azp": "x"}, "shop"),
        ({"email": ["jane@example.com"], "azp": "shop"}, "shop"),
        ({"email": "jane\r\nSet-Cookie: x"}, "jane"),
        ({"email": "\u202ejane@example.com"}, "jane"),
        ({"email": "x" * 400}, "jane"),
        ({"email": ""}, "jane"),
    ],
)
def test_somebody_is_called_by_what_can_be_shown(said: dict[str, Any], name: str) -> None:
    assert reader().person({"iss": "i", "sub": "jane", "roles": "csr", **said}).email == name


# Scopes


def limited(issuer: Issuer, role: str = "csr", **changes: Any) -> frozenset[str] | None:
    return reader().person(issuer.claims(role, **changes)).scopes


def test_a_person_is_not_limited_by_scopes_that_are_not_ours(issuer: Issuer) -> None:
    for said in ({}, {"scope": "openid profile"}, {"scp": ["openid"]}, {"scope": ""}, {"scope": 7}, {"scp": {"a": 1}}):
        assert limited(issuer, **said) is None


@pytest.mark.parametrize("role", ["csr", "service"])
@pytest.mark.parametrize(
    "said",
    [
        {"scope": "openid feed:read consents:read"},
        {"scp": ["feed:read", "consents:read", "x", 7, None]},
        {"scp": "consents:read feed:read"},
        {"scope": "feed:read", "scp": ["consents:read"]},
    ],
)
def test_a_token_that_names_ours_is_limited_to_them(issuer: Issuer, role: str, said: dict[str, Any]) -> None:
    assert limited(issuer, role, **said) == frozenset({"feed:read", "consents:read"})


@pytest.mark.parametrize(
    "said",
    [{}, {"scope": "openid"}, {"scope": "consents"}, {"scope": "Feed:Read"}, {"scope": "consents:read,feed:read"}],
)
def test_a_service_without_scopes_may_do_nothing(issuer: Issuer, outside: Rest, said: dict[str, Any]) -> None:
    assert limited(issuer, "service", **said) == frozenset()
    token = as_(issuer.token("service", **said))
    for path in ("/auth/me", "/consents", "/events", "/purposes"):
        problem(outside.get(path, None, headers=token), "forbidden")


def test_a_service_with_scopes_may_do_what_they_name(issuer: Issuer, outside: Rest) -> None:
    token = as_(issuer.token("service", scope="consents:read consents:write"))
    consent = outside.consent()
    ok(outside.get(f"/consents/{consent}", None, headers=token))
    ok(outside.call("POST", f"/customer/consents/{consent}/grant", headers=token))
    answer = outside.get("/events", None, headers=token)
    problem(answer, "forbidden")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="feed:read"'


def own(role: str, *scopes: str) -> str:
    subject = CUSTOMER if role == "customer" else STAFF[role]
    lifetime = timedelta(hours=1)
    return tokens.make_token(SECRET, subject=subject, email="x", role=role, lifetime=lifetime, scopes=scopes)


CELLS = [(route, role) for route, access in ACCESS.items() for role in access.roles if "/api/" in route]


@pytest.mark.parametrize(("route", "role"), CELLS)
def test_a_route_is_for_tokens_of_its_scope_and_no_other(outside: Rest, route: str, role: str) -> None:
    method, path = route.split()
    for name, value in (("id", uuid4()), ("key", "nothing"), ("version", 9), ("language", "en")):
        path = path.replace(f"{{{name}}}", str(value))
    needed = ACCESS[route].scope
    for scope in SCOPES:
        answer = outside.call(method, path.removeprefix("/api/v1"), headers=as_(own(role, scope)))
        if scope == needed:
            assert answer.status_code in (200, 404, 422), answer.text
        else:
            problem(answer, "forbidden")
            challenge = f'Bearer error="insufficient_scope", scope="{needed}"' if needed else None
            assert answer.headers.get("www-authenticate") == challenge


def test_what_a_role_may_not_do_no_scope_makes_good(outside: Rest) -> None:
    for role in ("customer", "service"):
        answer = outside.call("GET", "/users", headers=as_(own(role, *SCOPES)))
        problem(answer, "forbidden")
    problem(outside.call("GET", "/consents", headers=as_(own("customer", *SCOPES))), "forbidden")


def test_our_own_token_without_scopes_is_not_limited(outside: Rest) -> None:
    ok(outside.get("/events", None, headers=as_(own("service"))))
    ok(outside.get("/users", None, headers=as_(own("admin"))))


# Streams


def test_a_stream_closes_when_the_token_has_expired_whatever_the_skew(issuer: Issuer, outside: Rest) -> None:
    end = time.time() + 2
    tail = outside.node.tail(token=issuer.token(exp=end))
    assert tail.wait_event("goodbye", 8).data == {"reason": "signed-out"}
    assert 0 <= time.time() - end < 5


def test_streams_close_when_the_account_is_disabled(issuer: Issuer, outside: Rest) -> None:
    who, name = str(claims.subject_id(issuer.url, "leaver")), f"{uuid4().hex}@example.com"
    outside.sql("INSERT INTO consentfeed.users (id, email, role) VALUES (%s, %s, 'csr')", who, name)
    tail = outside.node.tail(token=issuer.token(sub="leaver"))
    assert tail.status == 200
    outside.sql("UPDATE consentfeed.users SET disabled_at = now() WHERE id = %s", who)
    start = time.monotonic()
    assert tail.wait_event("goodbye", 8).data == {"reason": "signed-out"}
    assert time.monotonic() - start < 5
    wait_until(lambda: me(outside, issuer.token(sub="leaver")).status_code == 401, 5)
    refused(me(outside, issuer.token(sub="leaver", email="other@example.com")))


def test_the_role_of_a_token_counts_whatever_the_last_sign_in_said(issuer: Issuer, outside: Rest) -> None:
    who = str(claims.subject_id(issuer.url, "promoted"))
    outside.sql(
        "INSERT INTO consentfeed.users (id, email, role, issuer, subject)"
        " VALUES (%s, 'promoted', 'csr', %s, 'promoted')",
        who,
        issuer.url,
    )
    user = ok(me(outside, issuer.token("admin", sub="promoted")))["user"]
    assert (user["id"], user["role"]) == (who, "admin")


def test_a_disabled_customer_is_out_with_the_providers_token_too(issuer: Issuer, outside: Rest) -> None:
    customer = outside.customer()
    token = issuer.token("customer", customer_id=customer)
    tail = outside.node.tail(token=token)
    assert tail.status == 200
    outside.sql("SELECT consentfeed.add_user(%s, 'customer', NULL, %s)", f"{uuid4().hex}@example.com", customer)
    outside.sql("UPDATE consentfeed.users SET disabled_at = now() WHERE id = %s", customer)
    assert tail.wait_event("goodbye", 5).data == {"reason": "signed-out"}
    wait_until(lambda: me(outside, token).status_code == 401, 5)


# Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUER", "http://id.example"),
        ("ISSUER", "id.example"),
        ("ISSUER", "https://"),
        ("ISSUER", "https://user@id.example"),
        ("ISSUER", "https://id.example/?tenant=1"),
        ("ISSUER", "https://id.example/#x"),
        ("ISSUER", "http://localhost.evil.example"),
        ("ISSUER", "https://["),
        ("ISSUER", "https://id.example:99999"),
        ("TOKEN_ALGORITHMS", ""),
        ("TOKEN_ALGORITHMS", "none"),
        ("TOKEN_ALGORITHMS", "RS256 HS256"),
        ("TOKEN_ALGORITHMS", "HS512"),
        ("TOKEN_ALGORITHMS", "RS256,ES256"),
        ("ROLES", "owner=admin"),
        ("ROLES", "admin"),
        ("ROLES", "admin="),
        ("ROLES", "admin=*"),
        ("ROLES", "csr=*"),
        ("CLOCK_SKEW_SECONDS", "-1"),
        ("CLOCK_SKEW_SECONDS", "301"),
        ("CLOCK_SKEW_SECONDS", "nan"),
        ("KEYS_SECONDS", "0"),
        ("AUDIENCE", ""),
        ("ROLE_CLAIM", ""),
        ("CUSTOMER_CLAIM", ""),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(settings.SettingsError, match=f"^CONSENTFEED_{name}: "):
        settings.load({f"CONSENTFEED_{name}": value})


@pytest.mark.parametrize(
    "issuer", ["https://id.example/realms/a", "http://localhost:8080/x", "http://127.0.0.1:1", "http://[::1]:1"]
)
def test_an_issuer_is_read_as_it_stands(issuer: str) -> None:
    assert settings.load({"CONSENTFEED_ISSUER": issuer}).issuer == issuer


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"issuer": "https://id.example"}, "CONSENTFEED_AUDIENCE"),
        ({"audience": AUDIENCE}, "CONSENTFEED_ISSUER"),
        ({"client_id": "consents"}, "CONSENTFEED_ISSUER"),
    ],
)
def test_a_provider_that_is_configured_by_half_is_refused_by_name(given: dict[str, str], missing: str) -> None:
    with pytest.raises(settings.SettingsError, match=missing):
        settings.require_whole_provider(settings.Settings(**given))  # type: ignore[arg-type]


def test_the_claims_of_these_attacks_would_be_good(outside: Rest) -> None:
    ok(me(outside, jwt.sign(OURS, tokens._signing_key(SECRET), "HS256")))


def test_nothing_of_a_token_is_quoted() -> None:
    with pytest.raises(TokenRefused) as raised:
        jwt.check({"exp": "secret"}, ("exp", "email"))
    assert "secret" not in str(raised.value)
