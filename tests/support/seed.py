"""What is in the database of every test: its customers, its accounts, what they may consent to."""

import psycopg
from argon2 import PasswordHasher

CUSTOMER = "c0000000-0000-4000-8000-000000000001"
OTHER = "c0000000-0000-4000-8000-000000000002"
NOBODY = "dead0000-0000-4000-8000-000000000000"
STAFF = {
    "csr": "50000000-0000-4000-8000-000000000001",
    "admin": "50000000-0000-4000-8000-000000000002",
    "service": "50000000-0000-4000-8000-000000000003",
}
PASSWORD = "correct horse battery"


def seed(owner: psycopg.Connection) -> None:
    """Two customers, three purposes with notices, and the accounts."""
    owner.execute(
        "INSERT INTO consentfeed.purposes (key, title, channels, position, default_validity) VALUES"
        " ('marketing', 'Offers', '{sms,email}', 1, NULL),"
        " ('profiling', 'Profiling', '{push}', 2, '12 months'),"
        " ('surveys', 'Surveys', '{voice}', 3, NULL)"
    )
    # The log begins empty: tests count from its first event.
    owner.execute("ALTER TABLE consentfeed.notices DISABLE TRIGGER collect_inserted")
    owner.execute(
        "INSERT INTO consentfeed.notices (purpose, version, language, text, published_at)"
        " SELECT purpose.key, 1, language, 'What you agree to: ' || purpose.title || ' ' || language, now()"
        " FROM consentfeed.purposes AS purpose, unnest('{en,si}'::text[]) AS language"
    )
    owner.execute("ALTER TABLE consentfeed.notices ENABLE TRIGGER collect_inserted")
    for customer, name, email, msisdn in (
        (CUSTOMER, "Nimal Perera", "customer@example.com", "+94771234567"),
        (OTHER, "Kamala O'Brien", "other@example.com", "+94712345678"),
    ):
        owner.execute("SELECT consentfeed.register_customer(%s, %s, %s, %s, 'en')", (customer, name, email, msisdn))
    # A hash names its own parameters. Those of the service take a tenth of a second of the processor for each sign-in.
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    for role, account in STAFF.items():
        owner.execute(
            "INSERT INTO consentfeed.users (id, email, role, password_hash) VALUES (%s, %s, %s, %s)",
            (account, f"{role}@example.com", role, hashed),
        )
    owner.execute("SELECT consentfeed.add_user('customer@example.com', 'customer', %s, %s)", (hashed, CUSTOMER))
