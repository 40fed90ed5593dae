"""What can be the matter with NATS: a code for the metrics, and a sentence that says what to do."""

import asyncio
import ssl
from typing import Final

import nats.errors
import nats.js.errors

from consentfeed.errors import ConsentfeedError

ADVICE: Final = {
    "away": "NATS does not answer: see that its servers run, and that CONSENTFEED_NATS_URL leads to them",
    "tls": "the connection to NATS cannot be encrypted: its certificate has to be for the name in CONSENTFEED_NATS_URL,"
    " and of an authority that the machine trusts, or of that in CONSENTFEED_NATS_CA",
    "locked-out": "NATS does not let the service in: see to the name and password in CONSENTFEED_NATS_URL, or to"
    " CONSENTFEED_NATS_CREDENTIALS",
    "denied": "NATS lets the service in, and does not let it do all it has to: give its user the rights listed in"
    " docs/nats.md",
    "no-jetstream": "JetStream is off in NATS, or for this account: turn it on in the servers",
    "no-quorum": "JetStream has no leader: most of its servers have to run, and reach each other",
    "full": "JetStream has no room: raise its limits or free the disk, or lower CONSENTFEED_NATS_STREAM_BYTES",
    "unanswered": "JetStream does not say that it stores what it is sent: see the logs of its servers; where a disk is"
    " full, or was, make room and restart the server, which does not write before",
    "too-few-servers": "NATS has fewer servers than CONSENTFEED_NATS_REPLICAS: start more, or lower it",
    "foreign": "the stream in NATS is not of this deployment and is left alone: give this one an account of its own in"
    " NATS, or delete the stream if nobody needs it (nats stream rm)",
    "newer": "the stream is written by a newer version of consentfeed: upgrade this node",
    "lost": "the stream is gone, or has no leader now",
    "fenced": "another message than ours is the last of the stream",
    "refused": "NATS refused it",
}
# By JetStream's own numbers of errors.
_CODES: Final = {
    10005: "too-few-servers", 10074: "too-few-servers", 10008: "no-quorum", 10009: "no-quorum",
    10002: "full", 10023: "full", 10028: "full", 10047: "full", 10077: "full",
    10039: "no-jetstream", 10076: "no-jetstream",
    10158: "unanswered",  # the same message, sent before, is still on its way to the other servers
    10059: "lost", 10065: "foreign", 10058: "foreign", 10070: "fenced", 10071: "fenced",
}  # fmt: skip
_KINDS: Final = (
    (nats.js.errors.NoStreamResponseError, "lost"),
    (nats.errors.NoRespondersError, "no-jetstream"),
    (nats.errors.AuthorizationError, "locked-out"),
    (ssl.SSLError, "tls"),
)
_AWAY: Final = (
    nats.errors.TimeoutError, nats.errors.ConnectionClosedError, nats.errors.NoServersError,
    nats.errors.OutboundBufferLimitError, nats.errors.ConnectionReconnectingError, nats.errors.StaleConnectionError,
    asyncio.TimeoutError, OSError, RuntimeError, AssertionError, AttributeError,
)  # fmt: skip
# The library also lets through what asyncio, uvloop and its own assertions raise on a connection that is just closing.
ERRORS: Final = (
    nats.errors.Error, asyncio.TimeoutError, OSError, RuntimeError, AssertionError, AttributeError, ValueError,
)  # fmt: skip


def is_cancelled() -> bool:
    """Whether somebody has cancelled this task. The library cancels what waits for an answer when a connection closes,
    which looks the same, and would end a part of the node in silence."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Trouble(ConsentfeedError):
    """NATS cannot do what is needed now; code is one of ADVICE, the message says what to do."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{ADVICE[code]} ({detail})" if detail else ADVICE[code])
        self.code = code


def trouble(error: BaseException) -> Trouble:
    """What an error of the library means; nothing of a message or a URL is in it."""
    if code := next((code for kind, code in _KINDS if isinstance(error, kind)), ""):
        return Trouble(code)
    if isinstance(error, nats.js.errors.APIError):
        if error.err_code is None:
            return Trouble("no-jetstream")  # nobody listens to JetStream's subjects
        code = _CODES.get(error.err_code, "no-quorum" if error.code == 503 else "refused")
        return Trouble(code, f"JetStream's error {error.err_code}")
    if "authorization violation" in str(error).lower():  # where the server says so before it has let in anybody
        return Trouble("locked-out")
    is_away = isinstance(error, (*_AWAY, asyncio.CancelledError))
    return Trouble("away" if is_away else "refused", type(error).__name__)
