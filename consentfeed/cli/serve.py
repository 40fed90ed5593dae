"""`consentfeed serve`: the service, in production."""

import sys

import click

from consentfeed import settings
from consentfeed.node import serve as node
from consentfeed.node.worker import Place


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Processes that share the port.")
@click.option("--worker", hidden=True, help="The place of one of them; their supervisor gives it.")
def serve(host: str | None, port: int | None, workers: int | None, worker: str | None) -> None:
    """The service, in production: needs CONSENTFEED_DATABASE_URL and CONSENTFEED_SECRET."""
    options = settings.load(host=host, port=port, workers=workers)
    if worker:
        sys.exit(node.serve_as_worker(options, Place.read(worker)))
    if options.workers:
        sys.exit(node.serve_by_workers(options, ["--host", options.host, "--port", str(options.port)]))
    sys.exit(node.serve(options))
