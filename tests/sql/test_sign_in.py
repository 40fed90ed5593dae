"""Accounts that an identity provider signs in, and sessions that end, as the database keeps them."""

import secrets
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import CheckViolation, UniqueViolation

from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER, NOBODY, OTHER, STAFF

ISSUER = "https://login.example.com"


@pytest.fixture(scope="module")
def database(cluster: str, template: str) -> Iterator[Sql]:
    """One for all tests of this file: each minds its own subjects."""
    with new_database(cluster, template) as database:
        yield database


def subject() -> str:
    return f"subject of {uuid4()}"


def admit(
    database: Sql,
    account: str,
    subject: str,
    role: str,
    email: str = "who@example.com",
    customer: str | None = None,
    issuer: str = ISSUER,
) -> str | None:
    call = "SELECT consentfeed.admit_account(%s, %s, %s, %s, %s, %s)"
    problem: str | None = Sql.run_as(database.app_url, call, account, issuer, subject, email, role, customer)[0][0]
    return problem


def open_session(
    database: Sql,
    account: str,
    subject: str | None = None,
    sid: str | None = None,
    issued: str = "2026-01-01T12:00:00Z",
    *,
    idle: str = "1 hour",
    lifetime: str = "12 hours",
    agent: str | None = "Firefox",
) -> str | None:
    outside = (ISSUER, subject, sid, issued) if subject else (None,) * 4
    call = "SELECT consentfeed.open_session(%s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)::text"
    args = (account, secrets.token_bytes(32), lifetime, idle, agent, *outside)
    session: str | None = Sql.run_as(database.app_url, call, *args)[0][0]
    return session


def is_open(database: Sql, *sessions: str | None) -> list[bool]:
    """As the database tells the nodes which streams to close."""
    rows = Sql.run_as(
        database.app_url, "SELECT * FROM consentfeed.ended_sessions(%s::uuid[], '{}', '{}')", list(sessions)
    )
    return [session not in {str(row[0]) for row in rows} for session in sessions]


def account_of(database: Sql, account: str) -> tuple[Any, ...]:
    rows = database.run("SELECT email, role, issuer, subject FROM consentfeed.users WHERE id = %s", account)
    return rows[0] if rows else ()


# Accounts


def test_an_account_from_outside_is_made_at_the_first_sign_in_and_follows_the_claims_after(database: Sql) -> None:
    account, who = str(uuid4()), subject()
    assert admit(database, account, who, "csr") is None
    assert account_of(database, account) == ("who@example.com", "csr", ISSUER, who)
    assert admit(database, account, who, "admin", "married@example.com") is None
    assert account_of(database, account) == ("married@example.com", "admin", ISSUER, who)


def test_another_role_ends_the_sessions_before_and_the_same_role_does_not(database: Sql) -> None:
    account, who = str(uuid4()), subject()
    admit(database, account, who, "csr")
    session = open_session(database, account, who)
    admit(database, account, who, "csr")
    assert is_open(database, session) == [True]
    admit(database, account, who, "admin")
    assert is_open(database, session) == [False]


def test_the_address_of_one_of_our_own_accounts_opens_it_to_nobody(database: Sql) -> None:
    account, who = str(uuid4()), subject()
    own = database.run("SELECT users FROM consentfeed.users WHERE email = 'admin@example.com'")
    assert admit(database, account, who, "csr", "ADMIN@example.com") is None
    assert database.run("SELECT users FROM consentfeed.users WHERE email = 'admin@example.com'") == own
    found = Sql.run_as(database.app_url, "SELECT id::text, role FROM consentfeed.find_user('admin@example.com')")
    assert found == [(STAFF["admin"], "admin")]


