"""What can go wrong: the problem types of the API (PROBLEMS; RFC 9457), and the exceptions of the package.

ConsentfeedError
├── Problem             an answer to the client, by its code in PROBLEMS
├── DatabaseAway        PostgreSQL cannot be reached, or will not answer in time
│   ├── NotAdmitted     it answers, and does not let us in
│   ├── Unguarded       it lets us in where changes would make no event
│   ├── ReadOnly        it takes no writes now
│   └── Crowded         too many others wait for it
├── Busy                another transaction held what was needed for too long; nothing was written
├── OutcomeUnknown      the connection broke while a commit was under way
├── StatementFailed     PostgreSQL refused a statement; nothing was written
├── EmptyLog            the log has not even its first row
├── TokenRefused        a token is not from who it says, not for us, or not good now
└── IssuerAway          the identity provider cannot be reached, or is not what it should be
"""

from typing import Final, NamedTuple


class ProblemType(NamedTuple):
    """What all answers of one problem type share.

    detail tells what to do, where the answer has nothing more exact to say. retry_after: seconds after which the same
    request may be sent again; None: it would fail again.
    """

    status: int
    title: str
    detail: str
    retry_after: int | None = None


# The codes that SQL functions return stand here under the same name. Clients know the codes: none changes its name.
PROBLEMS: Final[dict[str, ProblemType]] = {
    "bad-json": ProblemType(400, "The body is not valid JSON", "Send one JSON value, in UTF-8."),
    "bad-request": ProblemType(400, "The request cannot be understood", "Send a request as RFC 9112 describes it."),
    "bad-logout-token": ProblemType(
        400, "The logout token is not valid", "Send a logout token that was issued for this client within five minutes."
    ),
    "signed-out": ProblemType(401, "Sign in first", "Sign in, or send a bearer token that has not expired."),
    "wrong-password": ProblemType(401, "E-mail address or password is wrong", "Check both, and try again."),
    "forbidden": ProblemType(
        403, "Your role may not do this", "Use an account or a token whose role and scopes allow it."
    ),
    "no-role": ProblemType(
        403,
        "The identity provider gives no role here",
        "Have the provider's administrator give the account one of the roles of CONSENTFEED_ROLES.",
    ),
    "no-customer": ProblemType(
        403, "No such customer is registered here", "Register the customer first: PUT /api/v1/customers/{id}."
    ),
    "passwords-off": ProblemType(
        403, "Signing in with a password is not offered here", "Sign in by way of /api/v1/auth/sso."
    ),
    "account-disabled": ProblemType(403, "The account is disabled", "Ask an admin to enable it."),
    "wrong-old-password": ProblemType(
        403, "The old password is wrong", "Enter the password that you sign in with now."
    ),
    "foreign-origin": ProblemType(
        403, "The request comes from another site", "Send it from this site's own pages, or with a bearer token."
    ),
    "not-found": ProblemType(404, "There is nothing here", "Check the path, and the ids in it."),
    "method-not-allowed": ProblemType(
        405, "This method is not offered here", "Use one of the methods that the header Allow names."
    ),
    "request-timeout": ProblemType(
        408, "The request took too long to arrive", "Send it again, all of it without a pause."
    ),
    "notice-superseded": ProblemType(
        409, "The notice is no longer in force", "Show the customer the notice in force, and ask again."
    ),
    "not-offered": ProblemType(
        409, "The purpose is closed", "Nothing can be granted for it any more. What was granted can be revoked."
    ),
    "erased": ProblemType(
        409, "The customer was erased", "Register the person anew, under another id, if there is somebody to register."
    ),
    "no-notice": ProblemType(409, "No notice is published for this purpose", "Publish a notice of the purpose first."),
    "notice-published": ProblemType(
        409,
        "The notice is published, and changes no more",
        "Write a higher version: people may have agreed to this very text.",
    ),
    "no-draft": ProblemType(409, "There is no draft of this version", "Write the draft first, in each language."),
    "taken": ProblemType(
        409, "There is an account for this already", "Use another e-mail address, or change the account that has it."
    ),
    "too-many-webhooks": ProblemType(
        409, "There are as many webhooks as there may be", "Delete one that is not needed, or share one."
    ),
    "wrong-status": ProblemType(
        409,
        "The request is in a status in which this cannot be done",
        "Read the request again, and choose what its status allows.",
    ),
    "not-extendable": ProblemType(
        409,
        "The request cannot be extended",
        "It can be once, and before it is due: the customer has to know in time. Fulfil or refuse it.",
    ),
    "too-many-requests": ProblemType(
        409, "As many requests of this customer are open as may be", "Wait until one is answered, or cancel one."
    ),
    "too-many-holidays": ProblemType(409, "There are as many holidays as there may be", "Delete those of past years."),
    "reference-taken": ProblemType(
        409,
        "Another customer has this reference",
        "Look which of the two it belongs to: a reference names one customer.",
    ),
    "own-account": ProblemType(409, "Nobody takes away their own access", "Ask another admin to do it."),
    "last-admin": ProblemType(409, "One admin must be left", "Make somebody else an admin first."),
    "outside-account": ProblemType(
        409,
        "The identity provider gives this account its role",
        "Change the role at the identity provider; it counts from the next sign-in on.",
    ),
    "outside-password": ProblemType(
        409,
        "The identity provider keeps this account's password",
        "Change the password at the identity provider.",
    ),
    "no-password": ProblemType(
        409,
        "There is no password to change",
        "This account signs in without one. An admin can make a link to choose one.",
    ),
    "own-password": ProblemType(
        409,
        "One's own password is changed with the old one",
        "Use the page /account, or POST /api/v1/auth/password.",
    ),
    "customer-account": ProblemType(
        409,
        "A customer's account stays a customer's",
        "Add another account for the same person: the id of this one is the customer's own.",
    ),
    "link-gone": ProblemType(
        410,
        "The link cannot be used",
        "It was used, is older than 24 hours, or a newer one was made. Ask for another one.",
    ),
    "place-lost": ProblemType(
        410, "The place to continue from is not in this log", "Read the list again, and go on from its position."
    ),
    "not-kept": ProblemType(
        410, "The log that is kept begins later", "Ask for a later time: retention has dropped what was before."
    ),
    "stale": ProblemType(412, "It has changed since you read it", "Read it again, and decide on what it says now."),
    "body-too-large": ProblemType(413, "The body is too large", "Send less at once, in several requests."),
    "encoded-body": ProblemType(
        415, "The body is in an encoding that is not read here", "Send the body as it is, without Content-Encoding."
    ),
    "range-not-satisfiable": ProblemType(
        416, "The range is none of this file", "Ask for a range within the size that Content-Range names."
    ),
    "misdirected": ProblemType(
        421,
        "This host is not served here",
        "Use the service's own address; its operator sets it in CONSENTFEED_PUBLIC_URL.",
    ),
    "invalid": ProblemType(422, "The request is not valid", "Compare the request with /openapi.json."),
    "reason-required": ProblemType(
        422,
        "A reason with a code is required",
        'On a customer\'s behalf, say why: {"reason":{"code":"phone-call"}}.',
    ),
    "notice-required": ProblemType(
        422,
        "A grant on a customer's behalf names the notice",
        "Send notice_version: the version of the text that was read to the customer.",
    ),
    "no-such-assignee": ProblemType(
        422,
        "Nobody who could see to it has this id",
        "Assign it to an account of a CSR or an admin, to me, or to null.",
    ),
    "key-reused": ProblemType(
        422, "The idempotency key was used for another request", "Send another request with another Idempotency-Key."
    ),
    "no-such-language": ProblemType(
        422, "The notice is not published in this language", "Ask for a language that is listed with the purpose."
    ),
    "rate-limited": ProblemType(429, "Too many requests", "Wait as long as Retry-After says.", 1),
    "too-many-streams": ProblemType(429, "Too many streams are open", "Close one of them, or share one.", 5),
    "headers-too-large": ProblemType(
        431, "The request's line and headers are too large", "Send a shorter URL, and fewer or shorter headers."
    ),
    "internal": ProblemType(
        500, "Something went wrong here", "Try again. If it stays so, tell the operator: the service's log says why."
    ),
    "database-away": ProblemType(503, "The database cannot be reached", "Try again shortly.", 2),
    "read-only": ProblemType(503, "The database takes no writes now", "Try again shortly: its operator has to act.", 5),
    "outcome-unknown": ProblemType(
        503,
        "It is not known whether the change was made",
        "Send it again with the same Idempotency-Key to find out.",
        2,
    ),
    "overloaded": ProblemType(503, "Too much is waiting", "Try again shortly.", 1),
    "busy": ProblemType(503, "Another transaction holds what this needs", "Try again shortly.", 5),
    "draining": ProblemType(
        503, "This node is shutting down", "Send it again: another node, or this one after its restart, answers.", 1
    ),
    "issuer-away": ProblemType(
        503, "The identity provider cannot be reached", "Try again shortly: its keys are needed to verify the token.", 5
    ),
}


