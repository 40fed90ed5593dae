"""Installing with psql alone, as sql/README.md says: the same schema, and migrate adopts it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from consentfeed.embedded import server as embedded
from consentfeed.postgres import migrations, sql_files
from tests.support.database import Sql, new_database
from tests.support.seed import CUSTOMER
from tests.support.sql import catalog


@pytest.fixture
def empty(database: Sql) -> Iterator[str]:
    """The owner's URL of an empty database."""
    with new_database(database.admin_url) as empty:
        yield empty.url


def psql() -> str | None:
    beside = embedded.find_binaries() / "psql"
    return str(beside) if beside.exists() else shutil.which("psql")


def loop_of_the_readme(sql_folder: Path) -> str:
    (loop,) = re.findall(r"```sh\n(.*?)```", (sql_folder / "README.md").read_text(), re.DOTALL)
    return str(loop)


def test_installed_with_psql_alone_file_by_file_it_is_the_same_and_migrate_adopts_it(
    empty: str, database: Sql, sql_folder: Path
) -> None:
    if found := psql():
        path = f"{Path(found).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "OWNER_URL": empty}
        subprocess.run(["sh", "-c", loop_of_the_readme(sql_folder)], check=True, cwd=sql_folder, env=environment)
    else:
        for file in sql_files.files():
            Sql.run_as(empty, file.text)
    assert catalog(empty) == catalog(database.url)
    assert {row[0] for row in Sql.run_as(empty, "SELECT checksum FROM consentfeed.migrations")} == {None}
    log = Sql.run_as(empty, "SELECT * FROM consentfeed.events")
    migrations.migrate(empty)
    assert catalog(empty) == catalog(database.url)
    assert Sql.run_as(empty, "SELECT * FROM consentfeed.events") == log
    marks = "SELECT name, checksum FROM consentfeed.migrations ORDER BY name"
    assert Sql.run_as(empty, marks) == database.run(marks)
    assert migrations.migrate(empty) == migrations.Done([], [], [], by_superuser=False)


def test_installed_with_install_sql_it_is_the_same(empty: str, database: Sql, sql_folder: Path) -> None:
    found = psql()
    if found is None:
        pytest.skip("no psql here")
    command = [found, empty, "-qAt", "-v", "ON_ERROR_STOP=1", "-1", "-f", str(sql_folder / "install.sql")]
    subprocess.run(command, check=True, capture_output=True)
    assert catalog(empty) == catalog(database.url)


def test_the_loop_of_the_readme_takes_the_files_of_install_sql(sql_folder: Path, tmp_path: Path) -> None:
    stand_in = tmp_path / "psql"
    stand_in.write_text('#!/bin/sh\nfor last in "$@"; do :; done\necho "$last"\n')
    stand_in.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "OWNER_URL": "none"}
    command = ["sh", "-c", loop_of_the_readme(sql_folder)]
    typed = subprocess.run(command, check=True, cwd=sql_folder, env=environment, capture_output=True, text=True)
    assert typed.stdout.splitlines() == [file.name for file in sql_files.files()]


def test_install_sql_and_the_folder_agree(sql_folder: Path) -> None:
    listed = [file.name for file in sql_files.files()]
    assert len(listed) == len(set(listed))
    found = {str(path.relative_to(sql_folder)) for path in sql_folder.rglob("*.sql")}
    assert found - {"install.sql", "demo.sql"} == {*listed}
    names = [name for name in listed if name.startswith("migrations/")]
    assert names == listed[: len(names)]
    for number, name in enumerate(names, 1):
        assert re.fullmatch(rf"migrations/{number:04}(_[a-z]+)+\.sql", name)
        mark = f"INSERT INTO consentfeed.migrations (name) VALUES ('{Path(name).stem}');"
        assert mark in (sql_folder / name).read_text()


def test_the_everyday_questions_of_the_readme_are_answered(database: Sql, sql_folder: Path) -> None:
    database.run("UPDATE consentfeed.consents SET status = 'granted'")
    database.run(
        "INSERT INTO consentfeed.access_trail (actor, actor_role, action, customers, filters, rows)"
        " SELECT id, role, 'read-customer', ARRAY[%s::uuid], '{}', 1 FROM consentfeed.users WHERE role = 'csr'",
        CUSTOMER,
    )
    blocks = re.findall(r"```sql\n(.*?)```", (sql_folder / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 13
    answers = [Sql.run_as(database.url, block) for block in blocks]
    assert [row[1] for row in answers[1]] == ["granted"]
    assert [row[1:4] for row in answers[-1]] == [("csr@example.com", "csr", "read-customer")]
    revoked = "SELECT purpose, count(*) FROM consentfeed.consents WHERE status = 'revoked' GROUP BY 1 ORDER BY 1"
    assert database.run(revoked) == [("marketing", 2), ("surveys", 2)], "one customer's, and in batches everybody's"
    assert database.run("SELECT max(version) FROM consentfeed.notices WHERE published_at IS NOT NULL") == [(2,)]
    assert len(database.consents(CUSTOMER)) == 5
    assert database.verify() == []


def test_no_literal_has_a_backslash(sql_folder: Path) -> None:
    # With standard_conforming_strings off, of whoever fires a trigger or installs with psql, it would be another text.
    code = {file.name: re.sub(r"--.*", "", file.text) for file in sql_files.files()}
    assert not [name for name, text in code.items() if "\\" in text]