def test_an_account_of_our_own_may_be_made_for_an_address_that_came_from_outside_and_is_another(database: Sql) -> None:
    account, who, email = str(uuid4()), subject(), f"{uuid4()}@example.com"
    admit(database, account, who, "csr", email)
    ((own,),) = database.run("SELECT consentfeed.add_user(%s, 'service', 'hash', NULL)::text", email)
    assert own != account
    assert account_of(database, account) == (email, "csr", ISSUER, who)
    with pytest.raises(UniqueViolation):
        database.run("SELECT consentfeed.add_user(%s, 'csr', NULL, NULL)", email.upper())


def test_one_subject_of_two_issuers_is_two_people(database: Sql) -> None:
    one, other, who = str(uuid4()), str(uuid4()), subject()
    assert admit(database, one, who, "csr") is None
    assert admit(database, other, who, "admin", issuer="https://other.example.com") is None
    assert account_of(database, one)[1] == "csr"
    # The same id for another subject: nobody becomes somebody else.
    assert admit(database, one, subject(), "admin") == "sso-refused"
    assert account_of(database, one) == ("who@example.com", "csr", ISSUER, who)
    assert admit(database, STAFF["csr"], subject(), "admin") == "sso-refused"
    assert account_of(database, STAFF["csr"])[:3] == ("csr@example.com", "csr", None)


def test_a_disabled_account_stays_out_whatever_the_claims_say(database: Sql) -> None:
    account, who, customer = str(uuid4()), subject(), database.new_customer()
    admit(database, account, who, "csr")
    session = open_session(database, account, who)
    change = f"SELECT consentfeed.change_user(%s, '{NOBODY}', NULL, true)"
    assert database.run(change, account) == [(None,)]
    assert is_open(database, session) == [False]
    assert admit(database, account, who, "csr") == "account-disabled"
    assert admit(database, account, who, "admin") == "account-disabled"
    assert admit(database, customer, who, "customer", customer=customer) == "account-disabled"
    assert account_of(database, account)[1] == "csr"
    assert open_session(database, account, who) is None


def test_a_customers_account_is_shared_with_the_one_that_has_a_password(database: Sql) -> None:
    own = account_of(database, CUSTOMER)
    assert admit(database, CUSTOMER, subject(), "customer", "other@example.org", CUSTOMER) is None
    assert account_of(database, CUSTOMER) == own
    try:
        database.run("UPDATE consentfeed.users SET disabled_at = now() WHERE id = %s", CUSTOMER)
        assert admit(database, CUSTOMER, subject(), "customer", customer=CUSTOMER) == "account-disabled"
    finally:
        database.run("UPDATE consentfeed.users SET disabled_at = NULL WHERE id = %s", CUSTOMER)


def test_a_customer_who_is_not_registered_is_not_admitted(database: Sql) -> None:
    who = subject()
    assert admit(database, NOBODY, who, "customer", customer=NOBODY) == "sso-no-customer"
    assert account_of(database, NOBODY) == ()


def test_who_becomes_somebody_else_leaves_the_account_and_the_sessions_before(database: Sql) -> None:
    account, who = str(uuid4()), subject()
    admit(database, account, who, "csr")
    staff = open_session(database, account, who)
    first, second = database.new_customer(), database.new_customer()
    assert admit(database, first, who, "customer", customer=first) is None
    assert account_of(database, account) == ()
    one = open_session(database, first, who)
    assert is_open(database, staff, one) == [False, True]
    assert admit(database, second, who, "customer", customer=second) is None
    two = open_session(database, second, who)
    assert admit(database, account, who, "csr") is None
    assert is_open(database, one, two) == [False, False]
    assert account_of(database, account) == ("who@example.com", "csr", ISSUER, who)


def test_who_leaves_a_customers_account_that_is_shared_ends_only_what_was_theirs(database: Sql) -> None:
    password = open_session(database, OTHER) or open_account(database, OTHER)
    account, who = str(uuid4()), subject()
    admit(database, OTHER, who, "customer", customer=OTHER)
    theirs = open_session(database, OTHER, who)
    assert is_open(database, password, theirs) == [True, True]
    assert admit(database, account, who, "csr") is None
    assert is_open(database, password, theirs) == [True, False]


