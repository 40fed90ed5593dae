"""What is held about a customer, as one document: whole, of one customer alone, made when it is asked for."""

import re
from typing import Any
from uuid import UUID

from consentfeed.api.rights_package import Package
from tests.api.test_rights_requests import PATH, act, asked
from tests.support.rest import Rest, ok, problem
from tests.support.seed import STAFF

HARM = "<script>alert(1)</script>"


def fill(rest: Rest, mark: str) -> str:
    """A customer of whom everything is known, each text with this mark in it."""
    customer = rest.customer(f"Name {mark}", f"{mark}@example.com", "+94770001122")
    rest.sql("UPDATE consentfeed.customers SET reference = %s WHERE id = %s", f"REF-{mark}", customer)
    account = "SELECT consentfeed.add_user(%s, 'customer', NULL, %s)"
    rest.sql(account, f"account-{mark}@example.com", customer)
    session = (
        "INSERT INTO consentfeed.sessions (user_id, token_sha256, expires_at, agent)"
        " VALUES (%s, sha256(convert_to(%s, 'UTF8')), now() + interval '1 hour', %s)"
    )
    rest.sql(session, customer, mark, f"agent {mark}")
    ok(rest.call("PUT", "/preferences", "customer", customer, json={"preferences": {"note": f"choice {mark}"}}))
    (consent, *_) = rest.sql("SELECT id::text FROM consentfeed.consents WHERE customer_id = %s", customer)
    reason = {"code": "phone-call", "text": f"note {mark}", "reference": "T-1"}
    ok(rest.decide("grant", consent[0], "csr", json={"reason": reason, "notice_version": 1}))
    pause = {"paused_until": "2033-01-01T00:00:00Z"}
    ok(rest.call("PUT", "/customer/contact-preferences", "customer", customer, json=pause))
    return customer


def marks(mark: str) -> set[str]:
    """All that was said with the mark."""
    texts = ("Name", "choice", "note", "agent", "wish", "question", "answer", "message")
    return {*(f"{text} {mark}" for text in texts), f"{mark}@example.com", f"account-{mark}@example.com", f"REF-{mark}"}


def test_it_holds_everything_and_nobody_elses(rest: Rest) -> None:
    mine, other = fill(rest, "mine"), fill(rest, "other")
    asked(rest, other, text="wish other")
    request = asked(rest, mine, text="wish mine")["id"]
    own = {"role": "customer", "subject": mine}
    problem(rest.get(f"{PATH}/{request}/package", **own), "wrong-status")
    ok(rest.get(f"{PATH}/{request}/package", "csr"), Package)
    ok(act(rest, request, "ask", json={"text": "question mine"}))
    ok(act(rest, request, "resume", json={"text": "answer mine"}))
    ok(act(rest, request, "fulfil", json={"text": "message mine"}))
    answer = rest.get(f"{PATH}/{request}/package", **own)
    package = ok(answer, Package)
    assert answer.headers["content-disposition"] == f'attachment; filename="{package["request"]["reference"]}.json"'
    assert {text for text in marks("mine") if text not in answer.text} == set()
    assert {text for text in marks("other") if text in answer.text} == set()
    others = {str(UUID(one)) for one in re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.text)}
    assert other not in others
    # By whom it was read: in which role, and no name.
    assert {(one["role"], one["action"]) for one in package["accesses"]} == {
        ("csr", "read-package"), ("csr", "change-rights-request"),
    }  # fmt: skip
    assert not [name for name in ("csr@example.com", "admin@example.com") if name in answer.text]
    kinds = [one["data"]["type"] for one in package["events"]]
    assert kinds == ["customer-updated", "granted", "preferences-updated", *["rights-request-updated"] * 4]
    assert package["events"][1]["data"]["reason"]["text"] == "note mine"
    hashes = rest.sql("SELECT encode(hash, 'hex') FROM consentfeed.events WHERE customer_id = %s ORDER BY seq", mine)
    assert [(proof["hash"],) for proof in package["proofs"]] == hashes
    assert [notice["text"] for notice in package["notices"]] == ["What you agree to: Offers en"]
    assert package["left_out"] == {"events": 0, "accesses": 0}
    # Nobody else gets it, and no other kind has one.
    problem(rest.get(f"{PATH}/{request}/package", "customer", subject=other), "not-found")
    problem(rest.get(f"{PATH}/{request}/package", "service"), "forbidden")
    problem(rest.get(f"{PATH}/{asked(rest, mine, 'objection')['id']}/package", "admin"), "wrong-status")
    refused = asked(rest, mine)["id"]
    ok(act(rest, refused, "refuse"))
    problem(rest.get(f"{PATH}/{refused}/package", "admin"), "wrong-status")


