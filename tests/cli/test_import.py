"""`consentfeed import`: any usual CSV comes in with a report; a damaged one not at all; and broken off it goes on."""

import csv
import json
import random
import signal
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.command import Result, Run, ended, refused
from tests.support.database import Sql
from tests.support.http_server import http_server
from tests.support.process import CONSENTFEED, process
from tests.support.tokens import bearer
from tests.support.waiting import wait_until

HEADER = "reference,name,msisdn,purpose,channel,status,decided_at"
AT = "2022-03-01T09:00:00Z"


@pytest.fixture
def imported(run: Run, url: str, tmp_path: Path) -> Any:
    """Imports a file with this content; further words are options."""

    def go(content: str | bytes, *options: str, encoding: str = "utf-8", **settings: str) -> Result:
        raw = content.encode(encoding) if isinstance(content, str) else content
        (tmp_path / "rows.csv").write_bytes(raw)
        return run("import", "rows.csv", *options, "--url", url, "--token", bearer("service"), **settings)

    return go


def reference() -> str:
    return f"F-{uuid4().hex[:10]}"


def line(whose: str, /, **more: str) -> str:
    values = {
        "reference": whose, "name": "From A File", "msisdn": "", "purpose": "marketing", "channel": "sms",
        "status": "granted", "decided_at": AT, **more,
    }  # fmt: skip
    return ",".join(values.values())


def text(*lines: str, header: str = HEADER) -> str:
    return "\r\n".join([header, *lines, ""])


def known(database: Sql, name: str) -> tuple[Any, ...]:
    rows = database.run(
        "SELECT u.name, u.msisdn, c.status, c.granted_at::text, c.reason_code, c.reason_reference"
        " FROM consentfeed.customers AS u JOIN consentfeed.consents AS c ON c.customer_id = u.id"
        " WHERE u.reference = %s AND (c.purpose, c.channel) = ('marketing', 'sms')",
        name,
    )
    return rows[0] if rows else ()


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_any_usual_delimiter_and_encoding(imported: Any, shared_database: Sql, delimiter: str, encoding: str) -> None:
    name = reference()
    content = text(line(name, name="නිමල්", msisdn="077 123 4567")).replace(",", delimiter)
    if encoding.endswith("-bom"):
        content, encoding = f"\ufeff{content}", encoding.removesuffix("-bom")
    result = imported(content, encoding=encoding)
    assert (result.status, result.out.split()) == (0, ["recorded", "1"]), result
    found = known(shared_database, name)
    assert found[:4] == ("නිමල්", "+94771234567", "granted", "2022-03-01 09:00:00+00")
    assert found[4].startswith("file-")
    assert found[5] == "row 1"


def test_columns_are_mapped_and_times_get_their_zone(imported: Any, shared_database: Sql) -> None:
    names = [reference() for _ in range(4)]
    rows = [
        f'{names[0]};"Quoted; Name\n of two lines";0771234567;GRANTED;2022-03-01 14:30:00;x',
        f"{names[1]};'=Formula A;+94 77 123 4567;granted;2022-03-01T14:30:00+05:30;x",
        f"{names[2]};Third;'+94771234567;granted;2022-03-01;x",
        f"{names[3]};Fourth;;;;x",
    ]
    content = "Account;Customer name;Phone;Answer;When;Remarks\n" + "\n".join(rows)
    maps = {
        "Account": "reference",
        "Customer name": "name",
        "Phone": "msisdn",
        "Answer": "status",
        "When": "decided_at",
    }
    options = [word for pair in maps.items() for word in ("--map", "=".join(pair))]
    fixed = ["--set", "purpose=marketing", "--set", "channel=sms", "--source", "crm-2026", "--zone", "Asia/Colombo"]
    result = imported(content, *options, *fixed)
    assert "Remarks" in result.err
    # A name on two lines is refused where customers are registered, too.
    assert (result.status, result.out.split()[:6]) == (1, ["recorded", "2", "skipped", "1", "invalid", "1"]), result
    assert known(shared_database, names[1])[:2] == ("=Formula A", "+94771234567")
    assert known(shared_database, names[1])[3:] == ("2022-03-01 09:00:00+00", "crm-2026", "row 2")
    assert known(shared_database, names[2])[1::2][:2] == ("+94771234567", "2022-02-28 18:30:00+00")
    result = imported(
        text(line(names[3], decided_at="03/01/2022 09:00")), "--time-format", "%m/%d/%Y %H:%M", "--zone", "UTC"
    )
    assert known(shared_database, names[3])[3] == "2022-03-01 09:00:00+00"