def open_account(database: Sql, customer: str) -> str | None:
    database.run("SELECT consentfeed.add_user('own@example.com', 'customer', 'hash', %s)", customer)
    return open_session(database, customer)


def test_the_role_of_an_account_from_outside_is_not_ours_to_change(database: Sql) -> None:
    account, who = str(uuid4()), subject()
    admit(database, account, who, "csr")
    change = f"SELECT consentfeed.change_user(%s, '{NOBODY}', %s, NULL)"
    assert database.run(change, account, "admin") == [("outside-account",)]
    assert database.run(change, account, "csr") == [(None,)]


def test_an_account_from_outside_has_no_password(database: Sql) -> None:
    account, who = str(uuid4()), subject()
    admit(database, account, who, "csr")
    for change in ("password_hash = 'hash'", "issuer = NULL", "subject = NULL"):
        with pytest.raises(CheckViolation):
            database.run(f"UPDATE consentfeed.users SET {change} WHERE id = %s", account)


def test_disabling_by_address_takes_in_accounts_from_outside(database: Sql) -> None:
    account, who, email = str(uuid4()), subject(), f"{uuid4()}@example.com"
    admit(database, account, who, "csr", email)
    session = open_session(database, account, who)
    assert database.run("SELECT consentfeed.disable_user(%s)", email) == [(True,)]
    assert is_open(database, session) == [False]


def test_accounts_of_one_address_come_page_by_page(database: Sql) -> None:
    email = f"{uuid4()}@example.com"
    accounts = [str(uuid4()) for _ in range(4)]
    for account in accounts:
        admit(database, account, subject(), "csr", email)
    listed: list[str] = []
    after: tuple[str | None, str | None] = (None, None)
    while True:
        call = "SELECT email, id::text FROM consentfeed.list_users(%s, %s, %s, 3)"
        page = Sql.run_as(database.app_url, call, email, *after)
        listed += [row[1] for row in page]
        if len(page) < 3:
            break
        after = page[-1]
    assert listed == sorted(accounts)


# How sessions end


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("ended_at = now()", id="ended"),
        pytest.param("expires_at = now()", id="as long as it may last"),
        pytest.param("last_seen_at = now() - idle_limit", id="unused for as long as it may be"),
    ],
)
def test_a_session_that_is_over_is_over_for_everybody_who_asks(database: Sql, end: str) -> None:
    session = open_session(database, STAFF["csr"])
    ((token,),) = database.run("SELECT token_sha256 FROM consentfeed.sessions WHERE id = %s", session)
    asked: dict[str, tuple[Any, ...]] = {
        "SELECT session_id::text FROM consentfeed.find_sessions(%s::bytea[])": ([token],),
        "SELECT id::text FROM consentfeed.own_sessions(%s, 100)": (STAFF["csr"],),
        "SELECT id::text FROM consentfeed.list_sessions(NULL, NULL, 1000)": (),
    }
    for statement, args in asked.items():
        assert (session,) in Sql.run_as(database.app_url, statement, *args)
    database.run(f"UPDATE consentfeed.sessions SET {end} WHERE id = %s", session)
    for statement, args in asked.items():
        assert (session,) not in Sql.run_as(database.app_url, statement, *args), statement
    assert is_open(database, session) == [False]
    before = database.run("SELECT sessions FROM consentfeed.sessions WHERE id = %s", session)
    Sql.run_as(database.app_url, "SELECT consentfeed.touch_sessions(%s::uuid[])", [session])
    assert Sql.run_as(database.app_url, "SELECT * FROM consentfeed.end_session(%s)", session) == []
    assert database.run("SELECT sessions FROM consentfeed.sessions WHERE id = %s", session) == before, "and it stays so"


def seen(database: Sql, session: str | None, ago: str) -> None:
    """As if it had been used last so long ago."""
    database.run("UPDATE consentfeed.sessions SET last_seen_at = now() - %s::interval WHERE id = %s", ago, session)