def test_it_is_a_page_too_on_which_no_text_is_more_than_text(rest: Rest) -> None:
    customer = rest.customer(HARM)
    request = asked(rest, customer, "portability", text=HARM)["id"]
    ok(act(rest, request, "refuse", json={"reason": {"code": "x", "text": HARM}}))
    request = asked(rest, customer, "portability", text=HARM)["id"]
    answer = rest.get(f"{PATH}/{request}/package", "csr", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;") >= 4
    assert STAFF["csr"] not in answer.text


def test_an_erasure_empties_the_texts_and_closes_what_is_open(rest: Rest) -> None:
    customer = fill(rest, "gone")
    access, erasure = asked(rest, customer, text="wish gone")["id"], asked(rest, customer, "erasure", text="all")["id"]
    problem(act(rest, erasure, "fulfil", "csr"), "forbidden")
    problem(act(rest, erasure, "fulfil", "admin", headers={"If-Match": '"9"'}), "stale")
    assert rest.sql("SELECT erased_at FROM consentfeed.customers WHERE id = %s", customer) == [(None,)]
    done = ok(act(rest, erasure, "fulfil", "admin", headers={"If-Match": '"1"'}))
    assert (done["request"]["status"], done["request"]["version"]) == ("fulfilled", 2)
    whole: Any = rest.json(f"{PATH}/{access}")
    assert (whole["status"], whole["customer"]["name"]) == ("cancelled", None)
    assert [text["text"] for text in whole["texts"]] == [None]
    events = rest.json(f"{PATH}/{erasure}/history")["events"]
    assert events[-1]["id"] == done["event"]["id"]
    left = rest.sql(
        "SELECT count(*) FROM consentfeed.rights_texts WHERE customer_id = %s AND (text IS NOT NULL OR salt <> '')",
        customer,
    )
    assert left == [(0,)]
    problem(act(rest, erasure, "fulfil", "admin"), "wrong-status")
    body = {"kind": "access", "customer_id": customer, "reason": {"code": "letter"}}
    problem(rest.call("POST", PATH, "csr", json=body), "erased")
    assert rest.sql("SELECT * FROM consentfeed.verify_log()") == []


def test_what_was_written_is_emptied_long_after_the_end(rest: Rest) -> None:
    old, new = (asked(rest, rest.customer(), text="wish")["id"] for _ in range(2))
    for request in (old, new):
        ok(act(rest, request, "refuse", json={"reason": {"code": "x", "text": "why"}}))
    rest.sql("ALTER TABLE consentfeed.rights_requests DISABLE TRIGGER before_2_stamp_request")
    rest.sql("ALTER TABLE consentfeed.rights_requests DISABLE TRIGGER before_1_stamp_actor")
    back = "UPDATE consentfeed.rights_requests SET closed_at = now() - interval '40 days' WHERE id = %s"
    rest.sql(back, old)
    rest.sql("ALTER TABLE consentfeed.rights_requests ENABLE TRIGGER before_2_stamp_request")
    rest.sql("ALTER TABLE consentfeed.rights_requests ENABLE TRIGGER before_1_stamp_actor")
    assert rest.sql("SELECT consentfeed.forget_rights_texts(1, 9)") == [(1,)]
    assert rest.sql("SELECT consentfeed.forget_rights_texts(1, 9)") == [(0,)]
    assert [one["text"] for one in rest.json(f"{PATH}/{old}")["texts"]] == [None, None]
    assert rest.json(f"{PATH}/{old}/history")["events"][-1]["data"]["reason"]["text"] is None
    assert [one["text"] for one in rest.json(f"{PATH}/{new}")["texts"]] == ["wish", "why"]
    assert rest.sql("SELECT * FROM consentfeed.verify_log()") == []
