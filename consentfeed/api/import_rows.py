"""What a row of an import says, and what SQL gets of it: cleaned as where customers are registered."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from consentfeed.api.decision_request import Code, NoticeNumber
from consentfeed.api.emails import EmailText, email
from consentfeed.api.languages import language
from consentfeed.api.names import name
from consentfeed.api.phones import NO_NUMBER, MsisdnText, Phones
from consentfeed.api.references import ReferenceText, reference
from consentfeed.errors import Problem
from consentfeed.http.input import Language, Line, Text, Time, decode

# As of a reason's code, which it becomes.
Source = Annotated[Code, Meta(description="Where the rows are from")]
MOST: Final = 1000
_DECISIONS: Final = ("granted", "revoked")
_MEMBERS: Final = {
    "invalid": "There is no such {member}",
    "reference-taken": "Another customer has this reference, or this customer has another one",
    "no-notice": "No such notice was published for this purpose",
}
# 94771234567 as a spreadsheet writes it: the last digits are gone.
_RUINED: Final = re.compile(r"[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+")
_IN_THE_FUTURE: Final = "decided_at is in the future"


class ImportCustomer(Struct, forbid_unknown_fields=True):
    """Whose decision it is, by id or else by reference; what else is known of a customer who is not there yet. An empty
    member is none."""

    id: UUID | None = None
    reference: ReferenceText | None = None
    name: Annotated[Line, Meta(max_length=200)] | None = None
    email: EmailText | None = None
    msisdn: MsisdnText | None = None
    language: Annotated[Text, Meta(max_length=35)] | None = None


class ImportRow(Struct, forbid_unknown_fields=True, kw_only=True):
    """A decision that was made elsewhere; reference: of the decision there. A row without a status is skipped."""

    customer: ImportCustomer
    purpose: Text
    channel: Text
    status: Annotated[Text | None, Meta(description="granted, revoked, or empty")] = None
    decided_at: Annotated[Text | None, Meta(description="With its zone, such as 2026-11-22T10:15:30Z")] = None
    reference: Annotated[Line, Meta(max_length=200)] | None = None
    notice_version: NoticeNumber | None = None
    language: Annotated[Text, Meta(max_length=35)] | None = None


class ImportRows(Struct, forbid_unknown_fields=True, kw_only=True):
    """Rows, and where they are from. import: goes on with one of the same source and sender; by default with the last
    one of the hour. first_row: the number of the first, for the report."""

    source: Source
    rows: Annotated[list[ImportRow], Meta(min_length=1, max_length=MOST)]
    dry_run: Annotated[bool, Meta(description="Says what would happen; nothing is kept")] = False
    import_id: Annotated[UUID | None, Meta(description="Of the import that these rows belong to")] = None
    first_row: Annotated[int, Meta(ge=1, le=2**53)] = 1


class RawImportRows(ImportRows, forbid_unknown_fields=True, kw_only=True):
    """The same, each row not decoded yet: one that is wrong is a problem of its own, and stops no other."""

    rows: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MOST)]  # type: ignore[assignment]


class RowProblem(NamedTuple):
    """Why a row is none: the code, the member, and a sentence."""

    code: str
    member: str | None
    detail: str = ""

    def problem(self) -> Problem:
        """As it is answered."""
        detail = self.detail
        if not detail and self.code in _MEMBERS:
            text = _IN_THE_FUTURE if self.member == "decided_at" else _MEMBERS[self.code].format(member=self.member)
            detail = f"{text} - at `$.{self.member}`"
        return Problem(self.code, detail)


def read_row(raw: msgspec.Raw, phones: Phones) -> dict[str, Any]:
    """The row as SQL takes it, or with its problem; keys as of the type import_row."""
    try:
        return _read(decode(raw, ImportRow), phones)
    except Problem as problem:
        return {"problem": problem.code, "member": _member(problem.detail), "detail": problem.detail}


def _read(row: ImportRow, phones: Phones) -> dict[str, Any]:
    known = row.customer
    if not row.status:
        return {}
    if row.status not in _DECISIONS:
        raise Problem("invalid", "status is granted, revoked, or empty - at `$.status`")
    if known.id is None and not known.reference:
        raise Problem("invalid", "Give the customer's id or reference - at `$.customer`")
    return {
        "customer": None if known.id is None else str(known.id),
        "reference": _reference(known.reference) if known.reference else None,
        "name": name(known.name, "$.customer.name") if known.name else None,
        "email": email(known.email, "$.customer.email") if known.email else None,
        "msisdn": _number(known.msisdn, phones) if known.msisdn else None,
        "customer_language": _tag(known.language, "$.customer.language"),
        "purpose": row.purpose,
        "channel": row.channel,
        "status": row.status,
        "decided_at": _time(row.decided_at),
        "decision_reference": row.reference or None,
        "notice_version": row.notice_version,
        "language": _tag(row.language, "$.language"),
    }


def _reference(text: str) -> str:
    if _RUINED.fullmatch(text.strip()):
        raise Problem("invalid", "A number that a spreadsheet has ruined - at `$.customer.reference`")
    return reference(text, "$.customer.reference")


def _number(text: str, phones: Phones) -> str:
    number = phones.to_register(text)
    if number is None:
        raise Problem("invalid", NO_NUMBER.replace("$.msisdn", "$.customer.msisdn"))
    return number


def _tag(text: str | None, where: str) -> str | None:
    if not text:
        return None
    try:
        return language(msgspec.convert(text, Language))
    except msgspec.ValidationError:
        raise Problem("invalid", f"Not a tag of a language, such as si or en-GB - at `{where}`") from None


def _time(text: str | None) -> str:
    try:
        at: datetime = msgspec.convert(text or "", Time)
    except msgspec.ValidationError:
        raise Problem("invalid", "Not a time with its zone, such as 2026-11-22T10:15:30Z - at `$.decided_at`") from None
    return at.isoformat()


def _member(detail: str) -> str | None:
    """The member that a detail ends with."""
    _, found, path = detail.rpartition("`$.")
    return path.rstrip("`").rpartition(".")[2] or None if found else None
