"""A person makes, changes and recovers the password alone, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.person import (
    PASSWORD,
    Person,
    alert,
    expect_bad_password,
    expect_dead_link,
    expect_french,
    expect_login_page,
    expect_on_platform,
    expect_refused,
    password_is_made,
    to_platform,
)
from tests.browser.platform import claims
from tests.browser.screen import Look, both_looks
from tests.shared.office import Office

#: A password, and how the page names the rule that it breaks (the first, when it breaks several).
REFUSED = {
    "abcdefgh": "doit contenir au moins 1 ",
    "abcdef1!": "majuscule",
    "ABCDEF1!": "minuscule",
    "Abcdefg!": "chiffre",
    "Abcdefg1": "spécial",
    "Abcde1!": "longueur minimale de 8",
}
NEW_PASSWORD = "Nouveau-2"


@pytest.mark.rule("P1")
@both_looks
def test_a_password_that_lacks_one_class_or_is_short_is_refused_in_french_and_a_good_one_is_taken(
    person: Person, look: Look
) -> None:
    person.follow_invitation()
    for password, word in REFUSED.items():
        person.choose_password(password)
        expect(alert(person.page)).to_contain_text("Mot de passe invalide")
        expect(alert(person.page)).to_contain_text(word)
    person.choose_password(PASSWORD)
    expect(password_is_made(person.page)).to_be_visible()
    to_platform(person.page).click()
    expect_on_platform(person.page)


@pytest.mark.rule("P1")
def test_the_platform_is_told_who_logs_in_for_which_partner_and_can_log_them_out(active: Person) -> None:
    active.log_in()
    expect_on_platform(active.page)
    tokens = active.platform.tokens(active.page)
    for token in (tokens["access_token"], tokens["id_token"]):
        said = claims(token)
        assert (said["partenaire"], said["fonction"]) == (["navigateur"], ["agent"])
    active.platform.log_out(active.page, tokens["id_token"])
    active.page.goto(active.platform.url())
    expect_login_page(active.page)


@pytest.mark.rule("P4")
def test_a_person_changes_the_password_at_any_time_and_the_old_one_no_longer_opens(
    active: Person, look: Look
) -> None:
    page, at_home = active.page, active.elsewhere()
    at_home.log_in()
    refresh_token = at_home.platform.tokens(at_home.page)["refresh_token"]
    page.goto(f"{active.account_url}/account-security/signing-in")
    active.fill_login(PASSWORD)
    page.get_by_role("button", name="Mettre à jour").click()
    expect(page.locator("#logout-sessions")).to_be_checked(checked=look is Look.THEME)
    active.choose_password(NEW_PASSWORD)
    expect(page.get_by_role("button", name="Mettre à jour")).to_be_visible()

    status, _ = at_home.platform.refresh(at_home.page, refresh_token)
    assert status == (400 if look is Look.THEME else 200)

    another = active.elsewhere()
    another.log_in(PASSWORD)
    expect_bad_password(another.page)
    another.fill_login(NEW_PASSWORD)
    expect_on_platform(another.page)


@pytest.mark.rule("P4")
def test_a_person_cannot_change_their_name_address_user_name_function_or_partner(
    active: Person, office: Office
) -> None:
    page = active.page
    directory = office.directory()
    before = directory.find(active.email)
    page.goto(active.account_url)
    with page.expect_request(lambda request: "/account/?" in request.url and request.method == "GET") as asked:
        active.fill_login(PASSWORD)
    for name in ("username", "email", "firstName", "lastName"):
        expect(page.locator(f"#{name}")).to_be_disabled()
    expect(page.locator("html")).to_have_attribute("lang", "fr")  # the title of Keycloak's own page is not

    # Nor by asking the page's own interface, past the form: it refuses the change or passes over it.
    assert before is not None
    shown = {"username": before.email, "email": before.email, "firstName": before.first_names}
    shown["lastName"] = before.last_name
    for name, value in shown.items():
        answer = page.request.post(
            active.account_url,
            headers={"Authorization": asked.value.all_headers()["authorization"], "Accept": "application/json"},
            data={**shown, name: f"autre{value}", "attributes": {}},
        )
        assert answer.status in (204, 400), (name, answer.text())
        assert directory.find(active.email) == before
    for name in ("fonction", "partenaire", "gere_par", "date_fin_habilitation"):
        answer = page.request.post(
            active.account_url,
            headers={"Authorization": asked.value.all_headers()["authorization"], "Accept": "application/json"},
            data={**shown, "attributes": {name: ["autre"]}},
        )
        assert answer.status in (204, 400), (name, answer.text())
        assert directory.find(active.email) == before
    directory.close()


@pytest.mark.rule("P5")
@both_looks
def test_a_forgotten_password_is_replaced_by_a_link_that_serves_once(active: Person, look: Look) -> None:
    active.ask_for_new_password()
    link = active.link(2)
    active.page.goto(link)
    active.choose_password(NEW_PASSWORD)
    expect_on_platform(active.page)

    another = active.elsewhere()
    another.page.goto(link)
    expect_dead_link(another.page)
    another.log_in(PASSWORD)
    expect_bad_password(another.page)
    another.fill_login(NEW_PASSWORD)
    expect_on_platform(another.page)


def test_nobody_can_register_alone_and_the_login_page_is_in_french(person: Person, look: Look) -> None:
    page = person.page
    page.goto(person.platform.url())
    expect_french(page)
    heading = re.compile("^(Connexion|Connectez-vous à votre compte)$")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator("main a")).to_have_text(["Mot de passe oublié ?"])
    page.goto(person.platform.registration_url())
    expect_refused(page, re.compile("On ne crée pas son accès soi-même|L'enregistrement n'est pas autorisé"))
    expect(page.locator("form")).to_have_count(0)
