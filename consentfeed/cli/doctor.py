"""`consentfeed doctor`: looks at a deployment from where it is run, and says what is wrong and what to do."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import click
import msgspec

from consentfeed.cli import deployment, terminal
from consentfeed.cli.deployment import DATA_DIR
from consentfeed.client import bearer, service_url
from consentfeed.doctor.checks import examine
from consentfeed.doctor.finding import Finding
from consentfeed.doctor.target import UrlTarget
from consentfeed.identity import tokens
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.node import checkpoint_files
from consentfeed.permissions import READ_FEED
from consentfeed.settings import Settings

_NOBODY: Final = "doctor@token.invalid"


@click.command()
@click.option("--url", help="Where clients find the service, such as https://consents.example.com.")
@click.option(
    "--token",
    help="A bearer token for the stream, or CONSENTFEED_TOKEN; else one is made with the secret.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@DATA_DIR
def doctor(url: str | None, token: str | None, as_json: bool, data_dir: str | None) -> None:
    """Looks for what is wrong with a deployment, and says what to do; exit status 1 where there is a problem."""
    settings = deployment.load(data_dir, "database_url")
    findings = asyncio.run(examine(settings, _entrance(url, token, settings), _signed(settings)))
    if as_json:
        terminal.result_json({"healthy": _healthy(findings), "findings": _rows(findings)})
    else:
        _print(findings)
    sys.exit(0 if _healthy(findings) else 1)


def _entrance(url: str | None, token: str | None, settings: Settings) -> UrlTarget | None:
    """Where clients come in, where that is known, and the token to look at it with. Raises Refused."""
    token = token if token is not None else settings.token
    if token is not None:
        bearer(token)
    url = url if url is not None else settings.public_url
    return UrlTarget(service_url(url), token or _token_for_a_minute(settings)) if url is not None else None


def _signed(settings: Settings) -> Checkpoint | None:
    """The newest checkpoint in the directory, where both that and a key are set."""
    signer, folder = checkpoint_files.signer(settings), checkpoint_files.folder(settings)
    return checkpoint_files.newest(folder, signer.key) if signer and folder else None


def _token_for_a_minute(settings: Settings) -> str | None:
    if settings.secret is None:
        return None
    return tokens.make_token(
        settings.secret, subject=tokens.subject_of("service", _NOBODY), email=_NOBODY, role="service",
        lifetime=timedelta(minutes=1), scopes=(READ_FEED,),
    )  # fmt: skip


def _healthy(findings: Mapping[str, Finding]) -> bool:
    return all(finding.severity != "problem" for finding in findings.values())


def _rows(findings: Mapping[str, Finding]) -> list[dict[str, str]]:
    return [{"check": name, **msgspec.structs.asdict(finding)} for name, finding in findings.items()]


def _print(findings: Mapping[str, Finding]) -> None:
    for name, finding in findings.items():
        terminal.result(f"{finding.severity:<8} {name:<14} {finding.seen}")
        if finding.cure:
            terminal.result(f"{'':<23} → {finding.cure}")
    severities = [finding.severity for finding in findings.values()]
    terminal.result(f"{severities.count('problem')} problems, {severities.count('warning')} warnings")