def test_rows_that_are_not_recorded_are_reported_and_stop_no_other(
    imported: Any, shared_database: Sql, tmp_path: Path
) -> None:
    names = [reference() for _ in range(4)]
    rows = [
        line(names[0]), line(names[0]), line(names[0], decided_at="2021-01-01T00:00:00Z"), line(names[1], status=""),
        line(names[2], msisdn="9.47713E+10"), line("9.47713E+10"), line(names[2], decided_at="2022-03-01 09:00:00"),
        line(names[2], purpose="nothing"), line(names[2], decided_at="2999-01-01T00:00:00Z"), line(""), line(names[3]),
    ]  # fmt: skip
    result = imported(text(*rows), "--report", "report.csv")
    assert result.status == 1
    assert result.out.split("\n")[0].split() == ["recorded", "2"]
    assert "6 of 11 rows" in result.err
    found = list(csv.DictReader((tmp_path / "report.csv").read_text().splitlines()))
    assert [(one["row"], one["line"], one["outcome"]) for one in found] == [
        ("2", "3", "unchanged"), ("3", "4", "superseded"), ("4", "5", "skipped"), ("5", "6", "invalid"),
        ("6", "7", "invalid"), ("7", "8", "invalid"), ("8", "9", "invalid"), ("9", "10", "invalid"),
        ("10", "11", "invalid"),
    ]  # fmt: skip
    details = " ".join(one["detail"] for one in found)
    for word in ("msisdn", "reference", "decided_at", "purpose", "future", "id or reference"):
        assert word in details
    assert known(shared_database, names[2]) == ()
    assert known(shared_database, names[3])


