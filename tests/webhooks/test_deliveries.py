"""Endpoints get the events that they have asked for, in their order, signed, each at least once."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from consentfeed import metrics
from consentfeed.webhooks import delivery, sender, webhooks
from tests.support.database import Sql
from tests.support.node import RunningNode, StartNode, nodes
from tests.support.receiver import Receiver, receiver, status
from tests.support.rest import REASON, Rest
from tests.support.waiting import wait_until
from tests.support.webhooks import LOOPBACK, ask, grant, put, state, wait_for


@pytest.fixture(scope="module")
def shared_node(shared_database: Sql) -> Iterator[RunningNode]:
    """A node that tries again soon, and gives up soon."""
    with nodes(shared_database) as start, pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_FIRST_SECONDS", 0.05)
        patch.setattr(delivery, "_SKIP_SECONDS", 0.1)
        patch.setattr(sender, "SECONDS", 1.5)
        patch.setattr(sender, "_ANSWER_SECONDS", 0.2)
        patch.setattr(webhooks, "_LOOK_SECONDS", 0.2)
        yield start(webhook_networks=LOOPBACK)


@pytest.fixture
def here(rest: Rest) -> Iterator[Receiver]:
    """A receiver; no endpoint is left behind."""
    with receiver() as one:
        yield one
        for endpoint in rest.json("/webhooks", "admin")["webhooks"]:
            assert rest.call("DELETE", f"/webhooks/{endpoint['name']}", "admin").status_code == 204


def hang(_: BaseHTTPRequestHandler, until: threading.Event = threading.Event()) -> None:  # noqa: B008
    """No answer, for as long as it matters."""
    until.wait(10)


def drop(request: BaseHTTPRequestHandler) -> None:
    """The connection ends without an answer."""
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_RDWR)


def endless(request: BaseHTTPRequestHandler) -> None:
    """An answer that goes on and on."""
    request.send_response(200)
    request.end_headers()
    request.close_connection = True
    while True:
        request.wfile.write(bytes(4096))


def trickling(request: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a byte now and then."""
    request.send_response(200)
    request.end_headers()
    request.close_connection = True
    for _ in range(100):
        request.wfile.write(b".")
        time.sleep(0.05)


