"""Every page between the e-mail and the platform: in French, on a phone and a desk, for everybody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import CONTACT, PRIVACY_URL, People
from tests.browser.person import (
    PASSWORD,
    Person,
    alert,
    english_words,
    expect_bad_password,
    expect_dead_link,
    expect_login_page,
    expect_on_platform,
    expect_refused,
    password_is_made,
    proceed,
    to_platform,
)
from tests.browser.screen import Look, both_looks, expect_readable
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mail
from tests.shared.office import Office

NEW_PASSWORD = "Nouveau-2"

#: Where the keyboard is, and whether one sees it.
_FOCUS = "() => [document.activeElement.id, parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2]"


@pytest.mark.rule("P2")
@pytest.mark.rule("P5")
@both_looks
def test_a_new_person_goes_from_the_email_to_the_platform_without_a_word_of_english(
    person: Person, look: Look
) -> None:
    page = person.page
    page.goto(person.link())
    (mail,) = person.mailbox.messages(person.email)
    expect_french_mail(mail)
    expect_readable(page, look, "1-invitation")
    proceed(page).click()
    expect(page.locator("#password-new")).to_be_visible()
    expect_readable(page, look, "2-mot-de-passe")
    person.choose_password("abcdefgh")
    expect(alert(page)).to_be_visible()
    expect_readable(page, look, "3-mot-de-passe-refuse")
    person.choose_password(PASSWORD)
    expect(password_is_made(page)).to_be_visible()
    expect_readable(page, look, "4-mot-de-passe-cree")
    to_platform(page).click()
    expect_on_platform(page)

    page.goto(person.platform.url())
    expect_login_page(page)
    expect_readable(page, look, "5-connexion")
    person.fill_login("Autre-3!")
    expect_bad_password(page)
    expect_readable(page, look, "6-connexion-refusee")
    person.fill_login(PASSWORD)
    expect_on_platform(page)


@pytest.mark.rule("P5")
@both_looks
def test_each_page_of_a_forgotten_password_and_of_what_no_longer_works_is_for_everybody(
    active: Person, people: People, invited: Iterator[str], look: Look
) -> None:
    page = active.page
    page.goto(active.link())
    expect_dead_link(page)
    expect_readable(page, look, "7-lien-mort")
    active.ask_for_new_password()
    expect_readable(page, look, "9-lien-envoye")
    page.get_by_role("link", name="Mot de passe oublié").click()
    expect(page.locator("#kc-reset-password-form")).to_be_visible()
    expect_readable(page, look, "8-mot-de-passe-oublie")

    elsewhere = active.elsewhere()
    elsewhere.page.goto(active.link(2))
    expect_french_mail(active.mailbox.messages(active.email)[-1])
    expect_readable(elsewhere.page, look, "10-changement")
    elsewhere.choose_password(NEW_PASSWORD)
    done = re.compile("^(Votre mot de passe est enregistré|Compte mis à jour|Votre compte a été mis à jour.)$")
    expect(elsewhere.page.get_by_role("heading", name=done)).to_be_visible()
    expect_readable(elsewhere.page, look, "11-mot-de-passe-enregistre")

    active.log_in(NEW_PASSWORD)
    expect_on_platform(page)
    another = people.person(next(invited))
    page.goto(another.link())
    expect_refused(page, re.compile("Une autre personne est déjà connectée|déjà authentifié avec un autre"))
    expect_readable(page, look, "12-autre-personne")
    page.goto(active.platform.logout_url())
    expect(page.locator("#kc-logout")).to_be_visible()
    expect_readable(page, look, "13-deconnexion")
    page.goto(active.platform.registration_url())
    expect_readable(page, look, "14-inscription-refusee")


@pytest.mark.rule("P5")
def test_a_dead_link_leads_to_a_new_one(active: Person) -> None:
    page = active.page
    page.goto(active.link())
    expect_dead_link(page)
    expect(page.get_by_role("link", name=CONTACT)).to_be_visible()
    page.get_by_role("link", name="Recevoir un nouveau lien").click()
    page.fill("#username", active.email)
    page.click("#kc-form-buttons")
    expect(alert(page)).to_contain_text("vous allez recevoir un courriel")
    page.goto(active.link(2))
    active.choose_password(NEW_PASSWORD)
    expect(page.get_by_role("heading", name="Votre mot de passe est enregistré")).to_be_visible()
    to_platform(page).click()
    expect_on_platform(page)


@pytest.mark.rule("P1")
def test_the_rules_of_a_password_are_read_before_one_types_and_marked_while_one_does(person: Person) -> None:
    page = person.page
    violations = _forbid_scripts_in_the_page(page)
    person.follow_invitation()
    rules = {rule: page.locator(f"[data-rule={rule}]") for rule in ("length", "upperCase", "lowerCase", "digits")}
    special = rules["specialChars"] = page.locator("[data-rule=specialChars]")
    expect(rules["length"]).to_have_text(re.compile("^\\s*au moins 8 caractères\\s*$"))
    for rule in rules.values():
        expect(rule).to_be_visible()
        expect(rule).not_to_contain_text("c’est fait")
    expect(page.locator("#password-new")).to_have_accessible_description(re.compile("au moins une lettre majuscule"))

    page.locator("#password-new").press_sequentially("Été")
    for met in ("upperCase", "lowerCase"):
        expect(rules[met]).to_contain_text("c’est fait")
    expect(special).not_to_contain_text("c’est fait")  # é is a letter, for Keycloak too
    told = page.locator("#password-rules-progress")
    expect(told).to_have_attribute("aria-live", "polite")
    expect(told).to_have_text(re.compile("^Il manque encore\\s: au moins 8 caractères, au moins un chiffre, "))
    page.locator("#password-new").press_sequentially("2026_x")
    expect(told).to_have_text("Le mot de passe respecte toutes les règles.")
    for rule in rules.values():
        expect(rule).to_contain_text("c’est fait")

    page.fill("#password-confirm", "Été2026-x")
    mismatch = page.locator("#password-mismatch")
    expect(mismatch).to_have_text("Les deux mots de passe ne sont pas identiques.")
    page.fill("#password-confirm", "Été2026_x")
    expect(mismatch).to_have_text("")
    assert violations == []
    for reached in ("password-confirm-show-password", "kc-submit"):  # by the keyboard alone
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUS) == [reached, True]
    page.keyboard.press("Enter")
    expect(password_is_made(page)).to_be_visible()


@pytest.mark.rule("P1")
def test_a_longer_password_by_the_realm_is_said_and_without_script_the_server_names_the_first_unmet_rule(
    people: People, browser: Browser, invited: Iterator[str], look: Look, admin: Administrator, office: Office
) -> None:
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    person = people.person(next(invited))
    page = context.new_page()
    with realm_with(admin, office, passwordPolicy="length(12) and digits(2) and upperCase(1)"):
        page.goto(person.link())
        page.locator("#kc-proceed").click()
        rules = page.locator("[data-rule]:not([hidden])")
        expect(rules).to_have_text(
            [re.compile(said) for said in ("12 caractères", "majuscule", "au moins 2 chiffres")]
        )
        page.fill("#password-new", "Abcdefghijk1")
        page.fill("#password-confirm", "Abcdefghijk1")
        page.click("#kc-submit")
        expect(alert(page)).to_contain_text("au moins 2 chiffre")
    context.close()


@pytest.mark.rule("D6")
def test_the_login_page_leads_to_what_is_done_with_ones_data(person: Person) -> None:
    person.page.goto(person.platform.url())
    link = person.page.get_by_role("link", name="Mentions d’information")
    expect(link).to_have_attribute("href", PRIVACY_URL)
    expect(person.page.locator("footer a")).to_have_count(1)  # no terms of use are set: no empty link


@pytest.mark.rule("P5")
@both_looks
def test_nobody_learns_from_the_pages_whether_an_address_is_known(
    active: Person, people: People, look: Look, admin: Administrator, office: Office
) -> None:
    unknown = people.person(f"personne-{look}@inconnu.example")
    with realm_with(admin, office, failureFactor=2):
        known, of_nobody = (
            (_said_after_asking(person), _said_after_a_wrong_password(person)) for person in (active, unknown)
        )
        assert known == of_nobody
        _said_after_a_wrong_password(active)
        active.log_in(PASSWORD)  # too many failures: it is not looked at any more
        expect_bad_password(active.page)
        assert _text(active.page) == known[1]


@pytest.mark.parametrize("action", ["CONFIGURE_TOTP", "webauthn-register"])
def test_a_second_factor_is_asked_for_in_the_same_pages(
    active: Person, admin: Administrator, office: Office, action: str
) -> None:
    """No person of a partner has one; the Caf's agents do, in their own realm."""
    path = f"admin/realms/{office.settings.keycloak.realm}/users"
    (account,) = admin.get(path, email=active.email, exact="true")
    admin.request("put", f"{path}/{account['id']}/execute-actions-email", [action])
    page = active.page
    page.goto(active.link(2))
    proceed(page).click()
    if action == "CONFIGURE_TOTP":
        page.locator("#mode-manual").click()
        secret = (page.locator("#kc-totp-secret-key").text_content() or "").replace(" ", "").strip()
        expect_readable(page, Look.THEME, "15-code-a-usage-unique")
        page.fill("#totp", one_time_code(secret))
        page.click("#saveTOTPBtn")
        expect(page.locator("#totp")).to_have_count(0)
        active.log_in()
        expect(page.locator("#otp")).to_be_visible()
        expect_readable(page, Look.THEME, "17-code-demande")
    else:
        expect(page.locator("#registerWebAuthn")).to_be_visible()
        expect_readable(page, Look.THEME, "16-cle-d-acces")


