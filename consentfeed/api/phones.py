"""Phone numbers in any usual form."""

import re
import unicodedata
from typing import Final

import phonenumbers

_SEPARATORS: Final = re.compile(r"[\s().\-/\u2010-\u2015]")
_DIGITS: Final = re.compile(r"\+?[0-9]+")


class Phones:
    """Numbers as people of one country write them."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._country = str(phonenumbers.country_code_for_region(region))

    def e164(self, text: str) -> str | None:
        """A whole number as +94771234567, or None where it cannot be one."""
        try:
            number = phonenumbers.parse(text, self._region)
        except phonenumbers.NumberParseException:
            return None
        # Not is_possible_number(): that takes a local number, without its area code, for a whole one.
        if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def prefix(self, text: str) -> str:
        """The beginning of a number in the same form if the text looks like one, else what no number begins with."""
        digits = _SEPARATORS.sub("", _plain(text))
        if not _DIGITS.fullmatch(digits):
            return "-"
        return self.e164(digits) or self._beginning(digits)

    def _beginning(self, digits: str) -> str:
        abroad = digits.startswith(("+", "00"))
        if abroad:
            digits = digits.lstrip("+0")
        elif digits.startswith("0"):
            digits = self._country + digits[1:]
        # The country's code alone would find everybody.
        has_country = digits.startswith(self._country) and digits != self._country
        return f"+{digits}" if digits and (abroad or has_country) else "-"


def _plain(text: str) -> str:
    """Without what comes along when a number is copied: tel:, invisible marks, digits of another width."""
    text = unicodedata.normalize("NFKC", text.strip())
    return "".join(char for char in text if unicodedata.category(char) != "Cf").removeprefix("tel:")
