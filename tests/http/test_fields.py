"""Header fields that are lists of values with parameters: read as RFC 9110 has them, whoever wrote them how."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentfeed.http.fields import MediaRange, elements, media_ranges, prefers, strong_tags, takes_coding

STREAM = MediaRange("text", "event-stream", {"charset": "utf-8"}, 1)
JSON = MediaRange("application", "json", {}, 1)
STREAMS = [
    "text/event-stream", "TEXT/Event-Stream", "text/event-stream;q=1", "text/event-stream;q=0.001",
    " text/event-stream ", ",, text/event-stream ,", "text/event-stream, text/event-stream;q=0",
    "text/event-stream; charset=utf-8", 'text/event-stream;charset="UTF-8"', "text/event-stream ; ; Q=0.5 ;",
    "text/event-stream, */*", "text/event-stream;q=0.5, */*;q=0.5", "text/event-stream, application/json",
    "application/json, text/event-stream", "application/json;q=0.4,text/event-stream;q=0.5",
    "text/event-stream;q=0.5, application/json;q=0, */*", "text/event-stream;q=0.5, application/*;q=0.1, */*",
    'text/html;a="b,c", text/event-stream', 'text/html;a="\\",", text/event-stream', "x/y;q=9, text/event-stream",
    "application/json;version=2, text/event-stream;q=0.1",
]  # fmt: skip
PAGES = [
    "", "*/*", "*", "text/*", "*/event-stream", "application/json", "application/xml", "text/event-stream;q=0",
    "text/event-stream;q=0.0",
    "text/event-stream; q=0.000", "TEXT/EVENT-STREAM;Q=0", "text/event-stream;q=0, */*", "text/event-stream;q=0.5, */*",
    "text/event-stream;q=0.5, application/json", "text/event-stream;q=0.5, application/*;q=0.6",
    "application/json;q=0.9, text/event-stream;q=0.8", "text/event-stream-v2", "xtext/event-stream",
    'text/html;for="text/event-stream"', 'text/html;a=", text/event-stream"', "text/event-stream;charset=utf-16",
    "text/event-stream;q=2", "text/event-stream;q=-1", "text/event-stream;q=high", "text/event-stream;q=0.1234",
    "text/event-stream;q=", "text/event-stream q=1", "text /event-stream", "text/event-stream/x",
    "\xa0text/event-stream",
]  # fmt: skip


@pytest.mark.parametrize("accept", STREAMS)
def test_who_names_the_stream_and_likes_it_no_less_is_meant(accept: str) -> None:
    assert prefers(accept, STREAM, JSON)


@pytest.mark.parametrize("accept", PAGES)
def test_who_does_not_is_not(accept: str) -> None:
    assert not prefers(accept, STREAM, JSON)


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("a, b", ["a", "b"]),
        (' ,a,,"b,c" , d="e\\",f"', ["a", '"b,c"', 'd="e\\",f"']),
        ("", []),
        (",", []),
        ('"never closed, b', ['"never closed, b']),
    ],
)
def test_a_comma_in_quotes_is_none_between_two(field: str, found: list[str]) -> None:
    assert elements(field) == found


@pytest.mark.parametrize(
    ("field", "tags"),
    [
        ("*", None),
        (" * ", None),
        ('"1"', ["1"]),
        ('"1","2" , "3"', ["1", "2", "3"]),
        (',,"1",', ["1"]),
        ('W/"1", "2"', ["2"]),
        ('W/"1"', []),
        ('"a,b", "3"', ["a,b", "3"]),
        ('"a\\", "3"', ["a\\", "3"]),
        ('""', [""]),
        ("", []),
        # Not well-formed: nothing of it fits.
        ('*, "1"', []),
        ('"1", *', []),
        ("1", []),
        ('1, "1"', []),
        ('"1" "2"', []),
        ('"1', []),
        ('w/"1"', []),
        ('W/ "1"', []),
        ('"1 2"', []),
    ],
)
def test_tags_are_what_stands_between_quotes_and_weak_ones_match_nothing(field: str, tags: list[str] | None) -> None:
    assert strong_tags(field) == tags


@given(st.text(st.sampled_from('aW*/;=q0.1,"\\ \t') | st.characters(max_codepoint=255), max_size=80))
def test_any_field_at_all_is_read(field: str) -> None:
    assert all(0 <= one.weight <= 1 and one.type and one.subtype for one in media_ranges(field))
    prefers(field, STREAM, JSON)
    strong_tags(field)
    takes_coding(field, "gzip")


@pytest.mark.parametrize(
    "part", ['"', '\\"', '"\\', ";", "; ", " ;", " ", "a/b;", 'a/b;c="', ",", '"",', 'W/"', "a/b;c=d ", '"a" ', "a"]
)
def test_no_field_that_fits_into_a_head_takes_long(part: str) -> None:
    for begin in ("", "a/b", "a/b;c=", '"a"'):
        field = begin + part * ((64 << 10) // len(part))
        began = time.process_time()
        prefers(field, STREAM, JSON)
        strong_tags(field)
        takes_coding(field, "gzip")
        assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("accept_encoding", "takes"),
    [
        ("gzip", True), ("br, GZIP;q=0.5", True), ("gzip ; q=1", True), ("gzip;Q=0.001", True),
        ("deflate,\tgzip", True),
        ("", False), ("identity", False), ("*", False), ("x-gzip", False), ("gzipped", False),
        ("gzip;q=0", False), ("gzip;Q=0", False), ("gzip ;\tq=0.000", False),
        ("gzip;q=x", False), ("gzip;q=", False), ("gzip;q=2", False), ('"gzip"', False),
    ],
)  # fmt: skip
def test_a_coding_is_named_in_any_way_and_refused_by_a_weight_of_nothing(accept_encoding: str, takes: bool) -> None:
    assert takes_coding(accept_encoding, "gzip") == takes