def test_events_come_in_order_and_signed_and_the_place_is_kept(rest: Rest, here: Receiver) -> None:
    secret = put(rest, here.url)["secret"]
    expected = grant(rest, 3)
    wait_until(lambda: len(here.delivered) == 3)
    assert here.ids == expected
    for one in here.delivered:
        assert Webhook(secret).verify(one.body, one.headers) == one.json
        assert one.headers["webhook-id"] == one.json["id"]
        assert one.headers["content-type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(one.body.replace(b"granted", b"revoked"), one.headers)
    feed = rest.json(f"/events?after={state(rest)['place']}") and rest.json("/events?after=0-00000000")
    sent = here.delivered[-1].json
    assert {"id": sent["id"], "event": sent["type"]}.items() <= feed["events"][-1].items()
    assert sent["timestamp"] == sent["data"]["timestamp"] == feed["events"][-1]["data"]["timestamp"]
    assert sent["data"]["consent"] == feed["events"][-1]["data"]["consent"]
    assert wait_for(rest, place=expected[-1], behind=0)["state"] == "active"


def test_what_fails_comes_again_as_it_was_and_nothing_overtakes_it(rest: Rest, here: Receiver) -> None:
    here.answers = [status(503), drop, status(400), hang, status(302, location=here.url)]
    put(rest, here.url, batch=3)
    expected = grant(rest)
    wait_until(lambda: len(here.delivered) > 1)
    assert wait_for(rest, state="failing")["last_error"]["code"] in {"status", "unreachable"}
    expected += grant(rest, 7)
    wait_for(rest, state="active", place=expected[-1])
    bodies = [one.json for one in here.delivered]
    assert all(body["type"] == "batch" for body in bodies)
    # The first, and five times more, the last of which was taken.
    assert [body["events"] for body in bodies[:6]] == [bodies[0]["events"]] * 6
    assert {one.headers["webhook-id"] for one in here.delivered[:6]} == {expected[0]}
    assert here.ids[5:] == expected
    assert [len(body["events"]) for body in bodies[6:]] == [3, 3, 1]
    assert here.delivered[6].headers["webhook-id"] == expected[3]


def test_filters_kinds_and_personal_data_are_as_chosen(rest: Rest, here: Receiver) -> None:
    with receiver() as everything:
        put(rest, here.url, "some", purposes=["marketing"], channels=["email"], types=["revoked"])
        put(rest, everything.url, "everything", kinds=["all"], personal_data=True)
        customer = rest.customer("Somebody", "somebody@example.com")
        (sms,) = [one["id"] for one in rest.json(f"/consents?customer={customer}&channel=sms")["consents"]]
        (email,) = [one["id"] for one in rest.json(f"/consents?customer={customer}&channel=email")["consents"]]
        why = {"reason": {"code": "phone-call", "text": "said so"}}
        for consent in (sms, email):
            rest.decide("grant", consent, "csr", json=why | {"notice_version": 1})
            rest.decide("revoke", consent, "csr", json=why)
        rest.call("PUT", f"/customers/{customer}", "admin", json={"name": "Else", "email": "somebody@example.com"})
        wait_until(lambda: len(everything.delivered) == 5)
        wait_for(rest, "some", behind=0)
        (one,) = here.delivered
        assert (one.json["data"]["consent"]["id"], one.json["data"]["type"]) == (email, "revoked")
        assert one.json["data"]["user"] == {"id": customer, "email": None}
        assert one.json["data"]["reason"] == {"code": "phone-call", "text": None, "reference": None}
        assert b"somebody" not in one.body
        assert b"said so" not in one.body
        assert [event.json["type"] for event in everything.delivered][-1] == "customer-updated"
        data = everything.delivered[0].json["data"]
        assert (data["user"]["email"], data["reason"]["text"]) == ("somebody@example.com", "said so")


def test_who_is_erased_meanwhile_is_in_nothing_that_comes_again(rest: Rest, here: Receiver) -> None:
    here.answer = status(500)
    put(rest, here.url, personal_data=True)
    customer = rest.customer("Somebody", "erased@example.com")
    consent = rest.json(f"/consents?customer={customer}")["consents"][0]["id"]
    rest.decide("grant", consent, "csr")
    wait_until(lambda: b"erased@example.com" in (here.delivered[0].body if here.delivered else b""))
    assert rest.call("POST", f"/customers/{customer}/erase", "admin", json=REASON).status_code == 200
    count = len(here.delivered)
    wait_until(lambda: len(here.delivered) >= count + 2)  # one may have been under way
    here.answer = status(200)
    wait_for(rest, state="active", behind=0)
    assert [event["data"]["type"] for one in here.delivered[-2:] for event in one.events] == ["granted", "revoked"]
    for one in here.delivered[count + 1 :]:
        assert b"erased@example.com" not in one.body


def test_a_receiver_that_is_gone_is_disabled_at_once_and_goes_on_where_it_stood(rest: Rest, here: Receiver) -> None:
    here.answers = [status(410)]
    put(rest, here.url)
    expected = grant(rest, 2)
    disabled = wait_for(rest, state="disabled")
    assert disabled["last_error"]["code"] == "gone"
    assert (disabled["behind"], disabled["next_try_at"]) == (2, None)
    assert metrics.total(metrics.webhook_disabled, webhook="crm") == 1 or wait_until(
        lambda: metrics.total(metrics.webhook_disabled, webhook="crm") == 1
    )
    assert ask(rest, "replay")["state"] == "active"
    wait_for(rest, place=expected[-1])
    assert here.ids == [expected[0], *expected]


def test_after_five_days_it_is_given_up_and_a_change_tries_anew(rest: Rest, here: Receiver) -> None:
    here.answer = status(500)
    put(rest, here.url)
    expected = grant(rest)
    wait_for(rest, state="failing")
    rest.sql("UPDATE consentfeed.webhooks SET failing_since = failing_since - interval '119 hours'")
    count = len(here.delivered)
    wait_until(lambda: len(here.delivered) > count + 1)
    assert state(rest)["state"] == "failing"
    rest.sql("UPDATE consentfeed.webhooks SET failing_since = failing_since - interval '1 hour'")
    assert wait_for(rest, state="disabled")["last_error"]["detail"] == "500"
    here.answer = status(200)
    assert put(rest, here.url)["secret"] is None
    wait_for(rest, place=expected[-1], state="active")


def test_retry_after_is_waited_for_and_no_longer_than_four_hours(rest: Rest, here: Receiver) -> None:
    put(rest, here.url)
    for asked, seconds in (("1800", 1800), ("Sun, 06 Nov 2094 08:49:37 GMT", 4 * 3600), ("soon", 0.05)):
        here.answers = [status(429, retry_after=asked)]
        ask(rest, "replay", after="0-00000000")
        wait_until(lambda: not here.answers)
        if seconds < 1:
            wait_for(rest, behind=0)
            continue
        wait_for(rest, tries=1)
        wait = rest.sql("SELECT extract(epoch FROM next_try_at - last_error_at) FROM consentfeed.webhooks")[0][0]
        assert seconds - 1 < wait <= seconds + 1


def test_redirects_are_not_followed(rest: Rest, here: Receiver) -> None:
    with receiver() as elsewhere:
        here.answer = status(307, location=elsewhere.url)
        put(rest, here.url)
        grant(rest)
        assert wait_for(rest, state="failing")["last_error"].items() >= {"code": "redirect", "detail": "307"}.items()
        assert not elsewhere.delivered


def test_one_that_hangs_and_one_that_never_ends_its_answer_hold_up_nobody(rest: Rest, here: Receiver) -> None:
    with receiver() as hanging, receiver() as talking, receiver() as slow:
        hanging.answer, talking.answer, slow.answer = hang, endless, trickling
        for name, one in (("hanging", hanging), ("talking", talking), ("slow", slow), ("well", here)):
            put(rest, one.url, name)
        expected = grant(rest, 3)
        wait_until(lambda: here.ids == expected, 1.4)
        # The status is what counts.
        wait_until(lambda: talking.ids == slow.ids == expected)
        assert wait_for(rest, "hanging", state="failing")["last_error"]["code"] == "timeout"
        assert set(hanging.ids) == {expected[0]}


def test_both_secrets_sign_until_the_old_one_counts_no_more(rest: Rest, here: Receiver) -> None:
    old = put(rest, here.url)["secret"]
    rotated = ask(rest, "rotate")
    new = rotated["secret"]
    assert new != old
    assert rotated["old_secret_until"] is not None
    grant(rest)
    wait_until(lambda: here.delivered)
    for secret in (old, new):
        Webhook(secret).verify(here.delivered[0].body, here.delivered[0].headers)
    rest.sql("UPDATE consentfeed.webhooks SET old_secret_until = now()")
    # Whoever delivers looks at it now and then.
    wait_until(lambda: grant(rest) and " " not in here.delivered[-1].headers["webhook-signature"])
    Webhook(new).verify(here.delivered[-1].body, here.delivered[-1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(here.delivered[-1].body, here.delivered[-1].headers)
    assert state(rest)["old_secret_until"] is None


def test_a_replay_sends_everything_after_a_place_again(rest: Rest, here: Receiver) -> None:
    put(rest, here.url, batch=500)
    expected = grant(rest, 3)
    wait_for(rest, place=expected[-1])
    here.delivered.clear()
    ask(rest, "replay", after=expected[0])
    wait_until(lambda: here.ids == expected[1:])
    ask(rest, "replay", after="0-00000000")
    log = [event["id"] for event in rest.json("/events?after=0-00000000")["events"]]
    wait_until(lambda: here.ids == expected[1:] + log)
    answer = rest.call("POST", "/webhooks/crm/replay", "admin", json={"after": "999999-00000000"})
    assert (answer.status_code, answer.json()["reason"]) == (410, "unknown")


def test_a_test_is_sent_once_and_moves_nothing(rest: Rest, here: Receiver) -> None:
    secret = put(rest, here.url)["secret"]
    before = state(rest)["place"]
    assert ask(rest, "test") == {"delivered": True, "error": None}
    (one,) = here.delivered
    assert Webhook(secret).verify(one.body, one.headers)["type"] == "test"
    assert one.headers["webhook-id"].startswith("test-")
    here.answer = status(401)
    failed = ask(rest, "test")
    assert (failed["delivered"], failed["error"]["code"], failed["error"]["detail"]) == (False, "status", "401")
    assert len(here.delivered) == 2
    now = state(rest)
    assert (now["place"], now["state"], now["last_error"]) == (before, "active", None)


def test_a_secret_that_was_sealed_with_another_one_is_told(rest: Rest, here: Receiver) -> None:
    here.answer = status(500)
    put(rest, here.url)
    expected = grant(rest)
    wait_for(rest, state="failing")
    rest.sql("UPDATE consentfeed.webhooks SET secret = %s, turn = turn + 1", bytes(60))
    wait_until(lambda: state(rest)["last_error"]["code"] == "secret-unreadable")
    here.delivered, here.answer = [], status(204)
    ask(rest, "rotate")
    rest.sql("UPDATE consentfeed.webhooks SET old_secret = NULL")
    wait_for(rest, place=expected[-1], state="active")
    assert here.ids == expected


def test_after_a_restore_it_goes_on_where_the_database_says(
    rest: Rest, here: Receiver, shared_node: RunningNode
) -> None:
    put(rest, here.url)
    expected = grant(rest, 3)
    wait_for(rest, place=expected[-1])
    first = int(expected[0].split("-")[0])
    rest.sql(
        "UPDATE consentfeed.followers AS follower SET position = event.seq, hash = event.hash"
        " FROM consentfeed.events AS event WHERE follower.name = 'webhook:crm' AND event.seq = %s",
        first,
    )
    # As it does when it finds the log to be another one.
    shared_node.node.feed.generation += 1
    shared_node.node.feed._wake_followers()
    wait_until(lambda: here.ids == [*expected, *expected[1:]], 5)


def test_the_metrics_count_what_was_taken_and_what_failed(rest: Rest, here: Receiver) -> None:
    here.answers = [status(500)]
    put(rest, here.url, "counted")
    grant(rest, 2)
    wait_for(rest, "counted", behind=0)
    assert metrics.total(metrics.webhook_events, webhook="counted") == 2
    assert metrics.total(metrics.webhook_failures, webhook="counted") == 1
    assert 'consentfeed_webhook_behind{webhook="counted"}' in rest.get("/metrics", None).text


# Several nodes


def follower(database: Sql) -> dict[str, Any]:
    """Who delivers it, and where it stands."""
    row: dict[str, Any] = database.value(
        "SELECT to_jsonb(follower) FROM consentfeed.followers AS follower WHERE follower.name = 'webhook:crm'"
    )
    return row


def test_another_node_goes_on_at_once_where_one_shuts_down(
    database: Sql, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_LOOK_SECONDS", 0.1)
    first, second = start_node(webhook_networks=LOOPBACK), start_node(webhook_networks=LOOPBACK)
    rest = Rest(second, database)
    with receiver() as here:
        put(rest, here.url)
        expected = grant(rest, 2)
        wait_until(lambda: here.ids == expected)
        ids = {str(first.node.webhooks._id): first, str(second.node.webhooks._id): second}
        wait_for(rest, place=expected[-1])
        holder = ids.pop(follower(database)["holder"])
        holder.stop()
        (other,) = ids.values()
        rest.close()
        rest = Rest(other, database)
        expected += grant(rest, 2)
        wait_until(lambda: here.ids == expected, 5)
        rest.close()
