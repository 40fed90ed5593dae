"""Phone numbers as people write them: kept in one form, refused, or looked for."""

import pytest

from consentfeed.api.phones import NumberPart, Phones

PHONES = Phones("LK")
NONE = NumberPart(None, None)


@pytest.mark.parametrize(
    "text",
    [
        "0771234567", "077 123 4567", "77 123 4567", "+94771234567", "+94 (0)77 123 4567", "(+94) 77-123-4567",
        "0094.77.123.4567", "94771234567", "077/1234567", "077–123–4567", "077\u2212123\u22124567", "[077] 1234567",
        "tel:+94771234567", "TEL: 0771234567", "Mobile: 0771234567", "Mobile (work): 077 123 4567", "mob. 0771234567",
        "දුරකථනය: 0771234567", '"0771234567"', "'0771234567'", "“0771234567”", "<0771234567>", "0771234567,",
        "\u202d077 123 4567\u202c", "\ufeff0771234567\u200b", "077\u200b1234567", "\t0771234567\r\n",
        "\u00a0077 1234567",
        "٠٧٧١٢٣٤٥٦٧", "०७७१२३४५६७", "０７７１２３４５６７", "＋９４７７１２３４５６７",
        "0771234567 ext 12", "0771234567 ext.: 12", "0771234567 extension 12", "0771234567 x12",
        "0771234567;ext=12", "0771234567 #12",
    ],
)  # fmt: skip
def test_a_number_is_kept_in_one_form(text: str) -> None:
    assert PHONES.to_register(text) == PHONES.to_look_up(text) == PHONES.to_search(text).beginning == "+94771234567"


@pytest.mark.parametrize(
    "text",
    [
        "077ABC4567", "1-800-FLOWERS", "call 0771234567", "0771234567 home", "0771234567 or 0712345678", "no number",
        "0771234567, 0712345678", "0771234567;0712345678", "+94771234567 +94712345678", "077+1234567", "077*1234567",
        "077123456²", "077123456①", "077123456½", "\u202e7654321770", "", " ", ":", "+", "tel:", "ext 12", "Ⅻ",
    ],
)  # fmt: skip
def test_what_is_no_number_is_none_and_nobody_is_found_by_it(text: str) -> None:
    assert PHONES.to_register(text) is PHONES.to_look_up(text) is None
    assert PHONES.to_search(text) == NONE


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("0771234567/0712345678", None),
        ("0771234567 0712345678", None),
        ("2345678/2345679", None),
        ("12345", None),
        ("0" * 40, None),
        ("0991234567", "+94991234567"),
        ("077123456", "+9477123456"),
        ("+94770", "+94770"),
        ("+999123456789", "+999123456789"),
    ],
)
def test_what_nobody_may_be_registered_with_somebody_may_still_have(text: str, known: str | None) -> None:
    assert PHONES.to_register(text) is None
    assert PHONES.to_look_up(text) == known


def test_of_other_countries_the_length_is_enough() -> None:
    assert PHONES.to_register("+44 5000 000000") == "+445000000000"
    assert Phones("GB").to_register("+44 5000 000000") is None


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("077123", ("+9477123", "077123")),
        ("077123456", ("+9477123456", "077123456")),
        ("+9477", ("+9477", None)),
        ("009477", ("+9477", "009477")),
        ("9477", ("+9477", "9477")),
        ("94", NONE),
        ("+94", ("+94", None)),
        ("0", NONE),
        ("00", NONE),
        ("4567", (None, "4567")),
        ("45-67", (None, "4567")),
        ("567", NONE),
    ],
)
def test_a_part_is_how_a_number_begins_or_its_last_four_digits_or_more(
    text: str, sought: tuple[str | None, ...]
) -> None:
    assert PHONES.to_search(text) == sought