@pytest.mark.parametrize(("idle", "ago", "noted"), [
    ("1 hour", "59 seconds", False), ("1 hour", "61 seconds", True),
    ("1 minute", "5 seconds", False), ("1 minute", "7 seconds", True),
])  # fmt: skip
def test_use_is_noted_once_a_minute_or_a_tenth_of_the_idle_limit(
    database: Sql, idle: str, ago: str, noted: bool
) -> None:
    session = open_session(database, STAFF["csr"], idle=idle)
    seen(database, session, ago)
    ((token,),) = database.run("SELECT token_sha256 FROM consentfeed.sessions WHERE id = %s", session)
    due = Sql.run_as(database.app_url, "SELECT seen_long_ago FROM consentfeed.find_sessions(%s::bytea[])", [token])
    assert due == [(noted,)]
    Sql.run_as(database.app_url, "SELECT consentfeed.touch_sessions(%s::uuid[])", [session])
    recent = "SELECT last_seen_at > now() - interval '4 seconds' FROM consentfeed.sessions WHERE id = %s"
    assert database.run(recent, session) == [(noted,)]


def test_who_notes_use_does_not_wait_for_who_is_noting_it(database: Sql) -> None:
    sessions = [open_session(database, STAFF["csr"]) for _ in range(2)]
    for session in sessions:
        seen(database, session, "10 minutes")
    with database.connect() as holder:
        holder.execute("SELECT FROM consentfeed.sessions WHERE id = %s FOR UPDATE", (sessions[0],))
        with psycopg.connect(database.app_url, autocommit=True, options="-c lock_timeout=2s") as node:
            node.execute("SELECT consentfeed.touch_sessions(%s::uuid[])", (sessions,))
    old = "SELECT last_seen_at < now() - interval '5 minutes' FROM consentfeed.sessions WHERE id = %s"
    assert [database.run(old, session)[0][0] for session in sessions] == [True, False]


def test_what_a_browser_calls_itself_is_kept_to_200_characters(database: Sql) -> None:
    session = open_session(database, STAFF["csr"], agent="x" * 1000)
    assert database.run("SELECT agent FROM consentfeed.sessions WHERE id = %s", session) == [("x" * 200,)]


# Logout told by the provider


@pytest.mark.parametrize(
    ("told", "sid", "issued", "left"),
    [
        pytest.param(True, None, "12:00:00", [False, False, False, True], id="the subject: all of theirs"),
        pytest.param(False, "s1", "12:00:00", [False, True, True, True], id="a session: that one"),
        pytest.param(True, "s1", "12:00:00", [False, True, False, True], id="both: and what has no name"),
        pytest.param(True, "s3", "12:00:00", [True, True, False, True], id="a session of another: not that"),
        pytest.param(False, None, "12:00:00", [True, True, True, True], id="neither"),
        pytest.param(True, None, "11:59:59", [True, True, True, True], id="before they began"),
    ],
)
def test_a_logout_ends_what_it_names_and_what_began_before(
    database: Sql, told: bool, sid: str | None, issued: str, left: list[bool]
) -> None:
    (account, who), (stranger, other) = ((str(uuid4()), subject()) for _ in range(2))
    admit(database, account, who, "csr")
    admit(database, stranger, other, "csr")
    prefix = uuid4().hex
    sessions = [
        open_session(database, account, who, prefix + "s1"),
        open_session(database, account, who, prefix + "s2"),
        open_session(database, account, who),
        open_session(database, stranger, other, prefix + "s3"),
    ]
    call = "SELECT consentfeed.end_provider_sessions(%s, %s, %s, %s)"
    args = (who if told else None, sid and prefix + sid, f"2026-01-01T{issued}Z")
    assert Sql.run_as(database.app_url, call, "https://other.example.com", *args) == [(0,)]
    assert Sql.run_as(database.app_url, call, ISSUER, *args) == [(left.count(False),)]
    assert is_open(database, *sessions) == left
    assert Sql.run_as(database.app_url, call, ISSUER, *args) == [(0,)], "and a replay nothing more"


