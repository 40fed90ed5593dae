"""Every function that the service calls, once, in an order that serves, with what it answers."""

from typing import Any

import psycopg

from tests.support.database import Sql
from tests.support.seed import CUSTOMER, OTHER, STAFF
from tests.support.sql import decide, decision

ISSUER = "https://id.example.com"
NO = "'{NULL}'"
NULLS = ", ".join(["NULL"] * 4)
SAVED = f"'{STAFF['csr']}', {NULLS}, NULL, '{{}}', '{{7}}', {NULLS}, NULL, NULL"
ASKED = f"'csr', {NULLS}, {NULLS}, NULL"
SEALED = b"\x01" * 32
CALLS: dict[str, tuple[str, object]] = {
    "record_decisions": ("problem FROM consentfeed.record_decisions('[]')", None),
    "expire_consents": ("consentfeed.expire_consents(10)", 0),
    "register_customer": (
        f"consentfeed.register_customer('{STAFF['csr']}', 'N', NULL, NULL, NULL, 'service', 'x', 'rest')", True
    ),
    "consents_at": (
        f"version FROM consentfeed.consents_at(NULL, %(consent)s, '{CUSTOMER}', NULL, NULL, NULL, now()) OFFSET 1", 1,
    ),
    "save_contact_preferences": (
        f"problem FROM consentfeed.save_contact_preferences({SAVED})",
        "stale",
    ),
    "erase_customer": (
        f"problem FROM consentfeed.erase_customer('{STAFF['csr']}', 9, {NULLS}, NULL, NULL, 'x', NULL, NULL)",
        "stale",
    ),
    "register_by_reference": (
        "created FROM consentfeed.register_by_reference('A-1', 'N', NULL, NULL, NULL, 'service', 'x', 'rest')", True
    ),
    "check_consents": (
        f"status FROM consentfeed.check_consents('{{{CUSTOMER}}}', {NO}, {NO}, {NO}, '{{x}}', '{{x}}', NULL) LIMIT 1",
        None,
    ),
    "import_rows": (
        "outcome FROM consentfeed.import_rows('[{}]', NULL, 'crm', 1, 'service', 'x', false)", "skipped",
    ),
    "list_imports": ("skipped FROM consentfeed.list_imports(NULL, NULL, 9)", 1),
    "import_report": (f"count(*) FROM consentfeed.import_report('{CUSTOMER}')", 0),
    "open_rights_request": (
        f"problem FROM consentfeed.open_rights_request('access', '{OTHER}', NULL, 'x', 0, {ASKED})",
        "too-many-requests",
    ),
    "act_on_rights_request": (
        f"problem FROM consentfeed.act_on_rights_request('{CUSTOMER}', NULL, 'start', {NULLS}, {NULLS}, {NULLS}, NULL)",
        "not-found",
    ),
    "fulfil_erasure": (
        f"problem FROM consentfeed.fulfil_erasure('{CUSTOMER}', NULL, 1, {NULLS}, {NULLS}, NULL)", "not-found",
    ),
    "list_rights_requests": (
        f"seq FROM consentfeed.list_rights_requests('{CUSTOMER}', NULL, {NULLS}, {NULLS}, 9)", 1,
    ),
    "one_rights_request": (f"version FROM consentfeed.one_rights_request('{CUSTOMER}', '{CUSTOMER}')", None),
    "rights_history": (f"seq FROM consentfeed.rights_history('{CUSTOMER}', '{CUSTOMER}')", None),
    "forget_rights_texts": ("consentfeed.forget_rights_texts(30, 9)", 0),
    "held_data": (f"account::json ->> 'email' FROM consentfeed.held_data('{CUSTOMER}', 9)", "customer@example.com"),
    "count_rights_requests": ("kind FROM consentfeed.count_rights_requests(NULL) LIMIT 1", "access"),
    "list_deadlines": ("time_zone FROM consentfeed.list_deadlines() LIMIT 1", "Asia/Colombo"),
    "save_deadline": ("consentfeed.save_deadline('access', 1, 'months', 2, 'months', '{7}')", "stale"),
    "save_holiday": ("outcome FROM consentfeed.save_holiday('2031-01-01', 'New Year', 9)", "added"),
    "list_holidays": ("name FROM consentfeed.list_holidays()", "New Year"),
    "delete_holiday": ("consentfeed.delete_holiday('2031-01-01')", 0),
    "save_time_zone": ("consentfeed.save_time_zone('Asia/Colombo')", False),
    "list_erased": ("count(*) FROM consentfeed.list_erased(NULL, NULL, 9)", 0),
    "log_head": ("seq FROM consentfeed.log_head()", 1),
    "events_after": ("seq FROM consentfeed.events_after(0, 1)", 0),
    "customer_events_after": (f"count(*) FROM consentfeed.customer_events_after('{CUSTOMER}', 0, 9)", 2),
    "customer_history": (f"count(*) FROM consentfeed.customer_history('{CUSTOMER}', NULL, 9)", 1),
    "log_history": ("count(*) FROM consentfeed.log_history(NULL, 9)", 1),
    "consent_history": (f"note FROM consentfeed.consent_history(%(consent)s, '{CUSTOMER}')", "what was said"),
    "judge_place": ("verdict FROM consentfeed.judge_place(0, '\\x00000000', NULL)", "ok"),
    "customer_place": (f"seq FROM consentfeed.customer_place('{CUSTOMER}')", 1),
    "verify_log": ("seq FROM consentfeed.verify_log()", None),
    "kept_events": ("consentfeed.kept_events()", 1),
    "list_consents": (
        f"count(*) FROM consentfeed.list_consents({NULLS}, 'nim', {NULLS}, 'customer', NULL, NULL, 9)",
        5,
    ),
    "export_lines": (f"count(*) FROM consentfeed.export_lines({NULLS}, 'nim', {NULLS})", 4),
    "export_cells": (f"name FROM consentfeed.export_cells({NULLS}, 'nim', {NULLS})", "Nimal Perera"),
    "about_consents": (f"consentfeed.about_consents({NULLS}, 'nim', {NULLS}) > 0", True),
    "customer_consents": (f"seq FROM consentfeed.customer_consents('{CUSTOMER}')", 1),
    "one_consent": ("version FROM consentfeed.one_consent(%(consent)s, NULL)", 1),
    "consent_ids": (f"consentfeed.consent_ids('{{{CUSTOMER}}}', '{{none}}', '{{sms}}')", None),
    "contact_consents": ("count(*) FROM consentfeed.contact_consents('+94771234567', NULL, 'sms', NULL)", 1),
    "list_customers": ("sort_key FROM consentfeed.list_customers('nim', NULL, NULL, NULL, NULL, 1)", "nimal perera"),
    "about_customers": ("consentfeed.about_customers('nim', NULL, NULL)", 1),
    "customer_names": (f"name FROM consentfeed.customer_names('{{{CUSTOMER}}}')", "Nimal Perera"),
    "save_purpose": ("consentfeed.save_purpose('new', 'New', '', '{sms}', NULL, 9, true, '{}')", "added"),
    "give_consents": (f"consentfeed.give_consents('new', '{CUSTOMER}', 1)::text", OTHER),
    "save_draft": ("consentfeed.save_draft('new', 1, 'en', 'Text')", None),
    "publish_notice": ("consentfeed.publish_notice('new', 1)", None),
    "list_notices": ("in_force FROM consentfeed.list_notices('new')", True),
    "list_purposes": ("key FROM consentfeed.list_purposes() LIMIT 1", "marketing"),
    "find_user": ("role FROM consentfeed.find_user('CSR@example.com')", "csr"),
    "find_account": (f"email FROM consentfeed.find_account('{STAFF['csr']}')", "csr@example.com"),
    "add_user": ("consentfeed.add_user('new@example.com', 'csr', NULL, NULL) IS NOT NULL", True),
    "disable_user": ("consentfeed.disable_user('new@example.com')", True),
    "list_users": ("email FROM consentfeed.list_users('NEW@', NULL, NULL, 9)", "new@example.com"),
    "one_user": (f"consentfeed.one_user('{STAFF['csr']}')::json ->> 'email'", "csr@example.com"),
    "change_user": (f"consentfeed.change_user('{STAFF['admin']}', '{STAFF['admin']}', 'csr', NULL)", "own-account"),
    "account_names": (f"name FROM consentfeed.account_names('{{{STAFF['csr']}}}')", "csr@example.com"),
    "rename_user": (f"consentfeed.rename_user('{STAFF['admin']}', 'Ada', '{{x}}')", "stale"),
    "admit_account": (
        f"consentfeed.admit_account('{STAFF['csr']}', '{ISSUER}', 'x', 'x@example.com', 'csr', NULL)", "sso-refused",
    ),
    "open_session": (
        f"consentfeed.open_session('{STAFF['csr']}', %(token)s, '1 h', '9 min', 'Browser', {NULLS}, NULL) IS NOT NULL",
        True,
    ),
    "why_session_ended": ("consentfeed.why_session_ended(%(token)s)", None),
    "find_sessions": ("role FROM consentfeed.find_sessions(ARRAY[%(token)s])", "csr"),
    "list_sessions": ("count(*) FROM consentfeed.list_sessions(NULL, NULL, 9)", 1),
    "own_sessions": (f"agent FROM consentfeed.own_sessions('{STAFF['csr']}', 9)", "Browser"),
    "touch_sessions": ("consentfeed.touch_sessions('{}')", None),
    "ended_sessions": (f"consentfeed.ended_sessions('{{{CUSTOMER}}}', '{{}}', '{{}}')::text", CUSTOMER),
    "end_session": (f"issuer FROM consentfeed.end_session('{CUSTOMER}')", None),
    "end_own_sessions": (f"consentfeed.end_own_sessions('{STAFF['csr']}', NULL, NULL)", 1),
    "end_provider_sessions": (f"consentfeed.end_provider_sessions('{ISSUER}', 'x', NULL, now())", 0),
    "change_password": (f"consentfeed.change_password('{STAFF['csr']}', 'wrong', 'x', NULL)", False),
    "set_password": (f"consentfeed.set_password('{STAFF['csr']}', 'x')", None),
    "make_password_link": (
        f"problem FROM consentfeed.make_password_link('{STAFF['csr']}', %(token)s, '24 h')", None,
    ),
    "find_password_link": ("consentfeed.find_password_link(%(token)s)", True),
    "use_password_link": ("consentfeed.use_password_link(%(token)s, 'y')", True),
    "save_preferences": ("consentfeed.save_preferences('csr:x', '{\"a\": 1}')", None),
    "find_preferences": ("consentfeed.find_preferences('csr:x') ->> 'a'", "1"),
    "report_node": (f"consentfeed.report_node('{CUSTOMER}', 'here', now(), '{{}}')", None),
    "list_nodes": ("host FROM consentfeed.list_nodes()", "here"),
    "list_minutes": ("streams FROM consentfeed.list_minutes()", 0),
    "decisions_by_day": ("granted FROM consentfeed.decisions_by_day(14)", 1),
    "count_consents": ("sum(granted)::integer FROM consentfeed.count_consents()", 1),
    "forget_node": (f"consentfeed.forget_node('{CUSTOMER}')", None),
    "differing_rights": ("difference FROM consentfeed.differing_rights('{}', '{}') WHERE grave", None),
    "server_state": ("consentfeed.server_state() ->> 'partitions_ahead'", "2"),
    "differing_objects": ("kind FROM consentfeed.differing_objects()", None),
    "held_locks": ("pid FROM consentfeed.held_locks()", None),
    "record_accesses": ("consentfeed.record_accesses('[]')", None),
    "list_accesses": ("count(*) FROM consentfeed.list_accesses(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 9)", 0),
    "forget_accesses": ("consentfeed.forget_accesses(365, 9)", 0),
    "forget_expired": ("consentfeed.forget_expired()", None),
    "log_copy": ("count(*) FROM consentfeed.log_copy(0, 9)", 3),
    "hold_follower": (f"consentfeed.hold_follower('checkpoints', '{CUSTOMER}', 60)", True),
    "build_tiles": (f"consentfeed.build_tiles('{CUSTOMER}', 9)", 0),
    "add_checkpoint": (f"outcome FROM consentfeed.add_checkpoint('{CUSTOMER}')", "made"),
    "checkpoint_state": ("size FROM consentfeed.checkpoint_state()", 3),
    "list_checkpoints": ("size FROM consentfeed.list_checkpoints(NULL, 1)", 3),
    "event_hashes": ("count(*) FROM consentfeed.event_hashes(0, 9)", 3),
    "tree_hashes": ("cardinality(consentfeed.tree_hashes(0, 1, 2))", 2),
    "tree_root": ("length(consentfeed.tree_root(2))", 32),
    "broken_tree": ("problem FROM consentfeed.broken_tree()", None),
    "evidence_events": (f"seq FROM consentfeed.evidence_events(%(consent)s, '{CUSTOMER}')", 1),
    "evidence_facts": (f"notices FROM consentfeed.evidence_facts(%(consent)s, '{OTHER}')", None),
    "hold_relay": (f"consentfeed.hold_relay('{CUSTOMER}', 60, 1, NULL)", True),
    "relay_state": ("is_held FROM consentfeed.relay_state()", True),
    "release_follower": (f"consentfeed.release_follower('checkpoints', '{CUSTOMER}')", None),
    "save_webhook": (
        "consentfeed.save_webhook('crm', 'https://a.test', '{all}', '{}', '{}', '{}', 1, false, '\\x00', 9)", "added",
    ),
    "hold_webhooks": (f"consentfeed.hold_webhooks('{CUSTOMER}', 60)", ""),
    "list_webhooks": (f"held_seconds > 50 FROM consentfeed.list_webhooks('{CUSTOMER}')", True),
    "fail_webhook": (f"consentfeed.fail_webhook('crm', '{CUSTOMER}', 1, 'status', '500', 1, 5, false)", "not-held"),
    "advance_webhook": (f"consentfeed.advance_webhook('crm', '{CUSTOMER}', 1, 1, '\\x00', true)", False),
    "release_webhooks": (f"consentfeed.release_webhooks('{CUSTOMER}')", None),
    "replay_webhook": ("consentfeed.replay_webhook('crm', NULL, NULL)", True),
    "rotate_webhook": ("consentfeed.rotate_webhook('crm', '\\x01', '24 h')", True),
    "delete_webhook": ("consentfeed.delete_webhook('crm')", True),
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
