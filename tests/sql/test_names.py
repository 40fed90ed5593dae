"""Names and addresses are folded and sorted by functions of ours: the same in every database, whatever its locale."""

import re
import unicodedata
from collections.abc import Iterator

import psycopg
import pytest

from consentfeed.postgres import sql_files
from tests.support.database import OWNER, Sql, in_cluster, install

KEY, ADDRESS = (
    "SELECT coalesce(consentfeed.name_key(consentfeed.folded_name(%s)), '')",
    "SELECT consentfeed.folded_address(%s)",
)
FIND = "SELECT found::text FROM consentfeed.find_customers(%s, NULL, NULL) AS found"
SAME_NAMES = [
    ("Élise", "E\u0301lise", "ELISE", "elise", "\u200dElise\ufeff", "Ｅｌｉｓｅ"),
    ("O'Brien", "O’Brien", "OʼBrien", "O`Brien", "O´Brien", "o‘brien", "OBrien"),
    ("İnci", "I\u0307nci", "inci", "ınci", "INCI"),
    ("Straße", "STRASSE", "STRAẞE", "strasse"),
    ("Ödegård", "Odegard", "ODEGÅRD"),
    ("Łukasz Đorđe", "lukasz  dorde"),
    ("Ærø", "aero"),
    ("ශ්\u200dරී ලංකා", "ශ්රී ලංකා"),
    ("ක\u0ddc", "ක\u0dd9\u0dcf"),
    ("Νίκος", "ΝΙΚΟΣ", "νικοσ"),
    ("Алёна", "АЛЕНА"),
    ("Anne-Marie", "anne marie", "Anne\u2011Marie"),
    ("Nimal\u202e", "nimal"),
    (None, "", " ", "’"),
]
ORDER = [None, "100% Ltd", "Adam", "adam b", "Émile", "OHara", "O’Hara Z", "Zoe", "Алёна", "அபிராமி", "අමායා"]
LOCALES = [
    "LOCALE 'C'",
    "LOCALE 'C.utf8'",
    "LOCALE 'tr_TR.utf8'",
    "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'",
    "LOCALE_PROVIDER icu ICU_LOCALE 'si-LK' LOCALE 'C'",
    "LOCALE_PROVIDER builtin LOCALE 'C.UTF-8'",
]


