"""Evidence of a consent: it verifies offline, whoever asks, also where events were dropped or the person is gone."""

import itertools
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consentfeed.api.evidence import Evidence
from consentfeed.log.evidence_report import NoEvidence, Report, check
from consentfeed.log.note import read_key
from tests.sql.test_retention import DROP, cut_small
from tests.sql.test_tree import tamper
from tests.support.checkpoints import NAME, add_events, key_file, make_checkpoint, verifier
from tests.support.database import Sql
from tests.support.node import nodes
from tests.support.rest import REASON, Rest, ok, problem
from tests.support.seed import CUSTOMER, OTHER

WEB = Path(__file__).parents[1] / "web"
PERSONAL = ("id", "name", "email", "msisdn", "reference")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    return key_file(tmp_path_factory.mktemp("key"))


@pytest.fixture
def signed(database: Sql, key: str) -> Iterator[Rest]:
    """A node with a key, on a database of the test's own."""
    with nodes(database) as start:
        rest = Rest(start(checkpoint_key=key, log_name=NAME), database)
        yield rest
        rest.close()


@pytest.fixture
def decided(signed: Rest) -> str:
    """A consent that was granted by the customer, revoked by a CSR, and granted again with SQL."""
    consent = signed.database.consents()[0]
    ok(signed.decide("grant", consent, "customer", json={"language": "si"}))
    add_events(signed.database, 300)
    ok(signed.decide("revoke", consent, "csr"))
    signed.database.set(consent, "granted")
    make_checkpoint(signed.database)
    return consent


def evidence(rest: Rest, consent: str, role: str = "csr", **options: Any) -> bytes:
    answer = rest.get(f"/consents/{consent}/evidence", role, **options)
    assert answer.status_code == 200, answer.text
    return answer.content


def report(raw: bytes, key: str) -> Report:
    return check(raw, read_key(verifier(key)))


def test_evidence_says_who_when_told_what_how_and_by_whom_and_proves_it(signed: Rest, decided: str, key: str) -> None:
    document = ok(signed.get(f"/consents/{decided}/evidence"), Evidence)
    assert document["customer"]["name"] == "Nimal Perera"
    assert document["consent"] == ok(signed.get(f"/consents/{decided}"))
    assert [json.loads(event["body"])["type"] for event in document["events"]] == ["granted", "revoked", "granted"]
    assert {(one["version"], one["language"]) for one in document["notices"]} == {(1, "si"), (1, "en")}
    assert document["missing"] == []
    assert document["key"] == verifier(key)
    proved, problems = report(json.dumps(document).encode(), key)
    assert problems == []
    words = " ".join(proved)
    for word in (
        NAME,
        "told marketing version 1 in si",
        "by csr",
        "because of phone-call",
        "by database",
        "is granted",
    ):
        assert word in words


def test_what_was_imported_is_proved_as_what_it_is_beside_what_came_by_rest_and_sql(signed: Rest, key: str) -> None:
    row = {"customer": {"id": CUSTOMER}, "purpose": "marketing", "channel": "sms"}
    rows = [
        row | {"status": "granted", "decided_at": "2021-03-01T09:00:00Z", "notice_version": 1, "language": "si"},
        row | {"status": "revoked", "decided_at": "2022-03-01T09:00:00Z", "reference": "ROW-2"},
    ]
    answer = signed.call("POST", "/imports/rows", "service", json={"source": "crm-2026", "rows": rows})
    assert [one["outcome"] for one in ok(answer)["outcomes"]] == ["recorded"] * 2
    consent = next(one for one in signed.json(f"/consents?customer={CUSTOMER}")["consents"] if one["channel"] == "sms")
    add_events(signed.database, 300)
    ok(signed.decide("grant", consent["id"], "customer"))
    signed.database.set(consent["id"], "revoked")
    make_checkpoint(signed.database)
    document = json.loads(evidence(signed, consent["id"]))
    bodies = [json.loads(event["body"]) for event in document["events"]]
    assert [body["method"] for body in bodies] == ["import", "import", "rest", "sql"]
    assert [body["timestamp"][:4] for body in bodies[:2]] == ["2021", "2022"]
    proved, problems = report(json.dumps(document).encode(), key)
    assert problems == []
    assert any("2021-03-01" in sentence and "told marketing version 1 in si" in sentence for sentence in proved)
    assert any("2022-03-01" in sentence and "crm-2026" in sentence for sentence in proved)
    assert signed.database.verify() == []
    # As of: by when it was recorded here. Before the import nobody had answered, whatever its decisions say.
    before = signed.sql("SELECT min(recorded_at) - interval '1 ms' FROM consentfeed.events WHERE seq > 0")[0][0]
    then = signed.json(f"/consents/{consent['id']}?at={before:%Y-%m-%dT%H:%M:%S.%f}Z")
    assert (then["status"], then["version"]) == ("pending", 0)


