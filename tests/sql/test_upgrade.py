"""pg_upgrade: the log, the guards and what is noted of them come along to a newer PostgreSQL."""

import pytest

from consentfeed.postgres import migrations
from tests.doctor.examined import look_at
from tests.sql.test_replication import programs
from tests.support.database import Sql, create_database, in_cluster, install, make_owner
from tests.support.postgres import Server
from tests.support.seed import OTHER, seed
from tests.support.sql import decide, decision


def test_everything_comes_along_and_goes_on() -> None:
    here = programs()
    able = [version for version, place in here.items() if (place / "pg_upgrade").is_file()]
    if not able:
        pytest.skip("no pg_upgrade here")
    oldest, newest = min(here), max(able)
    with Server.new({"fsync": "off"}, binaries=here[oldest]) as old:
        old.start()
        make_owner(old.url())
        database = create_database(old.url(), "consentfeed")
        install(database)
        with database.connect() as owner:
            seed(owner)
        first, second, *_ = database.consents()
        database.set(first, "granted")
        decide(database.app_url, decision(first, "revoke", note="by phone"), decision(second, "grant"))
        log = database.run("SELECT * FROM consentfeed.events ORDER BY seq")
        old.stop()
        with Server.new({"fsync": "off"}, binaries=here[newest]) as new:
            new.take_over(old)
            new.start()
            goes_on(in_cluster(new.url(), "consentfeed"), log)


def goes_on(database: Sql, log: object) -> None:
    """It is the same log, with nothing to mend, and takes decisions."""
    assert database.run("SELECT * FROM consentfeed.events ORDER BY seq") == log
    assert migrations.migrate(database.url) == migrations.Done([], [], [], by_superuser=False)
    for check in ("schema", "guards", "owner", "rights", "chain"):
        assert look_at(database.app_url, check).severity == "ok"
    decide(database.app_url, decision(database.consents(OTHER)[0], "grant"))
    assert database.head() == 4
    assert database.verify() == []
