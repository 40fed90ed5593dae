"""The public client library: other programs decide, check, take everything out, and follow the feed with it.

In: the URL of a service and a bearer token.
Out: plain dictionaries as the API has them (shapes.py), and events with the id to keep.
Always so: nothing else of this package is imported; following ends only by an error that the caller has to act on.
"""

from consentfeed.client.address import bearer, service_url
from consentfeed.client.async_client import AsyncClient
from consentfeed.client.client import Client
from consentfeed.client.errors import ClientError, NotWhole, PositionLost, ProblemError, Refused, Unavailable
from consentfeed.client.following import follow
from consentfeed.client.shapes import Answer, Consent, Decision, Event, Outcome, Question, Reason
from consentfeed.client.stream import Message

__all__ = [
    "Answer", "AsyncClient", "Client", "ClientError", "Consent", "Decision", "Event", "Message", "NotWhole", "Outcome",
    "PositionLost", "ProblemError", "Question", "Reason", "Refused", "Unavailable", "bearer", "follow", "service_url",
]  # fmt: skip