def test_the_owner_gets_the_same_by_sealed_ids_and_others_nothing(signed: Rest, decided: str, key: str) -> None:
    own = json.loads(evidence(signed, decided, "customer"))
    assert all(len(event["id"]) == 32 for event in own["events"])
    assert report(json.dumps(own).encode(), key).problems == []
    problem(signed.call("GET", f"/consents/{decided}/evidence", "customer", OTHER), "not-found")
    problem(signed.get(f"/consents/{decided}/evidence", "service"), "forbidden")
    problem(signed.get(f"/consents/{decided}/evidence?form=pdf"), "invalid")


def test_staff_leave_a_line_in_the_trail(signed: Rest, decided: str) -> None:
    evidence(signed, decided)
    lines = signed.sql("SELECT customers::text[] FROM consentfeed.access_trail WHERE action = 'read-history'")
    assert lines == [([CUSTOMER],)]


def test_any_byte_of_an_events_proof_changed_proves_nothing(signed: Rest, decided: str, key: str) -> None:
    raw = evidence(signed, decided)
    document = json.loads(raw)
    event = document["events"][1]
    for name in ("hash", "previous_hash", "body"):
        for nth, letter in enumerate(event[name]):
            other = "0" if letter != "0" else "1"
            event_changed = event | {name: event[name][:nth] + other + event[name][nth + 1 :]}
            changed = document | {"events": [document["events"][0], event_changed, document["events"][2]]}
            assert not _proves(changed, key), (name, nth)
    for nth in range(len(event["proof"]["hashes"])):
        hashes = [*event["proof"]["hashes"]]
        hashes[nth] = document["events"][0]["proof"]["hashes"][0][:-2] + "A="
        changed = document | {"events": [document["events"][0], event | {"proof": event["proof"] | {"hashes": hashes}}]}
        assert not _proves(changed, key)


def _proves(document: dict[str, Any], key: str) -> bool:
    try:
        return not report(json.dumps(document).encode(), key).problems
    except NoEvidence:
        return False


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d["events"].pop(1), "do not follow one another"),
        (lambda d: d["events"].pop(), "do not follow one another"),
        (lambda d: d["events"].clear(), "no event of the consent is in this document"),
        (lambda d: d["events"][0].update(proof=None), "came after the checkpoint"),
        (lambda d: d["events"][0]["proof"].update(index=2), "another event"),
        (lambda d: d["notices"][0].update(text="Something else"), "not the one that the log names"),
        (lambda d: d["notices"].clear(), "its text is missing"),
        (lambda d: d["consent"].update(status="revoked"), "not as its last event left it"),
        (lambda d: d["consent"].update(id=CUSTOMER), "about another consent"),
        (lambda d: d.update(checkpoint=d["checkpoint"].replace("\n30", "\n31", 1)), "does not fit the note"),
        (lambda d: d.update(checkpoint=None), "checkpoint is not proved"),
    ],
)
def test_what_was_changed_is_named(signed: Rest, decided: str, key: str, change: Any, why: str) -> None:
    document = json.loads(evidence(signed, decided))
    change(document)
    assert why in " ".join(report(json.dumps(document).encode(), key).problems)


def test_without_a_key_of_ones_own_the_documents_is_used_and_said_to_be(signed: Rest, decided: str, key: str) -> None:
    proved, problems = check(evidence(signed, decided), None)
    assert problems == []
    assert "compare it with one that you got in another way" in proved[0]


def test_evidence_with_another_key_proves_nothing(signed: Rest, decided: str, tmp_path_factory: Any) -> None:
    other = key_file(tmp_path_factory.mktemp("other"))
    assert "not signed with the key" in report(evidence(signed, decided), other).problems[0]


