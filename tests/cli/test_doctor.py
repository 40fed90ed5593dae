"""`consentfeed doctor`: what it prints, and how it ends. What it looks at is in tests/doctor."""

import json
import re

import httpx

from consentfeed.doctor.checks import OF_THE_DATABASE, OF_THE_URL
from tests.cli.command import Run
from tests.doctor.examined import own_cluster
from tests.support.database import APP_PASSWORD, Sql
from tests.support.node import RunningNode
from tests.support.tokens import SECRET, bearer
from tests.support.waiting import wait_until


def test_the_command_reports_each_check_and_ends_with_1_where_there_is_a_problem(
    run: Run, database: Sql, node: RunningNode
) -> None:
    wait_until(lambda: httpx.get(f"{node.url}/readyz").status_code == 200)
    settings = {"database_url": database.app_url, "secret": SECRET}
    result = run("doctor", "--json", "--url", node.url, **settings)
    report = json.loads(result.out)
    findings = {finding["check"]: finding for finding in report["findings"]}
    assert [*findings] == [*OF_THE_DATABASE, *OF_THE_URL]
    problems = {name for name, finding in findings.items() if finding["severity"] == "problem"}
    # The cluster of the tests is thrown away, and needs to survive no crash.
    assert problems <= {"durability"}
    assert (result.status, report["healthy"]) == ((1, False) if problems else (0, True))
    database.run("GRANT INSERT ON consentfeed.customers TO consentfeed_app")
    result = run("doctor", "--token", bearer("service"), public_url=node.url, database_url=database.app_url)
    assert result.status == 1
    assert re.search(r"^problem +rights +the role may INSERT consentfeed.customers\n +→ Connect as", result.out, re.M)
    assert re.search(r"^ok +stream +the first bytes", result.out, re.M)
    assert re.fullmatch(r"\d problems, \d warnings", result.out.splitlines()[-1])
    for secret in (SECRET, APP_PASSWORD, "Bearer"):
        assert secret not in result.out + result.err


def test_a_deployment_that_is_well_ends_with_0(run: Run) -> None:
    with own_cluster() as (_, database):
        result = run("doctor", "--json", database_url=database.app_url)
        assert (result.status, json.loads(result.out)["healthy"]) == (0, True), result
