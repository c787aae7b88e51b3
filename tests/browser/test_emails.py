"""What a person reads in the e-mails of Keycloak: with our theme, and with Keycloak's own pages and our texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from provisioner.keycloak.realm_config import THEME
from provisioner.settings import Settings
from tests.browser.screen import expect_no_grave_fault
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mail, Mailbox
from tests.shared.office import FIRST_DAY, Office, annexe_csv

SENDER = "ne-pas-repondre@caf.example"
CONTACT = "support.o'coop@caf.example"
PRIVACY = "https://caf.example/mentions?langue=fr&version=2"
TERMS = "https://caf.example/conditions"
ENGLISH = re.compile(r"\b(?:password|click|expires?|account|your|hello|user|please|email|update)\b", re.IGNORECASE)


@dataclass(frozen=True)
class PostRoom:
    """An office whose realm sends e-mails with the theme, or without it."""

    office: Office
    administrator: Administrator

    @property
    def realm(self) -> str:
        return f"admin/realms/{self.office.settings.keycloak.realm}"

    def use(self, theme: str) -> None:
        self.administrator.request("put", self.realm, {"loginTheme": theme, "emailTheme": theme})

    def invite(self, code: str, first_names: str = "Camille") -> Mail:
        """The e-mail that a new person of a new partner gets."""
        domain = f"{code}.example"
        self.office.add_partner(code, domain)
        annexe = annexe_csv(self.office.home / f"{code}.csv", {"dupont": "2026-06-10"}, {}, "2026-06-15", domain)
        annexe.write_text(annexe.read_text("utf-8").replace("Camille", first_names), "utf-8")
        self.office.apply(annexe, today=FIRST_DAY, partner=code)
        return self.office.mailbox.wait_for(1, f"dupont@{domain}")[-1]


@pytest.fixture(scope="module")
def post_room(
    new_settings: Callable[..., Settings], mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostRoom]:
    """Its realm is made by the command, which takes the contact from annexe 3."""
    home = tmp_path_factory.mktemp("post-room")
    settings = new_settings(home / "data")
    assert settings.keycloak.admin_username is not None
    assert settings.keycloak.admin_password is not None
    office = Office(settings, mailbox, home)
    office.sends_notices()
    office.environment |= {
        "PROVISIONER_PLATFORM__URL": settings.platform.url,
        "PROVISIONER_PLATFORM__PRIVACY_URL": PRIVACY,
        "PROVISIONER_PLATFORM__TERMS_URL": TERMS,
    }
    people = ("--habilitations", "habilitations@caf.example", "--technique", CONTACT)
    assert office.run("caf", "contacts", "--on", "2026-01-15", *people).status == 0
    applied = office.run("realm", "apply", program=None, **office.administrator)
    assert applied.status == 0, applied.err
    administrator = Administrator(settings.keycloak)
    yield PostRoom(office, administrator)
    administrator.close()


@pytest.fixture(scope="module")
def first_mail(post_room: PostRoom) -> Mail:
    """What a new person gets where the server has our theme, as the command set the realm."""
    return post_room.invite("courriel", "Anne-Gaëlle d'O")


@pytest.fixture(scope="module")
def stock_mail(post_room: PostRoom, first_mail: Mail) -> Mail:  # after it, on the same realm
    """What a new person gets where the server lacks it."""
    post_room.use("")
    mail = post_room.invite("courriel-sans-theme")
    post_room.use(THEME)
    return mail


def one_line(text: str) -> str:
    """As it is read: any run of spaces is one, the no-break ones too."""
    return " ".join(text.split())


def read_in(page: Page, mail: Mail) -> str:
    """What the page of an e-mail shows."""
    page.set_content(mail.html)
    return one_line(page.inner_text("body"))


def expect_all(mail: Mail, page: Page, *words: str) -> None:
    """Both parts of an e-mail say all of it, and nothing in English."""
    for part in (one_line(mail.text), read_in(page, mail)):
        assert [said for said in words if said not in part] == [], part
        assert not ENGLISH.search(re.sub(r"https?://\S+|\S+@\S+", "", part)), part


#: What a new person is told, with the theme and without it.
TOLD = (
    "La Caf vous donne accès à la plateforme Coopération, à la demande de votre organisme",
    "Ce lien fonctionne pendant 1 jour et ne sert qu’une fois",
    "« Mot de passe oublié ? »",  # where another one is asked for
    SENDER,
    "La Caf ne vous demande jamais votre mot de passe, ni par courriel ni par téléphone",
    "servent à gérer cet accès, et à rien d’autre",
    "entions d’information sur vos données et vos droits",
)


@pytest.mark.rule("P2")
@pytest.mark.rule("D6")
@pytest.mark.parametrize("has_theme", [True, False], ids=["theme", "stock"])
def test_the_first_e_mail_tells_a_new_person_all_they_need_in_both_its_parts(
    first_mail: Mail, stock_mail: Mail, has_theme: bool, new_page: Callable[[], Page]
) -> None:
    mail, page = first_mail if has_theme else stock_mail, new_page()
    expect_all(mail, page, *TOLD)
    assert mail.subject == "Plateforme Coopération : créez votre mot de passe"
    assert "/login-actions/action-token?" in mail.links[0]
    expect(page.get_by_role("link", name="Créer mon mot de passe")).to_have_attribute("href", mail.links[0])
    assert PRIVACY in mail.text
    assert PRIVACY in [anchor.get_attribute("href") for anchor in page.get_by_role("link").all()]


@pytest.mark.rule("P2")
def test_the_first_e_mail_names_the_person_the_partner_whom_to_ask_and_where_its_link_leads(
    post_room: PostRoom, first_mail: Mail, new_page: Callable[[], Page]
) -> None:
    expect_all(
        first_mail,
        new_page(),
        "Bonjour Anne-Gaëlle d'O Dupont,",
        "votre organisme (courriel)",
        "Votre identifiant est votre adresse électronique : dupont@courriel.example",
        "Le lien a expiré ou a déjà servi ?",
        "Ce message vient-il bien de la Caf ?",
        f"Il est envoyé par {SENDER}.",
        f"L’adresse du lien commence par {post_room.office.settings.keycloak.url}/",
        f"Écrivez à la Caf : {CONTACT}",
        "Conditions d’utilisation",
    )
    assert TERMS in first_mail.text


@pytest.mark.rule("D6")
def test_the_first_e_mail_is_readable_on_a_phone_and_by_a_screen_reader(
    first_mail: Mail, new_page: Callable[[], Page]
) -> None:
    page = new_page()
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.set_content(first_mail.html)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect_no_grave_fault(page)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Créez votre mot de passe")
    assert page.get_by_role("heading", level=2).count() >= 4


@pytest.mark.rule("P5")
def test_who_lets_the_link_expire_gets_another_one_from_the_page_that_the_e_mail_names(
    post_room: PostRoom, first_mail: Mail, new_page: Callable[[], Page]
) -> None:
    page = new_page()
    page.set_content(first_mail.html)
    page.get_by_role("link", name="Demander un nouveau lien").click()
    page.fill("#username", first_mail.to)
    page.click("[type=submit]")
    again = post_room.office.mailbox.wait_for(2, first_mail.to)[-1]

    assert again.subject == "Plateforme Coopération : votre nouveau mot de passe"
    expect_all(
        again,
        page,
        "Bonjour Anne-Gaëlle d'O Dupont,",
        "Ce lien fonctionne pendant 30 minutes et ne sert qu’une fois",
        "Ne faites rien : votre mot de passe ne change pas.",
        CONTACT,
    )
    page.get_by_role("link", name="Créer un nouveau mot de passe").click()
    expect(page.locator("#password-new")).to_be_visible()


def test_after_a_change_of_address_the_e_mail_says_why_it_comes(
    post_room: PostRoom, first_mail: Mail, new_page: Callable[[], Page]
) -> None:
    (user,) = post_room.administrator.get(f"{post_room.realm}/users", email=first_mail.to, exact="true")
    before = len(post_room.office.mailbox.messages(first_mail.to))
    post_room.administrator.request("put", f"{post_room.realm}/users/{user['id']}/send-verify-email")

    mail = post_room.office.mailbox.wait_for(before + 1, first_mail.to)[-1]

    assert mail.subject == "Plateforme Coopération : confirmez votre adresse électronique"
    page = new_page()
    expect_all(mail, page, "L’adresse électronique de votre accès à la plateforme Coopération a changé.", SENDER)
    expect(page.get_by_role("link", name="Confirmer mon adresse électronique")).to_be_visible()


def test_where_the_realm_has_a_partner_s_name_and_no_address_to_send_people_to_the_e_mail_says_so_without_harm(
    post_room: PostRoom, new_page: Callable[[], Page]
) -> None:
    localization = f"{post_room.realm}/localization/fr"
    before = post_room.administrator.get(localization)
    name = 'Mairie d\'Aire & <b onclick="alert(1)">{0}</b>'
    texts = dict.fromkeys(("cooperationContact", "cooperationPrivacyUrl", "cooperationTermsUrl"), "")
    texts["cooperationPartner.mairie-d-aire"] = name.replace("'", "''").replace("{", "'{'")
    post_room.administrator.request("post", localization, {**before, **texts})

    mail = post_room.invite("mairie-d-aire")

    post_room.administrator.request("post", localization, before)
    page = new_page()
    expect_all(
        mail,
        page,
        f"votre organisme ({name})",
        "Adressez-vous à la personne chargée des habilitations dans votre organisme.",
        "se trouvent sur la plateforme",
        "https://ctg.caf.fr",
    )
    expect(page.locator("b")).to_have_count(0)  # the signs are shown, they make no element
    assert "Conditions d’utilisation" not in mail.text
