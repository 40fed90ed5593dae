"""How a page looks: what axe finds, in both themes, and pictures for who wants to look."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_FOLDER = Path(__file__).parent / "screenshots"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_ALL = {"runOnly": _RULES}
# What a theme can change.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


def violations(page: Page, axe: str, *, colours_alone: bool = False) -> list[Any]:
    """What axe finds, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    options = _COLOURS if colours_alone else _ALL
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]


def violations_in_both_themes(page: Page, axe: str) -> list[Any]:
    """All rules in the light theme, and those about colours in the dark one."""
    page.emulate_media(color_scheme="dark")
    dark = violations(page, axe, colours_alone=True)
    page.emulate_media(color_scheme="light")
    return dark + violations(page, axe)


def picture(page: Page, name: str, *, full_page: bool = False) -> None:
    """Leaves tests/web/screenshots/<name>.png where CONSENTFEED_TEST_PICTURES is set: drawing takes time."""
    if os.environ.get("CONSENTFEED_TEST_PICTURES"):
        page.screenshot(path=_FOLDER / f"{name}.png", full_page=full_page, animations="disabled")


def sideways(page: Page, *widths: int) -> list[int]:
    """At which of these widths, in CSS pixels, the page is wider than its window."""
    wider = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wider.append(width)
    return wider
