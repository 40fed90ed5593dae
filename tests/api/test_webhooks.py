"""Webhooks over REST: what is chosen is shown, what cannot be is refused, and only admins may."""

import socket
from typing import Any

import pytest

from consentfeed.api import webhooks as api
from consentfeed.api.webhook_shapes import SavedWebhook, WebhookList, WebhookState
from tests.support.rest import ROLES, Rest, ok, problem
from tests.support.webhooks import put, state

# An address that is public, and nobody's.
URL = "https://203-0-113-7.invalid/hook?key=1"


def test_what_is_chosen_is_shown_and_the_secret_once(rest: Rest) -> None:
    choice = {
        "url": URL, "kinds": ["consent-updated", "customer-erased"], "purposes": ["marketing"], "channels": ["sms"],
        "types": ["granted"], "batch": 500, "personal_data": True,
    }  # fmt: skip
    answer = rest.call("PUT", "/webhooks/chosen", "admin", json=choice)
    added = ok(answer, SavedWebhook)
    assert answer.status_code == 201
    assert added["secret"].startswith("whsec_")
    assert answer.headers["etag"] == f'"{added["tag"]}"'
    assert choice.items() <= added.items()
    assert (added["state"], added["behind"], added["place"]) == ("active", 0, rest.database.head_id())
    listed = ok(rest.get("/webhooks", "admin"), WebhookList)["webhooks"]
    assert added.items() >= next(one for one in listed if one["name"] == "chosen").items()
    assert added["secret"] not in str(listed)
    changed = ok(rest.call("PUT", "/webhooks/chosen", "admin", json={"url": URL}), SavedWebhook)
    defaults = {"kinds": ["consent-updated"], "purposes": [], "batch": 1, "personal_data": False, "secret": None}
    assert defaults.items() <= changed.items()
    rotated = ok(rest.call("POST", "/webhooks/chosen/rotate", "admin"), SavedWebhook)
    assert rotated["secret"] not in {None, added["secret"]}
    (sealed, old) = rest.sql("SELECT secret, old_secret FROM consentfeed.webhooks WHERE name = 'chosen'")[0]
    assert sealed != old
    ok(rest.call("POST", "/webhooks/chosen/replay", "admin", json={}), WebhookState)
    assert rest.call("DELETE", "/webhooks/chosen", "admin").status_code == 204
    assert rest.sql("SELECT FROM consentfeed.followers WHERE name = 'webhook:chosen'") == []
    noted = rest.sql("SELECT action, filters FROM consentfeed.access_trail WHERE action ~ 'webhook' ORDER BY id")
    chosen = {"kind": choice["kinds"], "purpose": ["marketing"], "channel": ["sms"], "type": ["granted"]}
    assert noted == [
        ("save-webhook", {"webhook": "chosen", **chosen, "personal-data": True}),
        ("save-webhook", {"webhook": "chosen", "kind": ["consent-updated"]}),
        *((f"{what}-webhook", {"webhook": "chosen"}) for what in ("rotate", "replay", "delete")),
    ]


def test_what_somebody_else_has_changed_is_not_written_over(rest: Rest) -> None:
    def save(batch: int, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return rest.call("PUT", "/webhooks/tagged", "admin", json={"url": URL, "batch": batch}, headers=named)

    tag = save(1, If_None_Match="*").json()["tag"]
    problem(save(2, If_None_Match="*"), "stale")
    assert save(2, If_Match=f'"{tag}"').status_code == 200
    problem(save(3, If_Match=f'"{tag}"'), "stale")
    assert state(rest, "tagged")["batch"] == 2


REFUSED_URLS = [
    "http://127.0.0.1/", "http://127.0.0.1:3001/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
    "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/", "http://100.64.0.1/", "http://0.0.0.0/", "http://[64:ff9b::a00:1]/",
    "http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://localhost/", "http://224.0.0.1/",
    "ftp://a.example/", "a.example", "https://user@a.example/", "https://a.example:0/", "https://a.example:99999/",
    "https://a.example:port/",
    "https://a.example/#x", "https://a b.example/", "https://a.example\\@b.example/", "", "x" * 2001,
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"batch": 0}, {"batch": 501}, {"batch": 1.5}, {"batch": "1"}, {"kinds": ["nothing"]}, {"kinds": []},
    {"kinds": ["all", "all"]}, {"purposes": ["nothing"]}, {"channels": ["pigeon"]}, {"types": ["pending"]},
    {"types": ["granted", "granted"]}, {"purposes": "marketing"}, {"personal_data": "yes"}, {"surprise": 1},
    {"url": None},
]  # fmt: skip


@pytest.mark.parametrize("choice", [{"url": url} for url in REFUSED_URLS] + [{"url": URL, **other} for other in OTHERS])
def test_what_cannot_be_is_refused_and_nothing_is_done(rest: Rest, choice: dict[str, Any]) -> None:
    problem(rest.call("PUT", "/webhooks/refused", "admin", json=choice), "invalid")
    assert "refused" not in [one["name"] for one in rest.json("/webhooks", "admin")["webhooks"]]


def test_a_name_that_leads_to_a_public_and_a_private_address_is_refused(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        assert host == "two.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("8.8.8.8", "192.168.0.1")]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        answer = rest.call("PUT", "/webhooks/refused", "admin", json={"url": "https://two.example/"})
    assert "192.168.0.1" in problem(answer, "invalid")["detail"]


@pytest.mark.parametrize("name", ["Crm", "1crm", "-crm", "c" * 64, "c_r", "c.r", "සරත්", "%00", "c%20r", "c%0a"])
def test_a_name_is_letters_digits_and_hyphens(rest: Rest, name: str) -> None:
    answer = rest.call("PUT", f"/webhooks/{name}", "admin", json={"url": URL})
    assert answer.status_code in {400, 404, 422}, answer.text
    for method, rest_of in (("DELETE", ""), ("POST", "/rotate"), ("POST", "/replay"), ("POST", "/test")):
        assert rest.call(method, f"/webhooks/{name}{rest_of}", "admin").status_code in {400, 404}


def test_what_is_not_there_is_not_found(rest: Rest) -> None:
    for method, rest_of in (("DELETE", ""), ("POST", "/rotate"), ("POST", "/replay"), ("POST", "/test")):
        problem(rest.call(method, f"/webhooks/none{rest_of}", "admin"), "not-found")


def test_only_admins_may(rest: Rest) -> None:
    for role in (None, *ROLES):
        if role != "admin":
            for method, path in (("GET", ""), ("PUT", "/crm"), ("DELETE", "/crm"), ("POST", "/crm/test")):
                assert rest.call(method, f"/webhooks{path}", role).status_code in {401, 403}


def test_there_are_so_many_and_no_more(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    count = len(rest.json("/webhooks", "admin")["webhooks"])
    monkeypatch.setattr(api, "_MOST", count + 1)
    put(rest, URL, "last")
    problem(rest.call("PUT", "/webhooks/one-more", "admin", json={"url": URL}), "too-many-webhooks")
    put(rest, URL, "last", batch=2)
