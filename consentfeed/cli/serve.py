"""`consentfeed serve`: the service, in production."""

import sys

import click

from consentfeed import settings
from consentfeed.node.serve import serve as run_node


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
def serve(host: str | None, port: int | None) -> None:
    """The service, in production: needs CONSENTFEED_DATABASE_URL and CONSENTFEED_SECRET."""
    sys.exit(run_node(settings.load(host=host, port=port)))
