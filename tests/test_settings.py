"""The settings: each in one group, described, and refused by name where it cannot be used."""

import re
from collections import Counter
from dataclasses import fields

import pytest

from consentfeed.settings import Settings, SettingsError, load
from tests.support.tokens import SECRET


def test_each_setting_stands_in_one_group_and_is_described_in_a_whole_sentence() -> None:
    groups = Counter(one.name for group in Settings.__bases__ for one in fields(group))
    assert set(groups) == {one.name for one in fields(Settings)}
    assert set(groups.values()) == {1}
    meanings = {one.name: one.metadata["meaning"] for one in fields(Settings)}
    assert not [name for name, text in meanings.items() if not re.fullmatch(r"[A-Z]\S*( \S+){4,}\.", text)]
    assert not [name for name, text in meanings.items() if "the same of" in text.lower()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "three"),
        ("passwords", "perhaps"),
        ("secret", "too short"),
        ("log_level", "loud"),
        ("trail_days", "29"),
        ("time_zone", "Mars/Olympus"),
        ("database_url", "postgresql://consentfeed_app:a/b@host/consentfeed"),
        ("cors_origins", "https://app.example.com/"),
        ("trusted_proxies", "10.0.0.0/33"),
        ("issuer", "http://id.example.com"),
        ("token_algorithms", "HS256"),
        ("roles", "csr=*"),
        ("public_url", "https://consents.example.com/path"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^CONSENTFEED_{name.upper()}: "):
        load({f"CONSENTFEED_{name.upper()}": value, "CONSENTFEED_HOST": "127.0.0.1"})


def test_options_of_the_command_line_win_over_the_environment_where_they_are_given() -> None:
    environ = {"CONSENTFEED_PORT": "4000", "CONSENTFEED_PASSWORDS": "true", "HOME": "/home/somebody"}
    settings = load(environ, port=5000, host=None)
    assert (settings.port, settings.host, settings.passwords) == (5000, "127.0.0.1", True)


def test_settings_that_are_printed_show_no_secret() -> None:
    settings = Settings(secret=SECRET, database_url="postgresql://consentfeed_app:hidden@127.0.0.1/consentfeed")
    assert SECRET not in f"{settings!r} {settings}"
    assert "hidden" not in f"{settings!r} {settings}"
