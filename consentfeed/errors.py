"""What can go wrong, once: each code of PROBLEMS is a problem type of the API (RFC 9457).

ConsentfeedError
├── Problem             an answer to the client, by its code in PROBLEMS
├── DatabaseAway        PostgreSQL cannot be reached, or will not answer in time
├── Busy                another transaction held what was needed for too long; nothing was written
├── OutcomeUnknown      the connection broke while a commit was under way
└── StatementFailed     PostgreSQL refused a statement; nothing was written
"""

from typing import Final

# code: (HTTP status, title). Codes that SQL functions return stand here under the same name.
PROBLEMS: Final[dict[str, tuple[int, str]]] = {
    "bad-json": (400, "The body is not valid JSON"),
    "bad-request": (400, "The request cannot be understood"),
    "signed-out": (401, "Sign in first"),
    "wrong-password": (401, "E-mail address or password is wrong"),
    "forbidden": (403, "Your role may not do this"),
    "foreign-origin": (403, "The request comes from another site"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not offered here"),
    "notice-superseded": (409, "The notice is no longer in force"),
    "no-notice": (409, "No notice is published for this purpose"),
    "notice-published": (409, "The notice is published, and changes no more"),
    "no-draft": (409, "There is no draft of this version"),
    "taken": (409, "There is an account for this already"),
    "own-account": (409, "Nobody takes away their own access"),
    "last-admin": (409, "One admin must be left"),
    "customer-account": (409, "A customer's account stays a customer's"),
    "place-lost": (410, "The place to continue from is not in this log"),
    "stale": (412, "The consent has changed since you read it"),
    "body-too-large": (413, "The body is too large"),
    "invalid": (422, "The request is not valid"),
    "reason-required": (422, "A reason with a code is required"),
    "key-reused": (422, "The idempotency key was used for another request"),
    "no-such-language": (422, "The notice is not published in this language"),
    "internal": (500, "Something went wrong here"),
    "database-away": (503, "The database cannot be reached"),
    "outcome-unknown": (503, "It is not known whether the change was made"),
    "overloaded": (503, "Too much is waiting"),
    "busy": (503, "Another transaction holds what this needs"),
    "draining": (503, "This node is shutting down"),
}

# Seconds after which a client may try again; revocations wait no longer than grants.
RETRY_AFTER: Final[dict[str, int]] = {
    "database-away": 2,
    "outcome-unknown": 2,
    "overloaded": 1,
    "busy": 5,
    "draining": 1,
}


class ConsentfeedError(Exception):
    """Base of all errors of this package."""


class Problem(ConsentfeedError):
    """An answer that is not a success; code is one of PROBLEMS, members extend the problem object."""

    def __init__(self, code: str, detail: str = "", **members: object) -> None:
        super().__init__(code, detail)
        self.code = code
        self.status, self.title = PROBLEMS[code]
        self.detail = detail
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


class DatabaseAway(ConsentfeedError):
    """PostgreSQL cannot be reached, or does not answer in time; nothing was written."""


class Busy(ConsentfeedError):
    """Another transaction held what was needed for too long; nothing was written."""


class OutcomeUnknown(ConsentfeedError):
    """The connection broke while a commit was under way: it may have happened, or not."""


class StatementFailed(ConsentfeedError):
    """PostgreSQL refused the statement and rolled it back; sqlstate says why."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
