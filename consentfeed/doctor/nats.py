"""The check of NATS; it answers one finding."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from consentfeed.doctor.finding import Finding, graded, ok, problem, warning
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.postgres.relay import RelayState
from consentfeed.settings import Settings

if TYPE_CHECKING:
    from consentfeed.relay.look import StreamLook

# Above the first it is a warning, above the second a problem.
_BEHIND: Final = (1000, 100_000)
# With two copies the stream stops when either of them is away.
_COPIES: Final = 3
_GRAVE: Final = frozenset({"foreign", "newer", "no-jetstream", "tls", "locked-out", "denied"})


async def nats(target: DatabaseTarget) -> Finding:
    """Whether NATS answers, and its stream is this log's, whole and up to date."""
    settings = target.settings
    if settings is None or settings.nats_url is None:
        return ok("CONSENTFEED_NATS_URL is not set: nodes read PostgreSQL")
    if find_spec("nats") is None:
        return problem("nats-py is not installed", "pip install 'consentfeed[nats]'.")
    return await _looked_at(target, settings)


async def _looked_at(target: DatabaseTarget, settings: Settings) -> Finding:
    from consentfeed.relay.look import look  # noqa: PLC0415 - the library is an extra
    from consentfeed.relay.trouble import Trouble  # noqa: PLC0415

    relay = target.database.relay
    state = await relay.state()
    try:
        return _finding(await look(settings, settings.secret, await relay.origin()), state)
    except Trouble as error:
        seen, _, cure = str(error).partition(": ")
        cure = f"{cure or 'look into the log of NATS'}. Until then nodes read PostgreSQL."
        return (problem if error.code in _GRAVE else warning)(seen, cure[:1].upper() + cure[1:])


def _finding(found: StreamLook | None, state: RelayState) -> Finding:
    if found is None or not state.is_held:
        seen = "there is no stream yet" if found is None else "no node relays"
        return warning(seen, "See that a node runs with CONSENTFEED_NATS_URL; its log says why it cannot relay.")
    seen = f"the stream has events {found.first} to {found.last} of {state.head}"
    if found.current < found.copies:
        return warning(
            f"{seen}; {found.current} of its {found.copies} copies are up to date", "Start all NATS servers."
        )
    if found.copies < _COPIES <= found.servers:
        cure = "Set CONSENTFEED_NATS_REPLICAS to 3: then the stream outlives any one of them."
        return warning(f"{seen}; {found.copies} of {found.servers} servers keep it", cure)
    cure = "Look for `cannot relay now` in the log of the node that relays."
    return graded(state.head - found.last, _BEHIND, f"{seen}, on {found.copies} of {found.servers} servers", cure)
