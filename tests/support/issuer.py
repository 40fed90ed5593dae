"""An issuer of tokens as tests need one: what it publishes, and tokens good and bad."""

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwk

AUDIENCE = "https://consents.example"
DISCOVERY, KEYS = "/.well-known/openid-configuration", "/keys"
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_json(value: Any) -> str:
    return encode(json.dumps(value).encode())


def compact(header: Any, claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """A token made by hand, so that it may be as wrong as it likes."""
    signed = f"{encode_json(header)}.{claims if isinstance(claims, str) else encode_json(claims)}"
    return f"{signed}.{encode(sign(signed.encode()))}"


def signature(key: Any, algorithm: str) -> Callable[[bytes], bytes]:
    """What the algorithm makes of a private key of cryptography's."""

    def sign(data: bytes) -> bytes:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            size = (key.key_size + 7) // 8
            digest = hashes.SHA256() if key.key_size == 256 else hashes.SHA384()
            numbers = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
            return b"".join(number.to_bytes(size, "big") for number in numbers)
        hashed = {"256": hashes.SHA256, "512": hashes.SHA512}[algorithm[2:]]()
        result: bytes = key.sign(data, _PSS if algorithm == "PS256" else padding.PKCS1v15(), hashed)
        return result

    return sign


def new_key(kind: str) -> Any:
    """A private key."""
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    if kind == "OKP":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1() if kind == "P-256" else ec.SECP384R1())


def public(key: Any, **members: Any) -> dict[str, Any]:
    """How its public half is published."""
    kinds = {rsa.RSAPrivateKey: jwk.RSAKey, ec.EllipticCurvePrivateKey: jwk.ECKey}
    kind: Any = next((made for base, made in kinds.items() if isinstance(key, base)), jwk.OKPKey)
    return {**kind.import_key(key.public_key()).as_dict(private=False), **members}


class Issuer:
    """A server on a port of its own; its keys by their ids, and whatever else it answers."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"first": new_key("RSA")}
        self.also: list[Any] = []  # what else stands among its keys
        self.document: dict[str, Any] = {}  # what its document says otherwise
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[str] = []
        self._start(0)

    def _start(self, port: int) -> None:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests.append(self.path)
                with suppress(ConnectionError):
                    issuer.answers.get(self.path, issuer._answer)(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """It is away."""
        self._server.shutdown()
        self._server.server_close()

    def start(self) -> None:
        """It is back."""
        self._start(self._server.server_port)

    def body(self, path: str) -> bytes:
        """What it publishes there."""
        keys = [public(key, kid=kid) for kid, key in self.keys.items()]
        answers = {
            DISCOVERY: {"issuer": self.url, "jwks_uri": self.url + KEYS, "unknown": [{}], **self.document},
            KEYS: {"keys": [*self.also, *keys]},
        }
        return json.dumps(answers[path]).encode()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        say(handler, self.body(handler.path))

    def claims(self, role: str = "csr", **changes: Any) -> dict[str, Any]:
        """Good ones; a change to ... leaves one out."""
        now = int(time.time())
        good = {"iss": self.url, "sub": "jane", "aud": AUDIENCE, "iat": now, "exp": now + 3600, "roles": [role]}
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def token(
        self,
        role: str = "csr",
        *,
        kid: str = "first",
        algorithm: str = "RS256",
        header: dict[str, Any] | None = None,
        key: Any = None,
        **changes: Any,
    ) -> str:
        """A token that is good but for what is asked for; changes are of claims."""
        head = {"alg": algorithm, "kid": kid, "typ": "JWT"} | (header or {})
        head = {name: value for name, value in head.items() if value is not ...}
        return compact(head, self.claims(role, **changes), signature(key or self.keys[kid], algorithm))


def say(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answers."""
    handler.send_response(status)
    for name, value in {"content-length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