@pytest.fixture(scope="module", params=LOCALES)
def elsewhere(request: pytest.FixtureRequest, cluster: str) -> Iterator[Sql]:
    """A database with another locale, where this PostgreSQL and this system have it."""
    name = "cf_names"
    try:
        Sql.run_as(cluster, f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8' {request.param}")
    except psycopg.Error as error:
        pytest.skip(f"not here: {error.diag.message_primary}")
    try:
        database = in_cluster(cluster, name)
        install(database)
        yield database
    finally:
        Sql.run_as(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("names", SAME_NAMES, ids=[str(names[0]) for names in SAME_NAMES])
def test_the_same_name_is_the_same_however_it_is_written(shared_database: Sql, names: tuple[str | None, ...]) -> None:
    assert len({shared_database.value(KEY, name) for name in names}) == 1


def test_other_names_are_others_and_in_their_order(shared_database: Sql) -> None:
    keys = [shared_database.value(KEY, name) for name in ORDER]
    assert keys == sorted(set(keys))


def test_a_letter_of_latin_greek_cyrillic_or_armenian_is_the_same_in_either_case(shared_database: Sql) -> None:
    letters = [chr(point) for block in (range(1, 0x250), range(0x370, 0x590)) for point in block]
    pairs = [(one.lower(), one.upper()) for one in letters if len(one.lower()) == len(one.upper()) == 1]
    with shared_database.connect() as connection:
        rows = connection.execute(
            "SELECT small, large FROM unnest(%s::text[], %s::text[]) AS letter (small, large)"
            " WHERE consentfeed.folded_name(small) <> consentfeed.folded_name(large)",
            ([small for small, _ in pairs], [large for _, large in pairs]),
        ).fetchall()
    assert rows == []
    assert len({pair for pair in pairs if pair[0] != pair[1]}) > 300


@pytest.mark.parametrize(
    "letter", ["\ufdfa", "\U0001d160", "\ufb03", "\u0390", "\U0001f600", "\u0344", "\x01", "'", "\\", "\U000e0041"]
)
def test_a_name_of_whatever_letters_can_be_kept_and_found(shared_database: Sql, letter: str) -> None:
    """Also those that take most room once they are taken apart."""
    customer = shared_database.new_customer("x" + letter * 199)
    assert (customer,) in shared_database.run(FIND, "x")


def test_sorting_searching_and_addresses_are_the_same_in_every_database(elsewhere: Sql, shared_database: Sql) -> None:
    names = [name for same in SAME_NAMES for name in same] + ORDER
    addresses = ["Inci@EXAMPLE.com", "İNCİ@example.com", "É@example.com", "E\u0301@EXAMPLE.COM", "ı@x"]
    for statement, texts in ((KEY, names), (ADDRESS, addresses)):
        here, there = ([one.value(statement, text) for text in texts] for one in (shared_database, elsewhere))
        assert here == there
    ids = [elsewhere.new_customer(name) for name in reversed(ORDER) if name]
    listed = elsewhere.run("SELECT id::text FROM consentfeed.list_customers(NULL, NULL, NULL, NULL, NULL, 99)")
    assert [row[0] for row in listed] == ids[::-1]
    inci = elsewhere.new_customer("İnci Işık")
    for query in ("inci", "INCI", "isik", "IŞIK", "ışık"):
        assert elsewhere.run(FIND, query) == [(inci,)]
    elsewhere.run("UPDATE consentfeed.customers SET email = 'INCI@example.com' WHERE id = %s", inci)
    assert elsewhere.run(FIND, "inci@EX") == [(inci,)]


@pytest.mark.parametrize("address", ["Nimal@Example.COM", "É@x.com", "Ω@x.com", "Ж@x.com"])
def test_addresses_are_compared_without_case(shared_database: Sql, address: str) -> None:
    folded = {
        shared_database.value(ADDRESS, unicodedata.normalize(form, spelling))
        for form in ("NFC", "NFD")
        for spelling in (address.lower(), address.upper(), address)
    }
    assert folded == {unicodedata.normalize("NFC", address.lower())}


def test_what_a_row_is_found_and_sorted_by_follows_its_name(shared_database: Sql) -> None:
    customer = shared_database.new_customer("Before")
    shared_database.run("UPDATE consentfeed.customers SET name = 'Àfter' WHERE id = %s", customer)
    kept = "SELECT name_key, name_words::text, email_key FROM consentfeed.customers WHERE id = %s"
    assert shared_database.run(kept, customer) == [("after", "'after'", None)]
    shared_database.run(
        "UPDATE consentfeed.customers SET name_key = 'x', name_words = '', email = 'A@x', email_key = 'y'"
        " WHERE id = %s",
        customer,
    )
    assert shared_database.run(kept, customer) == [("after", "'after'", "a@x")]


def test_an_account_is_the_same_in_every_database(elsewhere: Sql) -> None:
    """As in Turkish, where the small form of I is another letter than i."""
    elsewhere.run("DELETE FROM consentfeed.users")
    add = "SELECT consentfeed.add_user(%s, 'admin', 'hash', NULL)"
    elsewhere.run(add, "Isik.INCI@example.com")
    for spelling in ("isik.inci@example.com", "ISIK.INCI@EXAMPLE.COM", "Isik.Inci@Example.Com"):
        with pytest.raises(psycopg.errors.UniqueViolation):
            elsewhere.run(add, spelling)
        assert elsewhere.run("SELECT email FROM consentfeed.find_user(%s)", spelling) == [("Isik.INCI@example.com",)]
        assert len(elsewhere.run("SELECT * FROM consentfeed.list_users(%s, NULL, NULL, 9)", spelling)) == 1
    elsewhere.run(add, "zoe@example.com")
    (first,) = elsewhere.run("SELECT email, id FROM consentfeed.list_users(NULL, NULL, NULL, 1)")
    (second,) = elsewhere.run("SELECT email FROM consentfeed.list_users(NULL, %s, %s, 9)", *first)
    assert (first[0], second[0]) == ("isik.inci@example.com", "zoe@example.com")
    elsewhere.run("UPDATE consentfeed.users SET email = 'Other@example.com', email_key = 'x' WHERE email LIKE 'zoe%%'")
    assert elsewhere.run("SELECT consentfeed.disable_user('OTHER@example.com')") == [(True,)]


def test_no_text_is_folded_by_the_locale_of_a_database() -> None:
    """lower() and upper() ask it, unless they are told a collation."""
    for file in sql_files.SQL.rglob("*.sql"):
        if file.name != "demo.sql":
            text = re.sub(r"--.*", "", file.read_text())
            calls = re.findall(r"\b(?:lower|upper|initcap)\((?:[^()]|\([^()]*\))*\)", text)
            assert not [call for call in calls if 'COLLATE "C"' not in call and 'COLLATE pg_catalog."C"' not in call], (
                file
            )