def test_a_notice_whose_text_was_swapped_in_the_database_is_found(signed: Rest, decided: str, key: str) -> None:
    Sql.run_as(
        signed.database.admin_url,
        "SET session_replication_role = replica; ALTER TABLE consentfeed.notices DISABLE TRIGGER ALL;"
        " UPDATE consentfeed.notices SET text = 'Anything goes' WHERE purpose = 'marketing' AND language = 'si'",
    )
    problems = report(evidence(signed, decided), key).problems
    assert problems == ["the notice marketing, version 1, in si: its text is not the one that the log names"]


def test_an_event_that_was_written_again_is_found(signed: Rest, decided: str, key: str) -> None:
    tamper(
        signed.database,
        "UPDATE consentfeed.events SET body = replace(body, 'phone-call', 'phone-cali'), hash = sha256("
        "(SELECT before.hash FROM consentfeed.events AS before WHERE before.seq = events.seq - 1)"
        " || convert_to(replace(body, 'phone-call', 'phone-cali'), 'UTF8')) WHERE body LIKE '%phone-call%'",
    )
    problems = report(evidence(signed, decided), key).problems
    assert len(problems) >= 1
    assert any("not in the log that was signed" in one for one in problems)


def test_an_event_after_the_checkpoint_is_said_not_to_be_proved_yet(signed: Rest, decided: str, key: str) -> None:
    signed.database.set(decided, "revoked")
    problems = report(evidence(signed, decided), key).problems
    assert len(problems) == 1
    assert "Ask for the evidence again" in problems[0]
    make_checkpoint(signed.database)
    assert report(evidence(signed, decided), key).problems == []


def test_a_consent_that_was_never_answered_has_evidence_too(signed: Rest, key: str) -> None:
    make_checkpoint(signed.database)
    proved, problems = report(evidence(signed, signed.database.consents()[0]), key)
    assert problems == []
    assert "pending, without any event" in " ".join(proved)


def test_after_the_person_was_erased_evidence_of_before_and_of_after_verifies(
    signed: Rest, decided: str, key: str
) -> None:
    before = evidence(signed, decided)
    ok(signed.call("POST", f"/customers/{CUSTOMER}/erase", "admin", json=REASON))
    make_checkpoint(signed.database)
    raw = evidence(signed, decided)
    assert json.loads(raw)["customer"] == dict.fromkeys(PERSONAL) | {"id": CUSTOMER}
    for planted in (b"Nimal", b"customer@example.com", b"771234567"):
        assert planted in before
        assert planted not in raw
    assert report(before, key).problems == []
    proved, problems = report(raw, key)
    assert problems == []
    assert "because of erasure" in " ".join(proved)
    record = signed.get(f"/consents/{decided}/evidence", params={"form": "iso27560"})
    assert b"Nimal" not in record.content
    assert signed.database.verify() == []


def test_evidence_is_of_one_moment_while_others_decide(signed: Rest, decided: str, key: str) -> None:
    stop = threading.Event()

    def write() -> None:
        for turn in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            signed.database.set(decided, ("revoked", "granted")[turn % 2])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        documents = [evidence(signed, decided) for _ in range(60)]
    finally:
        stop.set()
        writer.join()
    assert len({len(json.loads(raw)["events"]) for raw in documents}) > 5
    for raw in documents:
        assert json.loads(raw)["missing"] == []
        assert {one.partition(": ")[2][:29] for one in report(raw, key).problems} <= {"it came after the checkpoint."}


def test_after_partitions_were_dropped_it_says_what_is_missing_and_the_rest_verifies(database: Sql, key: str) -> None:
    cut_small(database)
    consent = database.consents()[0]
    for status in ("granted", "revoked", "granted", "revoked", "granted"):
        database.set(consent, status)
    database.run(DROP)
    make_checkpoint(database)
    with nodes(database) as start:
        rest = Rest(start(checkpoint_key=key, log_name=NAME), database)
        raw = evidence(rest, consent)
        rest.close()
    assert json.loads(raw)["missing"] == [1, 2, 3]
    proved, problems = report(raw, key)
    assert problems == []
    assert "Not in this document: the first 3 events of the consent" in " ".join(proved)


