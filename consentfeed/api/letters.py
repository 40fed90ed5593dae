"""Characters that nobody sees, in what somebody has typed or pasted."""

import unicodedata
from typing import Final

# Zero-width non-joiner and joiner: without them some names in Sinhala or Persian are spelt wrongly.
JOINERS: Final = "\u200c\u200d"
# Marks, embeddings, overrides and isolates: they move what stands around them, in every list that shows the text.
DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What Unicode calls default ignorable and does not put into the category of formats: fillers, selectors of a variant.
_IGNORABLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)


def is_invisible(char: str) -> bool:
    """Whether it is there, and takes no place; blanks do."""
    return unicodedata.category(char) == "Cf" or char in _IGNORABLE


def trimmed(text: str, keep: str = "") -> str:
    """Without blanks and invisible characters at its ends, but for those to keep."""
    begin, end = 0, len(text)
    while begin < end and _is_nothing(text[begin], keep):
        begin += 1
    while end > begin and _is_nothing(text[end - 1], keep):
        end -= 1
    return text[begin:end]


def has_letter(text: str) -> bool:
    """Whether there is one that can be seen."""
    return any(unicodedata.category(char).startswith("L") and not is_invisible(char) for char in text)


def _is_nothing(char: str, keep: str) -> bool:
    return char not in keep and (char.isspace() or is_invisible(char))
