"""Signatures are those of Standard Webhooks, and secrets in the database are of no use alone."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from consentfeed.log.seal import Seal, Unreadable
from consentfeed.webhooks.signing import new_secret, shown, signatures

ID, BODY = "42-9f2ab1c3", '{"type":"consent-updated","data":{"name":"සරත්"}}'.encode()
VERIFY = """
import { Webhook } from 'standardwebhooks';
const { secret, body, headers } = JSON.parse(process.argv[1]);
try {
  new Webhook(secret).verify(body, headers);
  process.stdout.write('verified');
} catch (error) {
  process.stdout.write(error.constructor.name);
}
"""
WEB = Path(__file__).parents[1] / "web"


def headers(*keys: bytes) -> dict[str, str]:
    now = int(time.time())
    return {
        "webhook-id": ID,
        "webhook-timestamp": str(now),
        "webhook-signature": signatures(keys, ID, now, BODY),
    }


def test_the_library_of_python_verifies_either_secret_and_no_other() -> None:
    new, old = new_secret(), new_secret()
    for key in (new, old):
        assert Webhook(shown(key)).verify(BODY, headers(new, old)) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(new_secret())).verify(BODY, headers(new, old))
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(new)).verify(BODY, headers(new) | {"webhook-id": "43-9f2ab1c3"})


@pytest.mark.skipif(not (WEB / "node_modules/standardwebhooks").is_dir(), reason="npm could not install it")
def test_so_does_the_library_of_javascript() -> None:
    key = new_secret()

    def verdict(secret: bytes) -> str:
        told = json.dumps({"secret": shown(secret), "body": BODY.decode(), "headers": headers(key)})
        command = ["node", "--input-type=module", "-e", VERIFY, told]
        return subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=True, timeout=60).stdout

    assert verdict(key) == "verified"
    assert verdict(new_secret()) == "WebhookVerificationError"


def test_a_secret_in_the_database_is_read_with_the_services_secret_for_its_endpoint_alone() -> None:
    secret, seal = new_secret(), Seal("x" * 32, "webhook secrets")
    sealed = seal.seal(b"crm", secret)
    assert secret not in sealed
    assert seal.open(b"crm", sealed) == secret
    assert seal.seal(b"crm", secret) != sealed
    for other, name, raw in (
        (Seal("y" * 32, "webhook secrets"), b"crm", sealed), (Seal("x" * 32, "relay"), b"crm", sealed),
        (seal, b"cms", sealed), (seal, b"crm", sealed[:-1] + b"\0"), (seal, b"crm", b""),
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            other.open(name, raw)
