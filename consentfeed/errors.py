"""What can go wrong, once: each code of PROBLEMS is a problem type of the API (RFC 9457).

ConsentfeedError
├── Problem             an answer to the client, by its code in PROBLEMS
├── DatabaseAway        PostgreSQL cannot be reached, or will not answer in time
│   ├── NotAdmitted     it answers, and does not let us in
│   └── Crowded         too many others wait for it
├── Busy                another transaction held what was needed for too long; nothing was written
├── OutcomeUnknown      the connection broke while a commit was under way
├── StatementFailed     PostgreSQL refused a statement; nothing was written
├── TokenRefused        a token is not from who it says, not for us, or not good now
└── IssuerAway          the identity provider cannot be reached, or is not what it should be
"""

from typing import Final

# code: (HTTP status, title). Codes that SQL functions return stand here under the same name.
PROBLEMS: Final[dict[str, tuple[int, str]]] = {
    "bad-json": (400, "The body is not valid JSON"),
    "bad-request": (400, "The request cannot be understood"),
    "bad-logout-token": (400, "The logout token is not valid"),
    "signed-out": (401, "Sign in first"),
    "wrong-password": (401, "E-mail address or password is wrong"),
    "forbidden": (403, "Your role may not do this"),
    "no-role": (403, "The identity provider gives no role here"),
    "no-customer": (403, "No such customer is registered here"),
    "passwords-off": (403, "Signing in with a password is not offered here"),
    "foreign-origin": (403, "The request comes from another site"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not offered here"),
    "request-timeout": (408, "The request took too long to arrive"),
    "notice-superseded": (409, "The notice is no longer in force"),
    "no-notice": (409, "No notice is published for this purpose"),
    "notice-published": (409, "The notice is published, and changes no more"),
    "no-draft": (409, "There is no draft of this version"),
    "taken": (409, "There is an account for this already"),
    "own-account": (409, "Nobody takes away their own access"),
    "last-admin": (409, "One admin must be left"),
    "outside-account": (409, "The identity provider gives this account its role"),
    "customer-account": (409, "A customer's account stays a customer's"),
    "place-lost": (410, "The place to continue from is not in this log"),
    "stale": (412, "The consent has changed since you read it"),
    "body-too-large": (413, "The body is too large"),
    "invalid": (422, "The request is not valid"),
    "reason-required": (422, "A reason with a code is required"),
    "key-reused": (422, "The idempotency key was used for another request"),
    "no-such-language": (422, "The notice is not published in this language"),
    "rate-limited": (429, "Too many requests"),
    "too-many-streams": (429, "Too many streams are open"),
    "headers-too-large": (431, "The request's line and headers are too large"),
    "internal": (500, "Something went wrong here"),
    "database-away": (503, "The database cannot be reached"),
    "outcome-unknown": (503, "It is not known whether the change was made"),
    "overloaded": (503, "Too much is waiting"),
    "busy": (503, "Another transaction holds what this needs"),
    "draining": (503, "This node is shutting down"),
    "issuer-away": (503, "The identity provider cannot be reached"),
}

# Seconds after which a client may try again; revocations wait no longer than grants.
RETRY_AFTER: Final[dict[str, int]] = {
    "database-away": 2,
    "outcome-unknown": 2,
    "overloaded": 1,
    "busy": 5,
    "draining": 1,
    "issuer-away": 5,
    "rate-limited": 1,
    "too-many-streams": 5,
}


class ConsentfeedError(Exception):
    """Base of all errors of this package."""


class Problem(ConsentfeedError):
    """An answer that is not a success; code is one of PROBLEMS, members extend the problem object. challenge is for
    WWW-Authenticate (RFC 6750)."""

    def __init__(
        self, code: str, detail: str = "", *, retry_after: int | None = None, challenge: str = "", **members: object
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.status, self.title = PROBLEMS[code]
        self.detail = detail
        self.retry_after = retry_after or RETRY_AFTER.get(code)
        self.challenge = challenge or ("Bearer" if self.status == 401 else "")
        self.members = members

    def as_dict(self) -> dict[str, object]:
        """The problem object, for a body or for one outcome among many."""
        problem: dict[str, object] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            problem["detail"] = self.detail
        return problem | self.members


class TokenRefused(ConsentfeedError):
    """A token is not from who it says, not for us, or not good now; the message says why, and quotes nothing."""

    def problem(self) -> Problem:
        """The answer to whoever has sent it as a bearer token."""
        return Problem("signed-out", f"The token is not good. {self}", challenge='Bearer error="invalid_token"')


class IssuerAway(ConsentfeedError):
    """The identity provider cannot be reached, or does not say what it should."""


class DatabaseAway(ConsentfeedError):
    """PostgreSQL cannot be reached, or does not answer in time; nothing was written."""


class NotAdmitted(DatabaseAway):
    """PostgreSQL answers, and does not let us in; sqlstate says why."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


class Crowded(DatabaseAway):
    """PostgreSQL was not even asked: too many others wait for it."""


class Busy(ConsentfeedError):
    """Another transaction held what was needed for too long; nothing was written."""


class OutcomeUnknown(ConsentfeedError):
    """The connection broke while a commit was under way: it may have happened, or not."""


class StatementFailed(ConsentfeedError):
    """PostgreSQL refused the statement and rolled it back; sqlstate says why."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
