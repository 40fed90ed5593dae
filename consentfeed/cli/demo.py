"""The demo of `consentfeed dev`: made-up customers, and accounts whose password everybody knows."""

from typing import Final

from consentfeed.identity import passwords
from consentfeed.identity.passwords import hash_password, verify
from consentfeed.postgres import owner, sql_files

PASSWORD: Final = passwords.DEMO
# What the accounts of staff are called; a customer has a name.
_NAMES: Final = {"csr@sltmobitel.lk": "Ishara Silva", "admin@sltmobitel.lk": "Dilani Fernando"}
ACCOUNTS: Final = {
    "customer@sltmobitel.lk": "customer",
    "csr@sltmobitel.lk": "csr",
    "admin@sltmobitel.lk": "admin",
}


def fill(owner_url: str) -> None:
    """Demo data and accounts, once."""
    with owner.connect(owner_url) as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM consentfeed.customers)").fetchone()
        if row and row[0]:
            return
        connection.execute((sql_files.SQL / "demo.sql").read_bytes())
        for email, role in ACCOUNTS.items():
            connection.execute(
                "SELECT consentfeed.add_user(%s, %s, %s, (SELECT id FROM consentfeed.customers WHERE email = %s), %s)",
                (email, role, hash_password(PASSWORD), email, _NAMES.get(email)),
            )


def open_accounts(owner_url: str) -> dict[str, str]:
    """Demo accounts that still open with the demo password, and its hash."""
    with owner.connect(owner_url) as connection:
        rows = connection.execute("SELECT email, password_hash FROM consentfeed.users WHERE disabled_at IS NULL")
        return {email: hashed for email, hashed in rows if email in ACCOUNTS and hashed and verify(hashed, PASSWORD)}
