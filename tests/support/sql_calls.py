"""Every function that the service calls, once, in an order that serves, with what it answers."""

from typing import Any

import psycopg

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.sql import decide, decision

ISSUER = "https://id.example.com"
NULLS = ", ".join(["NULL"] * 4)
SEALED = b"\x01" * 32
CALLS: dict[str, tuple[str, object]] = {
    "record_decisions": ("problem FROM consentfeed.record_decisions('[]')", None),
    "expire_consents": ("consentfeed.expire_consents(10)", 0),
    "register_customer": (
        f"consentfeed.register_customer('{STAFF['csr']}', 'N', NULL, NULL, NULL, 'service', 'x', 'rest')", True
    ),
    "log_head": ("seq FROM consentfeed.log_head()", 1),
    "events_after": ("seq FROM consentfeed.events_after(0, 1)", 0),
    "customer_events_after": (f"count(*) FROM consentfeed.customer_events_after('{CUSTOMER}', 0, 9)", 2),
    "customer_history": (f"count(*) FROM consentfeed.customer_history('{CUSTOMER}', NULL, 9)", 1),
    "consent_history": (f"note FROM consentfeed.consent_history(%(consent)s, '{CUSTOMER}')", "what was said"),
    "judge_place": ("verdict FROM consentfeed.judge_place(0, '\\x00000000', NULL)", "ok"),
    "customer_place": (f"seq FROM consentfeed.customer_place('{CUSTOMER}')", 1),
    "verify_log": ("seq FROM consentfeed.verify_log()", None),
    "kept_events": ("consentfeed.kept_events()", 1),
    "list_consents": (
        f"count(*) FROM consentfeed.list_consents({NULLS}, 'nim', {NULLS}, 'customer', NULL, NULL, 9)",
        5,
    ),
    "about_consents": (f"consentfeed.about_consents({NULLS}, 'nim', {NULLS}) > 0", True),
    "customer_consents": (f"seq FROM consentfeed.customer_consents('{CUSTOMER}')", 1),
    "one_consent": ("version FROM consentfeed.one_consent(%(consent)s, NULL)", 1),
    "consent_ids": (f"consentfeed.consent_ids('{{{CUSTOMER}}}', '{{none}}', '{{sms}}')", None),
    "contact_consents": ("count(*) FROM consentfeed.contact_consents('+94771234567', NULL, 'sms', NULL)", 1),
    "list_customers": ("sort_key FROM consentfeed.list_customers('nim', NULL, NULL, NULL, NULL, 1)", "nimal perera"),
    "about_customers": ("consentfeed.about_customers('nim', NULL, NULL)", 1),
    "save_purpose": ("consentfeed.save_purpose('new', 'New', '', '{sms}', NULL, 9, true)", True),
    "give_consents": (f"consentfeed.give_consents('new', '{CUSTOMER}', 1)::text", OTHER),
    "save_draft": ("consentfeed.save_draft('new', 1, 'en', 'Text')", None),
    "publish_notice": ("consentfeed.publish_notice('new', 1)", None),
    "list_notices": ("in_force FROM consentfeed.list_notices('new')", True),
    "list_purposes": ("key FROM consentfeed.list_purposes() LIMIT 1", "marketing"),
    "find_user": ("role FROM consentfeed.find_user('CSR@example.com')", "csr"),
    "add_user": ("consentfeed.add_user('new@example.com', 'csr', NULL, NULL) IS NOT NULL", True),
    "disable_user": ("consentfeed.disable_user('new@example.com')", True),
    "list_users": ("email FROM consentfeed.list_users('NEW@', NULL, NULL, 9)", "new@example.com"),
    "one_user": (f"consentfeed.one_user('{STAFF['csr']}')::json ->> 'email'", "csr@example.com"),
    "change_user": (f"consentfeed.change_user('{STAFF['admin']}', '{STAFF['admin']}', 'csr', NULL)", "own-account"),
    "admit_account": (
        f"consentfeed.admit_account('{STAFF['csr']}', '{ISSUER}', 'x', 'x@example.com', 'csr', NULL)", "sso-refused",
    ),
    "open_session": (
        f"consentfeed.open_session('{STAFF['csr']}', %(token)s, '1 h', '9 min', 'Browser', {NULLS}) IS NOT NULL",
        True,
    ),
    "find_sessions": ("role FROM consentfeed.find_sessions(ARRAY[%(token)s])", "csr"),
    "list_sessions": ("count(*) FROM consentfeed.list_sessions(NULL, NULL, 9)", 1),
    "own_sessions": (f"agent FROM consentfeed.own_sessions('{STAFF['csr']}', 9)", "Browser"),
    "touch_sessions": ("consentfeed.touch_sessions('{}')", None),
    "ended_sessions": (f"consentfeed.ended_sessions('{{{CUSTOMER}}}', '{{}}', '{{}}')::text", CUSTOMER),
    "end_session": (f"issuer FROM consentfeed.end_session('{CUSTOMER}')", None),
    "end_own_sessions": (f"consentfeed.end_own_sessions('{STAFF['csr']}', NULL, NULL)", 1),
    "end_provider_sessions": (f"consentfeed.end_provider_sessions('{ISSUER}', 'x', NULL, now())", 0),
    "save_preferences": ("consentfeed.save_preferences('csr:x', '{\"a\": 1}')", None),
    "find_preferences": ("consentfeed.find_preferences('csr:x') ->> 'a'", "1"),
    "report_node": (f"consentfeed.report_node('{CUSTOMER}', 'here', now(), '{{}}')", None),
    "list_nodes": ("host FROM consentfeed.list_nodes()", "here"),
    "forget_node": (f"consentfeed.forget_node('{CUSTOMER}')", None),
    "differing_rights": ("difference FROM consentfeed.differing_rights('{}', '{}') WHERE grave", None),
    "server_state": ("consentfeed.server_state() ->> 'partitions_ahead'", "2"),
    "differing_objects": ("kind FROM consentfeed.differing_objects()", None),
    "held_locks": ("pid FROM consentfeed.held_locks()", None),
    "record_accesses": ("consentfeed.record_accesses('[]')", None),
    "list_accesses": ("count(*) FROM consentfeed.list_accesses(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 9)", 0),
    "forget_accesses": ("consentfeed.forget_accesses(365, 9)", 0),
    "forget_expired": ("consentfeed.forget_expired()", None),
    "add_event_partitions": ("consentfeed.add_event_partitions()", 0),
}  # fmt: skip


def answers(database: Sql, *before: str) -> dict[str, Any]:
    """What each of them answers to the service on a fresh database, after these statements in the same session."""
    consent = database.consents()[0]
    decide(database.app_url, decision(consent, "grant", note="what was said"))
    found: dict[str, Any] = {}
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        for statement in before:
            connection.execute(statement.encode())
        for name, (call, _) in CALLS.items():
            rows = connection.execute(f"SELECT {call}".encode(), {"consent": consent, "token": SEALED}).fetchall()
            found[name] = rows[0][0] if rows else None
    return found


def expected() -> dict[str, object]:
    """What they should answer."""
    return {name: answer for name, (_, answer) in CALLS.items()}