def test_without_a_key_there_is_evidence_that_proves_nothing_by_itself(rest: Rest) -> None:
    consent = rest.consent()
    ok(rest.decide("grant", consent, "csr"))
    document = ok(rest.get(f"/consents/{consent}/evidence"), Evidence)
    assert (document["checkpoint"], document["key"], document["events"][0]["proof"]) == (None, None, None)


TERMS = {
    "ConsentRecord", "hasDataSubject", "DataSubject", "hasLegalBasis", "Consent", "hasNotice", "ConsentNotice",
    "hasProcess", "Process", "hasPurpose", "Purpose", "hasContext", "Context", "hasConsentControl", "WithdrawConsent",
    "hasConsentStatus", "ConsentGiven", "RenewedConsentGiven", "ConsentRevoked", "ConsentWithdrawn", "ConsentRefused",
    "ConsentExpired", "ConsentUnknown", "isImplementedByEntity", "Entity", "hasName", "hasContact",
}  # fmt: skip


def test_the_same_as_a_consent_record_in_json_ld(signed: Rest, decided: str) -> None:
    answer = signed.get(f"/consents/{decided}/evidence", params={"form": "iso27560"})
    assert answer.headers["content-type"] == "application/ld+json"
    record = answer.json()
    assert [one["@type"] for one in record["dpv:hasConsentStatus"]] == [
        "dpv:ConsentGiven", "dpv:ConsentRevoked", "dpv:ConsentGiven",
    ]  # fmt: skip
    assert record["dct:identifier"] == decided
    assert record["dpv:hasDataSubject"]["dct:identifier"] == CUSTOMER
    names = list(_names(record, set(record["@context"])))
    assert {name.removeprefix("dpv:") for name in names if name.startswith("dpv:")} <= TERMS


def statements(record: bytes) -> list[str]:
    """What the record says, as its own library reads it; it must understand every word."""
    if not (WEB / "node_modules" / "jsonld").exists():
        pytest.skip("jsonld is not installed: no npm here")
    done = subprocess.run(
        ["node", str(WEB / "json_ld.mjs")], input=record, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def test_the_consent_record_is_json_ld_in_which_every_term_means_something(signed: Rest, decided: str) -> None:
    raw = signed.get(f"/consents/{decided}/evidence", params={"form": "iso27560"}).content
    said = statements(raw)
    consent, customer = f"<urn:uuid:{decided}>", f"<urn:uuid:{CUSTOMER}>"
    dpv, kind = "https://w3id.org/dpv#", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert f"{consent} {kind} <{dpv}ConsentRecord> ." in said
    assert f"{consent} <{dpv}hasDataSubject> {customer} ." in said
    assert sum(f"<{dpv}ConsentGiven>" in one for one in said) == 2
    assert any("What you agree to: Offers si" in one and "@si" in one for one in said)
    with pytest.raises(AssertionError, match="Safe mode"):
        statements(raw.replace(b'"dpv:hasNotice"', b'"hasNotice"'))


def _names(value: Any, prefixes: set[str]) -> Iterator[str]:
    """Every key and type of JSON-LD; a key without a known prefix would mean nothing."""
    for one in value if isinstance(value, list) else ():
        yield from _names(one, prefixes)
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        if name == "@context":
            continue
        if not name.startswith("@"):
            assert name.partition(":")[0] in prefixes, name
            yield name
        if name in {"@type", "@id"} and not member.startswith(("urn:", "https:")):
            assert member.partition(":")[0] in prefixes, member
            yield member
        yield from _names(member, prefixes)


def test_who_refused_and_who_withdrew_are_told_apart(signed: Rest) -> None:
    first, second, third = signed.database.consents()[:3]
    ok(signed.decide("revoke", first, "customer"))
    for action in ("grant", "revoke"):
        ok(signed.decide(action, second, "customer"))
    terms = {}
    for consent in (first, second, third):
        record = signed.get(f"/consents/{consent}/evidence", params={"form": "iso27560"}).json()
        terms[consent] = [one["@type"] for one in record["dpv:hasConsentStatus"]]
    assert terms == {
        first: ["dpv:ConsentRefused"],
        second: ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"],
        third: ["dpv:ConsentUnknown"],
    }
