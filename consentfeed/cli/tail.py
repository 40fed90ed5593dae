"""`consentfeed tail`: follows the feed in a terminal. Events and resets are results; the connection's fate is not."""

import json
from typing import Any

import click

from consentfeed import settings
from consentfeed.cli import terminal
from consentfeed.client import Message, Refused, follow


@click.command()
@click.option("--url", default="http://127.0.0.1:3001", show_default=True, help="Where the service is.")
@click.option("--token", help="A bearer token, as `token` prints; on a shared machine rather CONSENTFEED_TOKEN.")
@click.option("--after", help="Event id to go on from; 0-00000000 for everything.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def tail(url: str, token: str | None, after: str | None, as_json: bool) -> None:
    """Follows the feed; survives restarts of the server."""
    loaded = settings.load(token=token)
    settings.require(loaded, "token")
    terminal.end_with_reader()
    for message in follow(url, loaded.token or "", after, terminal.note):
        data = _data(message)
        if as_json:
            terminal.result_json({"id": message.id, "event": message.event, "data": data})
        else:
            terminal.result(_line(message, data))


def _data(message: Message) -> dict[str, Any]:
    try:
        data = json.loads(message.data)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Refused(f"this is no consentfeed: the data of its event {message.event} is no JSON object")
    return data


def _line(message: Message, data: dict[str, Any]) -> str:
    try:
        consent, actor = data["consent"], data["actor"]
        return (
            f"{data['timestamp']}  {message.id}  {data['type']:<7}  {consent['purpose']}/{consent['channel']}"
            f"  customer {consent['customer_id']}  by {actor['kind']}"
        )
    except (LookupError, TypeError, ValueError):  # a reset, or an event of another kind: no word of what it is about
        reason = data.get("reason")
        return f"{message.id}  {message.event}" + (f"  {reason}" if isinstance(reason, str) else "")
