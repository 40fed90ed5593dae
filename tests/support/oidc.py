"""An identity provider for tests: the certified npm package oidc-provider, in a process of its own."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import RSAKey

WEB = Path(__file__).parent.parent / "web"
# What may stand in a secret, and has to be encoded on its way.
CLIENT_SECRET = "a secret/of+tests:with%all that may stand in one"


class Provider:
    """The provider as tests set it up."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process = process
        port = json.loads(process.stdout.readline())["port"]
        # Another site than 127.0.0.1, so that cookies have to cross from one to the other.
        self.issuer = f"http://localhost:{port}"

    def tell(self, path: str, value: dict[str, Any]) -> None:
        """What it is to be from now on."""
        httpx.post(f"{self.issuer}/test/{path}", json=value).raise_for_status()

    def client(self, url: str, **metadata: Any) -> dict[str, str]:
        """Registers consentfeed at this URL; its settings."""
        client = {
            "client_id": f"consentfeed-{uuid4().hex[:8]}",
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [f"{url}/api/v1/auth/sso/callback"],
            "post_logout_redirect_uris": [f"{url}/"],
            "backchannel_logout_uri": f"{url}/api/v1/auth/sso/logout",
            "backchannel_logout_session_required": True,
            **metadata,
        }
        client = {name: value for name, value in client.items() if value is not None}
        self.tell("client", client)
        ours = {"client_id", "client_secret"} & client.keys()
        return {"issuer": self.issuer, **{name: client[name] for name in ours}}

    def account(self, sub: str | None = None, **claims: Any) -> str:
        """Somebody with these claims; the sub, which is the login too."""
        sub = sub or f"sub-{uuid4().hex[:12]}"
        self.tell("account", {"sub": sub, "email": f"{sub}@example.com", **claims})
        return sub

    def new_keys(self) -> None:
        """It signs with another key from now on."""
        key = RSAKey.generate_key(2048, {"kid": uuid4().hex, "use": "sig"}, private=True)
        self.tell("keys", {"keys": [key.as_dict(private=True)]})

    def stop(self) -> None:
        """It goes away."""
        self.process.kill()
        self.process.wait()


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that runs for a while."""
    if not shutil.which("node") or not (WEB / "node_modules" / "oidc-provider").exists():
        pytest.skip("no identity provider here: it needs Node 20 and what npm installs")
    with subprocess.Popen(
        ["node", str(WEB / "provider.mjs")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            yield Provider(process)
        finally:
            process.kill()


class Person:
    """A browser without JavaScript: follows redirects from site to site, and fills in the provider's forms."""

    def __init__(self) -> None:
        self.http = httpx.Client(timeout=30)

    def go(self, url: str, until: str = "\n") -> httpx.Response:
        """Follows redirects, up to one that leads to a URL with these words; the last answer."""
        answer = self.http.get(url)
        while answer.is_redirect and until not in (following := urljoin(str(answer.url), answer.headers["location"])):
            answer = self.http.get(following)
        return answer

    def submit(self, page: httpx.Response, until: str = "\n", **fields: str) -> httpx.Response:
        """Sends the form of a page, with its hidden fields and these."""
        (action,) = re.findall(r'<form[^>]*action="([^"]*)"', page.text) or [""]
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        answer = self.http.post(urljoin(str(page.url), action), data=hidden | fields)
        if answer.is_redirect and until not in (following := urljoin(str(answer.url), answer.headers["location"])):
            return self.go(following, until)
        return answer