class ConsentfeedError(Exception):
    """Base of all errors of this package."""


class Problem(ConsentfeedError):
    """An answer that is not a success: code is one of PROBLEMS, detail is what to do ("": that of its type).

    members extend the problem object; challenge is for WWW-Authenticate (RFC 6750).
    """

    def __init__(
        self, code: str, detail: str = "", *, retry_after: int | None = None, challenge: str = "", **members: object
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        kind = PROBLEMS[code]
        self.status, self.title = kind.status, kind.title
        self.detail = detail or kind.detail
        self.retry_after = retry_after or kind.retry_after
        self.challenge = challenge or ("Bearer" if self.status == 401 else "")
        self.members = members

    def as_dict(self) -> dict[str, object]:
        """The problem object, for a body or for one outcome among many."""
        problem: dict[str, object] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return problem | self.members


class TokenRefused(ConsentfeedError):
    """A token is not from who it says, not for us, or not good now; the message says why, and quotes nothing."""

    def problem(self) -> Problem:
        """The answer to whoever has sent it as a bearer token."""
        detail = f"The token is not good. {self} Send another one."
        return Problem("signed-out", detail, challenge='Bearer error="invalid_token"')


class IssuerAway(ConsentfeedError):
    """The identity provider cannot be reached, or does not say what it should."""


class DatabaseAway(ConsentfeedError):
    """PostgreSQL cannot be reached, or does not answer in time; nothing was written. The message says why."""


class NotAdmitted(DatabaseAway):
    """PostgreSQL answers, and does not let us in; sqlstate and its own message say why."""

    def __init__(self, sqlstate: str, message: str = "") -> None:
        super().__init__(_named(sqlstate, message))
        self.sqlstate = sqlstate


class Unguarded(DatabaseAway):
    """PostgreSQL lets us in, but changes would make no event there; the message says why, and what to do."""


class ReadOnly(DatabaseAway):
    """PostgreSQL takes no writes now; nothing was written. The message says why."""


class Crowded(DatabaseAway):
    """PostgreSQL was not even asked: too many others wait for it."""


class Busy(ConsentfeedError):
    """Another transaction held what was needed for too long; nothing was written."""


class OutcomeUnknown(ConsentfeedError):
    """The connection broke while a commit was under way: it may have happened, or not."""


class EmptyLog(ConsentfeedError):
    """The log has not even its first row, which every log has: it was not restored, or not as a whole."""

    def __init__(self) -> None:
        super().__init__("the log is empty: restore a dump as a whole, schema and rows")


class StatementFailed(ConsentfeedError):
    """PostgreSQL refused the statement and rolled it back; sqlstate says why, and a message that holds no value."""

    def __init__(self, sqlstate: str, message: str = "") -> None:
        super().__init__(_named(sqlstate, message))
        self.sqlstate = sqlstate


def _named(sqlstate: str, message: str) -> str:
    return f"{message} (SQLSTATE {sqlstate})" if message else f"SQLSTATE {sqlstate}"
