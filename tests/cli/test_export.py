"""`consentfeed export`: all of it under its name, or nothing."""

import csv
import json
import signal
from pathlib import Path

import pytest

from tests.cli.command import Run, ended, refused
from tests.support.database import Sql
from tests.support.http_server import fixed, http_server
from tests.support.process import CONSENTFEED, process
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

CONSENT = b'{"id":"x"}\n'
NDJSON = "application/x-ndjson"


def test_it_writes_every_consent_to_a_file(run: Run, url: str, shared_database: Sql, tmp_path: Path) -> None:
    count = shared_database.value("SELECT count(*) FROM consentfeed.consents")
    result = run("export", "--url", url, "--token", bearer("service"), "-o", "all.ndjson")
    assert (result.status, result.out) == (0, "")
    assert f"{count} consents as of {shared_database.head_id()}" in result.err
    lines = [json.loads(line) for line in (tmp_path / "all.ndjson").read_text().splitlines()]
    assert lines[-1]["end"]["rows"] == len(lines) - 1 == count
    assert [path.name for path in tmp_path.iterdir()] == ["all.ndjson"]
    wanted = ["--format", "csv", "--purpose", "marketing", "--channel", "sms", "--channel", "email"]
    result = run("export", "--url", url, "--token", bearer("admin"), *wanted)
    assert result.status == 0
    rows = list(csv.DictReader(result.out.splitlines()))
    assert {row["channel"] for row in rows} == {"sms", "email"}
    assert {row["purpose"] for row in rows} == {"marketing"}


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (CONSENT, {}, "no end"),
        (CONSENT + b'{"end":{"rows":2,"position":"1-00000000"}}\n', {}, "no end that fits"),
        (b"", {}, "no end"),
        (CONSENT, {"Content-Length": "99"}, "not whole"),
        (CONSENT, {"Content-Type": "text/csv", "Content-Length": "99"}, "not whole"),
    ],
)
def test_what_is_not_whole_leaves_the_file_that_was_there(
    run: Run, tmp_path: Path, body: bytes, headers: dict[str, str], words: str
) -> None:
    (tmp_path / "kept").write_text("as it was")
    form = "csv" if "Content-Type" in headers else "ndjson"
    answer = fixed(200, body, **{name.replace("-", "_"): value for name, value in headers.items()})
    with http_server(answer) as url:
        assert refused(run("export", "--url", url, "--token", "x", "-o", "kept", "--format", form), words)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("kept", "as it was")]


def test_what_the_service_refuses_is_said(run: Run, url: str, tmp_path: Path) -> None:
    assert refused(run("export", "--url", url, "--token", bearer("csr"), "-o", "x"), "403", "service, admin")
    assert refused(run("export", "--url", "http://127.0.0.1:1", "--token", "x", "-o", "x"), "not whole")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    def stalled(request: object) -> None:
        fixed(200, CONSENT * 9000, Content_Length="999999")(request)  # type: ignore[arg-type]
        request.rfile.read(1)  # type: ignore[attr-defined]

    command = ("export", "--token", "x", "-o", "half")
    with (
        http_server(stalled) as url,
        process(*CONSENTFEED, *command, "--url", url, cwd=tmp_path) as running,
    ):
        wait_until(lambda: list(tmp_path.iterdir()), 30)
        assert ended(running, number, 128 + number) == ""
    assert not list(tmp_path.iterdir())
