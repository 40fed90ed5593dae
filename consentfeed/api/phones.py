"""Phone numbers in any usual form: cleaned in one way, whether a customer is registered or looked for by one."""

import re
import unicodedata
from typing import Annotated, Final, NamedTuple

import phonenumbers
from msgspec import Meta

# As it comes.
MsisdnText = Annotated[str, Meta(max_length=50, description="In any usual form; kept as +94771234567")]
NO_NUMBER: Final = "Not a phone number, such as +94771234567 or 077 123 4567 - at `$.msisdn`"

# What comes along when a number is copied: what it is called, with a colon, and quotes or brackets around it.
_LABEL: Final = re.compile(r"[^\d:+]{1,30}:|(?:tel|phone|mobile|mob)\b\.?", re.IGNORECASE)
_AROUND: Final = " \t\"'`´<>,;“”„‘’«»\u00a0"
_EXTENSION: Final = re.compile(
    r"(?:\s*(?:;\s*ext=|,?\s*ext(?:ension|n)?\.?|#)|\s+x\.?)\s*:?\s*[0-9]{1,7}", re.IGNORECASE
)
# Anything else between digits may be the end of one number and the beginning of another.
_SEPARATORS: Final = re.compile(r"[\s()\[\].\-/\u00b7\u2010-\u2015\u2212]")
_DIGITS: Final = re.compile(r"\+?[0-9]+")
_E164: Final = re.compile(r"\+[1-9][0-9]{4,14}")
# It turns what follows around: the digits that were seen are others than those that come.
_OVERRIDE: Final = "\u202e"
_ENDING: Final = 4


class NumberPart(NamedTuple):
    """How numbers begin and how they end that a text may mean; None: not as any number."""

    beginning: str | None
    ending: str | None


class Phones:
    """Numbers as people of one country write them."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._country = str(phonenumbers.country_code_for_region(region))
        self._mobile = _mobile(region, self._country)

    def to_register(self, text: str) -> str | None:
        """A whole number as +94771234567, or None where it is none; one of the own country has to be valid there."""
        if self._mobile and (match := self._mobile.fullmatch(text)):
            return f"+{self._country}{match[1]}"
        return self._whole(_digits(text))

    def to_look_up(self, text: str) -> str | None:
        """The same for looking it up: also what nobody could register today, for somebody may have."""
        digits = _digits(text)
        number = self._whole(digits) or (digits and self._beginning(digits))
        return number if number and _E164.fullmatch(number) else None

    def to_search(self, text: str) -> NumberPart:
        """How the numbers begin or end that somebody means who has typed this."""
        digits = _digits(text)
        if digits is None:
            return NumberPart(None, None)
        ending = digits if len(digits) >= _ENDING and digits.isdecimal() else None
        return NumberPart(self._whole(digits) or self._beginning(digits), ending)

    def _whole(self, digits: str | None) -> str | None:
        try:
            number = phonenumbers.parse(digits or "", self._region)
        except phonenumbers.NumberParseException:
            return None
        # Not is_possible_number(): that takes a local number, without its area code, for a whole one.
        possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        own = str(number.country_code) == self._country
        if not possible or (own and not phonenumbers.is_valid_number(number)):
            return None
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def _beginning(self, digits: str) -> str | None:
        abroad = digits.startswith(("+", "00"))
        if abroad:
            digits = digits.lstrip("+0")
        elif digits.startswith("0"):
            digits = self._country + digits[1:]
        # The country's code alone would find everybody.
        has_country = digits.startswith(self._country) and digits != self._country
        return f"+{digits}" if digits and (abroad or has_country) else None


def _mobile(region: str, country: str) -> "re.Pattern[str] | None":
    """A mobile number of the country as nearly all are written, whole or with its trunk prefix: by the library's own
    table, which it takes 60 µs to ask. None where its numbers are written in another way."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if known is None or known.mobile is None or known.national_prefix_transform_rule:
        return None
    trunk = known.national_prefix
    if trunk != known.national_prefix_for_parsing or not (trunk or "").isdecimal():
        return None
    pattern = known.mobile.national_number_pattern
    return re.compile(rf"(?:\+{country}|{trunk})({pattern})", re.ASCII) if pattern else None


def _digits(text: str) -> str | None:
    """The digits 0 to 9 of one number, with a + where it has one; None where there is anything that belongs to none."""
    if _OVERRIDE in text:
        return None
    text = "".join(_plain(char) for char in text).strip(_AROUND)
    if label := _LABEL.match(text):
        text = text[label.end() :].strip(_AROUND)
    text = _SEPARATORS.sub("", _without_extension(text))
    return text if _DIGITS.fullmatch(text) else None


def _without_extension(text: str) -> str:
    """Possible only where digits stand before it."""
    match = re.search(rf"(?<=[0-9)\]]){_EXTENSION.pattern}$", text, re.IGNORECASE)
    return text[: match.start()] if match else text


def _plain(char: str) -> str:
    """Nothing for what is invisible; a digit of any script, or a sign of another width, as ASCII has it."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf":
        return ""
    # Not ² or ①, which are no digits of a number, but a note beside it.
    return char if category == "No" else unicodedata.normalize("NFKC", char)
