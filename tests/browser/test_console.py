"""Keycloak's own console, as docs/console.md shows it to administrators: our realm is found in it, in French."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Person
from tests.browser.screen import SCREENSHOTS
from tests.shared.console import Console as Hand
from tests.shared.office import ROOT, Office

_MOST_BYTES = 100 * 1024
_LABELS = (
    "Partenaire",
    "Fonction ou qualité",
    "Date de demande d’habilitation",
    "Date de fin d’habilitation",
    "Géré par",
)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """What takes the pictures of the page."""
    spec = importlib.util.spec_from_file_location("console_screenshots", ROOT / "scripts" / "console_screenshots.py")
    assert spec is not None
    assert spec.loader is not None
    script = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.mark.rule("P4")
def test_an_administrator_finds_in_the_console_what_the_page_shows(
    script: ModuleType, office: Office, active: Person, new_page: Callable[[], Page]
) -> None:
    active.log_in()
    keycloak = office.settings.keycloak
    assert keycloak.admin_password is not None
    console = script.Console(
        url=keycloak.url,
        realm=keycloak.realm,
        username=keycloak.admin_username,
        password=keycloak.admin_password.get_secret_value(),
        person=active.email,
        person_id=Hand(office).user(active.email)["id"],
        partner="navigateur",
    )
    page, names = new_page(), []
    page.set_default_timeout(script.PATIENCE_MS)
    for name in console.tour(page):
        names.append(name)
        script.save(page, SCREENSHOTS / "console" / f"{name}.png")
        if name == "habilitation":
            for label in _LABELS:
                expect(page.get_by_text(label, exact=True).first).to_be_visible()
    pictures = [
        Path(picture)
        for picture in re.findall(r"\]\((images/[^)]+)\)", (ROOT / "docs/console.md").read_text("utf-8"))
    ]
    assert {f"console-{name}.png" for name in names} == {picture.name for picture in pictures}
    assert {picture.name for picture in pictures} == {file.name for file in script.IMAGES.iterdir()}
    assert all((ROOT / "docs" / picture).stat().st_size < _MOST_BYTES for picture in pictures)
    assert Hand(office).user(active.email)["enabled"], "nobody was suspended by being looked at"
