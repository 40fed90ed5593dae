"""What tests of checkpoints share: a key, the tree built at once, and the tree of a log hashed by the book."""

import hashlib
from pathlib import Path
from uuid import uuid4

from consentfeed.log.merkle import Frontier, leaf_hash
from consentfeed.log.note import Signer, new_private_key
from tests.support.database import Sql
from tests.support.seed import CUSTOMER

NAME = "consents.test"


def key_file(folder: Path, name: str = "key") -> str:
    """A new key, in a file."""
    path = folder / name
    path.write_bytes(new_private_key())
    return str(path)


def verifier(path: str, name: str = NAME) -> str:
    """The verifier key of the key in a file."""
    return str(Signer(name, Path(path).read_bytes()).key)


def hold(database: Sql, holder: str | None = None, seconds: float = 60) -> str:
    """Takes over the work of checkpoints, from whoever has it."""
    holder = holder or str(uuid4())
    # One statement: between two, a node could take it.
    database.run(
        "INSERT INTO consentfeed.followers (name, holder, held_from, held_until)"
        " VALUES ('checkpoints', %s, now(), now() + make_interval(secs => %s)) ON CONFLICT (name) DO UPDATE"
        " SET holder = excluded.holder, held_from = excluded.held_from, held_until = excluded.held_until",
        holder,
        seconds,
    )
    return holder


def make_checkpoint(database: Sql) -> int:
    """Everything that is due, at once; the size of the checkpoint."""
    holder = hold(database)
    while database.value("SELECT consentfeed.build_tiles(%s, 1000)", holder):
        pass
    outcome, size, _ = database.run("SELECT * FROM consentfeed.add_checkpoint(%s)", holder)[0]
    assert outcome in {"made", "unchanged"}
    return int(size)


def root_of(hashes: list[bytes]) -> bytes:
    """The root over these events."""
    tree = Frontier()
    for hash_ in hashes:
        tree.add(leaf_hash(hash_))
    return tree.root


def add_events(database: Sql, count: int) -> None:
    """So many more events, of the first consent."""
    for _ in range(0, count, 500):
        part = min(count, 500)
        database.run(
            "SELECT count(*) FROM consentfeed.append_events((SELECT array_agg("
            "ROW('customer-updated', NULL, %s::uuid, concat("
            """'"type":"customer-updated","consent_id":null,"customer_id":"', %s::text, '","n":', n, '}'"""
            "))::consentfeed.new_event) FROM generate_series(1, %s) AS n))",
            CUSTOMER,
            CUSTOMER,
            part,
        )
        count -= part


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()