# Plans

PEOPLE = 20_000
FILL = f"""
    INSERT INTO consentfeed.users (id, issuer, subject, email, role)
    SELECT gen_random_uuid(), '{ISSUER}', 's' || number, 'mail' || number || '@example.com', 'csr'
    FROM generate_series(1, {PEOPLE}) AS number;
    INSERT INTO consentfeed.sessions (user_id, token_sha256, expires_at, issuer, subject, sid, issued_at)
    SELECT id, sha256(subject::bytea), now() + random() * interval '9 hours', issuer, subject, 'sid' || subject, now()
    FROM consentfeed.users WHERE issuer IS NOT NULL;
"""
READ = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_xact_user_tables
    WHERE schemaname = 'consentfeed' AND relname IN ('users', 'sessions')
"""


@pytest.fixture(scope="module")
def large(cluster: str, template: str) -> Iterator[Sql]:
    with new_database(cluster, template) as database:
        database.run(FILL)
        Sql.run_as(database.admin_url, "VACUUM ANALYZE")
        yield database


@pytest.mark.parametrize(
    ("statement", "most"),
    [
        pytest.param("consentfeed.ended_sessions(%(sessions)s::uuid[], %(accounts)s::uuid[], %(roles)s)", 300,
                     id="which streams to close"),
        pytest.param("consentfeed.find_sessions(ARRAY[sha256('s77')])", 4, id="who asks"),
        pytest.param("consentfeed.touch_sessions(%(sessions)s::uuid[])", 200, id="noting use"),
        pytest.param("consentfeed.own_sessions(%(account)s, 1000)", 4, id="own sessions"),
        pytest.param("consentfeed.end_own_sessions(%(account)s, NULL, NULL)", 6, id="ending own sessions"),
        pytest.param(f"consentfeed.end_provider_sessions('{ISSUER}', 's78', NULL, now())", 6, id="logout of a subject"),
        pytest.param(f"consentfeed.end_provider_sessions('{ISSUER}', NULL, 'sids79', now())", 6, id="of a session"),
        pytest.param(f"consentfeed.end_provider_sessions('{ISSUER}', 's80', 'sids80', now())", 6, id="of both"),
        pytest.param(f"consentfeed.admit_account(%(account)s, '{ISSUER}', %(subject)s, 'a@example.com', 'csr', NULL)",
                     12, id="signing in"),
        pytest.param("consentfeed.find_user('mail9@example.com')", 4, id="by address"),
        pytest.param("consentfeed.list_users(NULL, 'mail5', '00000000-0000-4000-8000-000000000000', 10)", 24,
                     id="a page of accounts"),
        pytest.param("consentfeed.list_sessions(NULL, NULL, 10)", 60, id="a page of sessions"),
    ],
)  # fmt: skip
def test_what_signing_in_asks_is_found_by_an_index(large: Sql, statement: str, most: int) -> None:
    sample = "SELECT id, user_id, subject FROM consentfeed.sessions WHERE ended_at IS NULL ORDER BY id LIMIT 50"
    rows = large.run(sample)
    args = {
        "sessions": [row[0] for row in rows],
        "accounts": [row[1] for row in rows],
        "roles": ["csr"] * len(rows),
        "account": rows[0][1],
        "subject": rows[0][2],
    }
    with psycopg.connect(large.app_url) as connection:
        call = f"SELECT * FROM {statement}".encode()
        connection.execute(call, args)  # the first call in a connection also counts what the planner looks at
        connection.rollback()
        before = connection.execute(READ.encode()).fetchone()
        connection.execute(call, args).fetchall()
        after = connection.execute(READ.encode()).fetchone()
        connection.rollback()
    assert before
    assert after
    assert after[0] - before[0] <= most
