"""What a server of NATS does not let this user do. It says so beside all answers: what was asked for gets none."""

import re
from typing import Final

import nats.errors

from consentfeed.relay.trouble import Trouble

# As nats-py says it: what a server answers, in small letters.
_REFUSAL: Final = re.compile(r'permissions violation for (publish|subscri)\w* to "([^"]+)"')
# Of JetStream's API all words but the last are in capitals, which is the name of the stream.
_API: Final = "$js."
# Nobody waits for an answer to it.
_UNANSWERED: Final = "publish consentfeed.relay"
_KEPT: Final = 20


class Refusals:
    """The newest of them, such as "publish consentfeed.relay"."""

    def __init__(self) -> None:
        self.newest: list[str] = []

    def note(self, error: Exception) -> str:
        """What an error of the library says that is refused; empty where it says something else."""
        match = _REFUSAL.search(str(error)) if isinstance(error, nats.errors.Error) else None
        if match is None:
            return ""
        refused = f"{'publish' if match[1] == 'publish' else 'subscribe'} {_with_capitals(match[2])}"
        self.newest = [*self.newest[-_KEPT:], refused]
        return refused

    def explain(self, error: Trouble) -> Trouble:
        """The same, or what was refused since the last time, if that is why there was no answer."""
        refused = [one for one in self.newest if one != _UNANSWERED]
        self.newest = []
        return Trouble("denied", refused[-1]) if refused and error.code in ("away", "unanswered") else error


def _with_capitals(subject: str) -> str:
    api, _, stream = subject.rpartition(".")
    return f"{api.upper()}.{stream}" if subject.startswith(_API) else subject
