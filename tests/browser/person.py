"""What a person does in a browser: follows a mailed link, makes a password, logs in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from playwright.sync_api import Locator, Page, expect

from provisioner.domain.people import EmailAddress
from tests.browser.platform import PlatformLogin
from tests.shared.mailbox import Mailbox

PASSWORD = "Abcdef1!"

#: Words that no French sentence has.
_ENGLISH = re.compile(
    r"\b(?:the|your?|please|password|account|click|here|back|sign|log(?:in|ged)?|welcome|update[ds]?|users?|username|"
    r"error|has|been|this|with|from|for|and|of|to|is|are|link|expired|show|hide|submit|cancel|e-?mail)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+")

#: All that a page says, aloud too.
_WORDS = """() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")].flatMap((element) =>
    ["aria-label", "title", "placeholder", "alt"].map((name) => element.getAttribute(name) ?? ""))].join("\\n")"""


@dataclass(frozen=True)
class Person:
    """A person of an annexe before a browser of their own: nothing is shared with another one."""

    email: EmailAddress
    page: Page
    mailbox: Mailbox
    platform: PlatformLogin
    account_url: str
    new_page: Callable[[], Page] = field(repr=False)

    def elsewhere(self) -> Person:
        """The same person before another browser."""
        return replace(self, page=self.new_page())

    def link(self, number: int = 1) -> str:
        """The link of the e-mail with this number, once it is there; no e-mail came after it."""
        mails = self.mailbox.wait_for(number, self.email)
        assert len(mails) == number, [mail.subject for mail in mails]
        return mails[-1].links[0]

    def follow_invitation(self) -> None:
        """Opens the link of the first e-mail, and the page behind it."""
        self.page.goto(self.link())
        expect_french(self.page)
        proceed(self.page).click()

    def choose_password(self, password: str) -> None:
        """Fills the form and sends it."""
        expect(self.page.locator("#password-confirm")).to_be_visible()
        expect_french(self.page)
        self.page.fill("#password-new", password)
        self.page.fill("#password-confirm", password)
        self.page.click("#kc-submit, [type=submit]:not([name=cancel-aia])")

    def activate(self) -> None:
        """From the e-mail to a password."""
        self.follow_invitation()
        self.choose_password(PASSWORD)
        expect(password_is_made(self.page)).to_be_visible()

    def fill_login(self, password: str) -> None:
        """Fills the login page that is shown."""
        expect_login_page(self.page)
        expect_french(self.page)
        self.page.fill("#username", self.email)
        self.page.fill("#password", password)
        self.page.click("#kc-login")

    def log_in(self, password: str = PASSWORD, scope: str = "openid") -> None:
        """Comes from the platform to the login page, and tries."""
        self.page.goto(self.platform.url(scope))
        self.fill_login(password)

    def ask_for_new_password(self) -> None:
        """« Mot de passe oublié ? » on the login page."""
        self.page.goto(self.platform.url())
        self.page.get_by_role("link", name="Mot de passe oublié").click()
        expect_french(self.page)
        self.page.fill("#username", self.email)
        self.page.click("#kc-form-buttons")
        expect(alert(self.page)).to_contain_text("recevoir")


def alert(page: Page) -> Locator:
    """The message above a form."""
    return page.locator(".pf-v5-c-alert")


def proceed(page: Page) -> Locator:
    """What leads from a mailed link to its form: software that only opens links does not get there."""
    return page.locator(
        "#kc-info-message a", has_text=re.compile("Cliquez ici pour continuer|Créer mon mot de passe")
    )


def password_is_made(page: Page) -> Locator:
    """What a person reads after the password has been made: with our theme, with Keycloak's own pages."""
    return page.get_by_role("heading", name=re.compile("^(Votre mot de passe est créé|Compte mis à jour)$"))


def to_platform(page: Page) -> Locator:
    """The way to the platform."""
    return page.get_by_role("link", name=re.compile("Aller sur la plateforme|Revenir à l'application"))


def expect_french(page: Page) -> None:
    """The page says so, and has no word of English in its text, its title or what is read aloud only."""
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("body")).to_be_visible()
    assert english_words(page.evaluate(_WORDS)) == []


def english_words(text: str) -> list[str]:
    """What is English in a text, addresses apart."""
    return _ENGLISH.findall(_ADDRESS.sub("", text))


def expect_on_platform(page: Page) -> None:
    expect(page.get_by_role("heading", name="Bienvenue")).to_be_visible()


def expect_login_page(page: Page) -> None:
    expect(page.locator("#kc-form-login")).to_be_visible()


def expect_bad_password(page: Page) -> None:
    expect(page.get_by_text("Adresse électronique ou mot de passe incorrect")).to_be_visible()
    expect_login_page(page)


def expect_dead_link(page: Page) -> None:
    """A link that has served or expired is told, by our theme or by Keycloak's own page, and how to get another."""
    expect_refused(page, re.compile("Ce lien ne fonctionne plus$|ce lien ne fonctionne plus", re.IGNORECASE))
    expect(page.get_by_text(re.compile("Recevoir un nouveau lien|Pour en recevoir un nouveau"))).to_be_visible()


def expect_refused(page: Page, because: str | re.Pattern[str]) -> None:
    """An error page that says why, in French, and shows no form."""
    expect(page.get_by_text(because)).to_be_visible()
    expect_french(page)
    expect(page.locator("#password-new")).to_have_count(0)
    expect(proceed(page)).to_have_count(0)
