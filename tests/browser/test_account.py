"""Keycloak's own account page, where a person changes the password at any time: in French with our theme."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.person import PASSWORD, Person, english_words
from tests.browser.screen import Look, expect_no_grave_fault


@pytest.mark.rule("P4")
def test_each_page_of_a_person_s_account_is_in_french_from_its_first_moment(active: Person, look: Look) -> None:
    page = active.page
    page.goto(f"{active.account_url}/account-security/signing-in")
    active.fill_login(PASSWORD)
    expect(page.get_by_role("button", name="Mettre à jour")).to_be_visible()
    expect(page).to_have_title(re.compile("^Mon compte"))
    pages = {
        "account-security/signing-in": "Mot de passe",
        "account-security/device-activity": "Appareils connectés",
        "applications": "Applications",
        "": "Informations personnelles",
    }
    for path, heading in pages.items():
        page.goto(f"{active.account_url}/{path}")
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        assert english_words(page.inner_text("body")) == []
    expect_no_grave_fault(page)  # on a phone Keycloak's page has a button without a name: docs/realm.md
    page.set_viewport_size({"width": 320, "height": 800})
    page.reload()
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

    page.route("**/*.js", lambda route: route.abort())  # as it is while its script has not come yet
    page.goto(active.account_url)
    shown = page.locator("#loading-text").evaluate("p => getComputedStyle(p, '::after').content")
    assert "Chargement de votre compte" in shown
