"""`consentfeed tail`: follows the feed in a terminal."""

import json
import re

import click

from consentfeed import client, settings

# Control characters, what some take for the end of a line, and what turns the direction of a text.
_UNSHOWN = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@click.command()
@click.option("--url", default="http://127.0.0.1:3001", show_default=True, help="Where the service is.")
@click.option("--token", help="A bearer token, as `token` prints; on a shared machine rather CONSENTFEED_TOKEN.")
@click.option("--after", help="Event id to go on from; 0-00000000 for everything.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def tail(url: str, token: str | None, after: str | None, as_json: bool) -> None:
    """Follows the feed; survives restarts of the server."""
    loaded = settings.load(token=token)
    settings.require(loaded, "token")
    for message in client.follow(
        url, loaded.token or "", after, lambda text: click.echo(f"consentfeed: {text}", err=True)
    ):
        click.echo(_as_json(message) if as_json else _as_line(message))


def _as_json(message: client.Message) -> str:
    text = json.dumps({"id": message.id, "event": message.event, "data": json.loads(message.data)}, ensure_ascii=False)
    # Still the same JSON, but one line for everybody, with nothing that a terminal would obey.
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _as_line(message: client.Message) -> str:
    data = json.loads(message.data)
    if message.event != "consent-updated":
        return f"{message.id}  {message.event}  {message.data}"
    consent, actor = data["consent"], data["actor"]
    return (
        f"{data['timestamp']}  {message.id}  {data['type']:<7}  {consent['purpose']}/{consent['channel']}"
        f"  customer {consent['customer_id']}  by {actor['kind']}"
    )
