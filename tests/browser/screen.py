"""How a page looks: whose pages they are, and whether everybody can read them on any screen."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.person import expect_french
from tests.shared.office import ROOT

#: Where the pictures go: output of the tests, read by no test.
SCREENSHOTS = ROOT / "build" / "screenshots"

#: The widths at which a page is looked at, in pixels.
PHONE, DESK = 320, 1280
_AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


class Look(StrEnum):
    """Our theme, or Keycloak's own pages with our texts: what a server without the theme shows."""

    THEME = "theme"
    STOCK = "stock"

    @property
    def login_theme(self) -> str:
        """As the realm names it."""
        return "cooperation" if self is Look.THEME else ""


both_looks = pytest.mark.parametrize("look", list(Look), indirect=True)


def expect_readable(page: Page, look: Look, name: str) -> None:
    """The page is in French, needs no sideways scrolling on a phone and has no grave fault of accessibility; it is
    photographed under this name.
    """
    expect_french(page)
    expect_no_grave_fault(page)
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
        page.screenshot(path=_picture(look, name, width), full_page=True)


def expect_no_grave_fault(page: Page) -> None:
    """axe-core finds no serious or critical fault of accessibility."""
    result = Axe().run(page, options=_AXE)
    grave = [
        violation for violation in result.response["violations"] if violation["impact"] in ("serious", "critical")
    ]
    assert grave == [], result.generate_report()


def _picture(look: Look, name: str, width: int) -> Path:
    return SCREENSHOTS / look / f"{name}-{width}.png"
