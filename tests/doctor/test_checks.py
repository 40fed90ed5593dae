"""All checks of the doctor, on a deployment that is well and where the database lets nobody in."""

from urllib.parse import urlsplit, urlunsplit

from consentfeed.doctor.checks import OF_THE_DATABASE, OF_THE_URL
from tests.doctor.examined import bad, examined, own_cluster
from tests.support.database import Sql, with_login
from tests.support.ports import free_port


def test_a_database_that_is_well_has_no_finding_and_a_standby_is_one() -> None:
    with own_cluster() as (server, database):
        findings = examined(database.app_url)
        assert [*findings] == [*OF_THE_DATABASE, *OF_THE_URL]
        for name in OF_THE_DATABASE:
            assert (findings[name].severity, findings[name].cure) == ("ok", ""), (name, findings[name])
        for name in OF_THE_URL:
            bad(findings[name], "warning", "--url")
        # As a standby that has nobody to follow.
        server.stop()
        server.follow()
        server.start()
        findings = examined(database.app_url)
        bad(findings["standby"], "problem", "standby", "primary")
        bad(findings["listen"], "problem", "LISTEN")
        assert findings["chain"].severity == findings["rights"].severity == "ok"


def test_a_database_that_is_away_or_lets_nobody_in_is_the_only_finding_of_it(database: Sql) -> None:
    closed = f"postgresql://consentfeed_app@127.0.0.1:{free_port()}/none"
    findings = examined(closed)
    assert [*findings] == ["connection", *OF_THE_URL]
    bad(findings["connection"], "problem", "cannot be reached", "CONSENTFEED_DATABASE_URL")
    parts = urlsplit(database.app_url)
    nowhere = urlunsplit(parts._replace(path="/not_there"))
    bad(examined(nowhere)["connection"], "problem", "3D000", "no such database")
    wrong = with_login(database.app_url, "consentfeed_app", "not it", parts.path[1:])
    bad(examined(wrong)["connection"], "problem", "28P01", "password")
