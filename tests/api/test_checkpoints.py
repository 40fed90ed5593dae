"""Checkpoints and proofs over REST, each verified by what an outsider has: key, note, hashes."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from consentfeed.api.checkpoints import CheckpointPage
from consentfeed.http.paging import write_cursor
from consentfeed.log.checkpoint import Checkpoint, read_checkpoint
from consentfeed.log.merkle import extends, includes, leaf_hash
from consentfeed.log.note import read_key
from tests.support.checkpoints import NAME, add_events, key_file, make_checkpoint, root_of, verifier
from tests.support.database import Sql
from tests.support.node import nodes
from tests.support.rest import Rest, ok, problem
from tests.support.seed import OTHER
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    return key_file(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def signed(shared_database: Sql, key: str) -> Iterator[Rest]:
    """A node with a key, and a log of some tiles."""
    for consent in (*shared_database.consents()[:2], shared_database.consents(OTHER)[0]):
        shared_database.set(consent, "granted")
    add_events(shared_database, 600)
    with nodes(shared_database) as start:
        rest = Rest(start(checkpoint_key=key, log_name=NAME), shared_database)
        yield rest
        rest.close()


def checkpoint(rest: Rest, key: str) -> Checkpoint:
    return read_checkpoint(rest.get("/checkpoint", None).text, read_key(verifier(key)))


def hashes(database: Sql) -> list[bytes]:
    return [row[0] for row in database.run("SELECT hash FROM consentfeed.events ORDER BY seq")]


def decoded(answer: dict[str, Any]) -> list[bytes]:
    return [b64decode(one, validate=True) for one in answer["hashes"]]


def test_a_node_with_a_key_makes_checkpoints_by_itself(signed: Rest, key: str) -> None:
    wait_until(lambda: signed.get("/checkpoint", None).status_code == 200)
    seen = checkpoint(signed, key)
    assert seen.root == root_of(hashes(signed.database)[: seen.size])


def test_admins_list_all_checkpoints_page_by_page_each_as_it_was_signed(signed: Rest, key: str) -> None:
    wait_until(lambda: signed.get("/checkpoint", None).status_code == 200)
    for _ in range(3):
        add_events(signed.database, 5)
        make_checkpoint(signed.database)
    kept = signed.database.run("SELECT size, root FROM consentfeed.checkpoints ORDER BY size DESC")
    listed: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = signed.get("/checkpoints", "admin", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        page = ok(answer, CheckpointPage)
        assert 1 <= len(page["checkpoints"]) <= 2
        listed, cursor = listed + page["checkpoints"], page["next"]
    assert [(one["size"], b64decode(one["root"])) for one in listed] == kept
    for one in listed:
        note = read_checkpoint(one["note"], read_key(verifier(key)))
        assert (note.size, note.root) == (one["size"], b64decode(one["root"]))
    forged = write_cursor("size", "9", UUID(int=2**128 - 1))
    assert ok(signed.get("/checkpoints", "admin", params={"cursor": forged}))["checkpoints"]


def test_a_checkpoint_is_plain_text_for_anybody_and_may_be_kept_for_seconds(signed: Rest, key: str) -> None:
    size = make_checkpoint(signed.database)
    for path in ("/checkpoint", "/checkpoint/key"):
        answer = signed.get(path, None)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=5"
    assert signed.get("/checkpoint/key", None).text == f"{verifier(key)}\n"
    assert signed.get("/checkpoint", None).text.startswith(f"{NAME}\n{size}\n")
    assert checkpoint(signed, key).size == size


def test_inclusion_of_any_event_is_proved_to_staff(signed: Rest, key: str) -> None:
    make_checkpoint(signed.database)
    seen, known = checkpoint(signed, key), hashes(signed.database)
    for seq in (0, 1, 255, 256, 511, 600, seen.size - 1):
        for role in ("csr", "admin", "service"):
            query = {"event": signed.database.event_id(seq)}
            proof = ok(signed.get("/proofs/inclusion", role, params=query))
            assert (proof["index"], proof["size"]) == (seq, seen.size)
            assert includes(seen.root, seen.size, seq, leaf_hash(known[seq]), decoded(proof))


def test_inclusion_is_proved_in_an_earlier_tree_too(signed: Rest) -> None:
    make_checkpoint(signed.database)
    known = hashes(signed.database)
    for size in (301, 512, 513):
        proof = ok(signed.get("/proofs/inclusion", params={"event": signed.database.event_id(300), "size": size}))
        assert includes(root_of(known[:size]), size, 300, leaf_hash(known[300]), decoded(proof))


def test_consistency_of_any_two_trees_is_proved(signed: Rest, key: str) -> None:
    make_checkpoint(signed.database)
    seen, known = checkpoint(signed, key), hashes(signed.database)
    for old in (1, 255, 256, 257, 512, seen.size):
        for new in (512, 601, seen.size):
            if old > new:
                continue
            proof = ok(signed.get("/proofs/consistency", "customer", params={"from": old, "to": new}))
            assert (proof["index"], proof["size"]) == (old, new)
            assert extends(root_of(known[:old]), old, root_of(known[:new]), new, decoded(proof))
    assert ok(signed.get("/proofs/consistency", params={"from": 7}))["size"] == seen.size


def test_a_customer_gets_proofs_for_own_events_by_sealed_ids_alone(signed: Rest, key: str) -> None:
    make_checkpoint(signed.database)
    seen, known = checkpoint(signed, key), hashes(signed.database)
    own = signed.history(signed.database.consents()[0], "customer")[0]["id"]
    proof = ok(signed.get("/proofs/inclusion", "customer", params={"event": own}))
    assert includes(seen.root, seen.size, proof["index"], leaf_hash(known[proof["index"]]), decoded(proof))
    others = signed.call("GET", f"/consents/{signed.database.consents(OTHER)[0]}/history", "customer", OTHER)
    for event in (others.json()["events"][0]["id"], signed.database.event_id(1), "0-00000000", "0" * 32):
        problem(signed.get("/proofs/inclusion", "customer", params={"event": event}), "not-found")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("inclusion", ""),
        ("inclusion", "event="),
        ("inclusion", "event={first}&size="),
        ("inclusion", "event={first}&size=0"),
        ("inclusion", "event={first}&size=-1"),
        ("inclusion", "event={first}&size=1"),
        ("inclusion", "event={first}&size=999999999"),
        ("inclusion", "event={first}&event={first}"),
        ("inclusion", "event={first}&tree=2"),
        ("consistency", ""),
        ("consistency", "from=0"),
        ("consistency", "from=2&to=1"),
        ("consistency", "from=1&to=999999999"),
        ("consistency", "from=one"),
        ("consistency", "from=1&from=2"),
        ("consistency", "old=1"),
    ],
)
def test_what_is_asked_wrongly_is_said_to_be(signed: Rest, path: str, query: str) -> None:
    make_checkpoint(signed.database)
    first = signed.database.event_id(1)
    problem(signed.get(f"/proofs/{path}?{query.format(first=first)}"), "invalid")


@pytest.mark.parametrize("event", ["1-00000000", "999999-9f2ab1c3", "nothing", "0-00000000"])
def test_an_event_that_is_not_in_the_log_has_no_proof(signed: Rest, event: str) -> None:
    make_checkpoint(signed.database)
    problem(signed.get("/proofs/inclusion", params={"event": event}), "not-found")


def test_an_event_after_the_newest_checkpoint_has_no_proof_yet(signed: Rest) -> None:
    make_checkpoint(signed.database)
    add_events(signed.database, 1)
    problem(signed.get("/proofs/inclusion", params={"event": signed.database.head_id()}), "invalid")


def test_without_a_key_there_is_none_of_it(rest: Rest) -> None:
    for path in ("/checkpoint", "/checkpoint/key", "/proofs/consistency?from=1", "/proofs/inclusion?event=1-9f2ab1c3"):
        problem(rest.get(path), "not-found")