QUOTED = '"never closed'
DAMAGED = {
    "no rows at all": ("", "header"),
    "a column twice": (text(line("x"), header=HEADER.replace("name", "reference")), "twice"),
    "a wrong delimiter": (text(line("x")).replace(",", "^"), "--delimiter"),
    "a column is missing": (text(line("x"), header=HEADER.replace("status", "state")), "status"),
    "a row too long": (text(line("x"), line("y") + ",more"), "line 3 has 8 cells"),
    "a row too short": (text(line("x"), "y,z"), "line 3 has 2 cells"),
    "a quote never closes": (text(line("x"), line("y", name=QUOTED), line("z")), "never closes"),
    "a quote never closes in a long file": (text(line("x", name=QUOTED), *[line("z")] * 5000), "never closes"),
    "a letter behind a quote": (text(line("x", name='"a"b')), "no CSV"),
    "a NUL": (text(line("x"), line("y", name="a\0b")), "line 3 holds a NUL"),
    "UTF-16 without its mark": (text(line("x")).encode("utf-16-le"), "UTF-16 without its mark"),
    "Latin-1": (text(line("x", name="é")).encode("latin-1"), "UTF-8"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_of_a_damaged_file_nothing_is_sent(imported: Any, shared_database: Sql, tmp_path: Path, what: str) -> None:
    content, word = DAMAGED[what]
    before = shared_database.run("SELECT count(*) FROM consentfeed.customers"), shared_database.head()
    assert refused(imported(content, "--report", "report.csv"), word)
    assert (shared_database.run("SELECT count(*) FROM consentfeed.customers"), shared_database.head()) == before
    assert not (tmp_path / "report.csv").exists()


@pytest.mark.parametrize(
    "options",
    [["--map", "x"], ["--map", "x=nothing"], ["--set", "nothing=x"], ["--zone", "Mars"], ["--delimiter", ";;"]],
)
def test_options_that_cannot_be_meant(imported: Any, options: list[str]) -> None:
    result = imported(text(line("x")), *options)
    assert (result.status, result.out) == (2, "")
    assert options[0] in result.err


def test_mapping_what_is_not_there_or_twice(imported: Any) -> None:
    assert refused(imported(text(line("x")), "--map", "Account=reference"), "Account")
    assert refused(imported(text(line("x")), "--map", "name=reference"), "twice")
    assert refused(imported(text(line("x")), "--set", "purpose=news"), "twice")


def test_a_dry_run_says_what_would_happen_with_the_first_ten_and_keeps_nothing(
    imported: Any, shared_database: Sql
) -> None:
    names = [reference() for _ in range(12)]
    rows = [line(name) for name in names] + [line("x", purpose="nothing")]
    result = imported(text(*rows), "--dry-run")
    assert result.status == 1
    said = result.out.splitlines()
    assert said[0].split() == ["recorded", "12"]
    assert [one.strip() for one in said[1:11]] == [f"row {nth} (line {nth + 1})" for nth in range(1, 11)]
    assert said[11].split() == ["invalid", "1"]
    assert "$.purpose" in said[12]
    assert "would not be" in result.err
    assert known(shared_database, names[0]) == ()


def test_what_the_service_refuses_as_a_whole(run: Run, url: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text(line("x")))
    assert refused(run("import", "rows.csv", "--url", url, "--token", bearer("csr")), "403")
    assert refused(run("import", "none.csv", "--url", url, "--token", bearer("service")), "none.csv")
    wrong = ("import", "rows.csv", "--url", url, "--token", bearer("service"), "--source", "two words")
    assert refused(run(*wrong), "source")


def test_what_has_no_answer_is_sent_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text(*[line(str(nth)) for nth in range(1500)]))
    asked: list[int] = []

    def answer(request: Any) -> None:
        body = json.loads(request.rfile.read(int(request.headers["content-length"])))
        asked.append(body["first_row"])
        outcomes = json.dumps({"outcomes": [{"outcome": "recorded"}] * len(body["rows"])}).encode()
        if asked.count(body["first_row"]) == 1:
            return  # and the connection ends
        request.send_response(200)
        request.send_header("content-length", str(len(outcomes)))
        request.end_headers()
        request.wfile.write(outcomes)

    with http_server(answer) as url:
        result = run("import", "rows.csv", "--url", url, "--token", "x")
    assert (result.status, result.out.split()) == (0, ["recorded", "1500"])
    assert "trying again" in result.err
    assert sorted(asked) == [1, 1, 1001, 1001]


def made_up(rows: int, seed: int) -> str:
    """Several decisions of some consents, in no order, some of them again."""
    choose = random.Random(seed)
    lines = [
        line(
            f"K-{seed}-{choose.randrange(rows // 4)}", name=f"Person {choose.randrange(9)}",
            msisdn=choose.choice(["", "0771234567"]), channel=choose.choice(["sms", "email"]),
            status=choose.choice(["granted", "revoked", ""]),
            decided_at=f"20{choose.randrange(10, 26)}-05-01T00:00:00Z",
        )
        for _ in range(rows)
    ]  # fmt: skip
    return text(*lines)


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_killed_at_any_moment_and_started_again_it_ends_in_the_same_state(
    run: Run, url: str, shared_database: Sql, tmp_path: Path, kills: int
) -> None:
    """Compared with the last decision of each consent, computed here."""
    path, choose = tmp_path / "rows.csv", random.Random(kills)
    path.write_text(made_up(1500 * kills, kills))
    command = ("import", str(path), "--url", url, "--token", bearer("service"))
    counted = f"SELECT count(*) FROM consentfeed.customers WHERE reference LIKE 'K-{kills}-%%'"
    for _ in range(kills):
        before = (shared_database.head(), shared_database.value(counted))
        with process(*CONSENTFEED, *command) as running:

            def went_on(before: tuple[int, int] = before) -> bool:
                return (shared_database.head(), shared_database.value(counted)) != before

            wait_until(lambda: went_on() or running.poll() is not None, 30)
            time.sleep(choose.random() / 5)  # at any moment
            running.send_signal(signal.SIGKILL)
            running.wait()
    assert run(*command).status == 0
    last: dict[tuple[str, str], tuple[str, bool]] = {}
    for one in csv.DictReader(path.read_text().splitlines()):
        key = one["reference"], one["channel"]
        if one["status"]:
            last[key] = max(last.get(key, ("", False)), (one["decided_at"], one["status"] == "revoked"))
    found = shared_database.run(
        "SELECT u.reference, c.channel, to_char(coalesce(c.revoked_at, c.granted_at) AT TIME ZONE 'UTC',"
        " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), c.status = 'revoked'"
        " FROM consentfeed.consents AS c JOIN consentfeed.customers AS u ON u.id = c.customer_id"
        f" WHERE u.reference LIKE 'K-{kills}-%%' AND c.version > 0"
    )
    assert {(name, channel): (at, is_no) for name, channel, at, is_no in found} == last
    again = run(*command)
    assert again.status == 0
    assert "recorded" not in again.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_it_waits_for_an_answer(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "rows.csv").write_text(text(line("x")))
    asked: list[bool] = []

    def silent(request: Any) -> None:
        asked.append(True)
        request.rfile.read()

    command = ("import", "rows.csv", "--token", "x", "--report", "report.csv")
    with http_server(silent) as url, process(*CONSENTFEED, *command, "--url", url, cwd=tmp_path) as running:
        wait_until(lambda: asked, 30)
        ended(running, number, 128 + number)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