def expect_french_mail(mail: Mail) -> None:
    """Subject, text and page."""
    shown = re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]*>", " ", mail.html, flags=re.DOTALL)
    assert english_words(f"{mail.subject}\n{mail.text}\n{shown}") == []


def one_time_code(secret: str) -> str:
    """What an application shows for this secret (RFC 6238: 6 digits, 30 seconds, SHA-1)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


@contextmanager
def realm_with(admin: Administrator, office: Office, **settings: Any) -> Iterator[None]:
    """The realm with other settings, for now."""
    path = f"admin/realms/{office.settings.keycloak.realm}"
    realm = admin.get(path)
    admin.request("put", path, {**realm, **settings})
    yield
    admin.request("put", path, realm)


def _forbid_scripts_in_the_page(page: Page) -> list[str]:
    """As a Caf's proxy may do it: only files of the server are run. Returns what the browser refuses, as it comes."""

    def strict(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": "script-src 'self'"})

    page.route("**/login-actions/**", strict)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    return refused


def _said_after_asking(person: Person) -> str:
    person.ask_for_new_password()
    return _text(person.page)


def _said_after_a_wrong_password(person: Person) -> str:
    person.log_in("Autre-3!")
    expect_bad_password(person.page)
    return _text(person.page)


def _text(page: Page) -> str:
    return f"{page.title()}\n{page.inner_text('body')}"
