"""What a person does in a browser: follows a mailed link, makes a password, logs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from playwright.sync_api import Locator, Page, expect

from provisioner.domain.people import EmailAddress
from tests.browser.platform import PlatformLogin
from tests.shared.mailbox import Mailbox

PASSWORD = "Abcdef1!"


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
        expect_french(self.page)
        self.page.fill("#password-new", password)
        self.page.fill("#password-confirm", password)
        self.page.click("#kc-submit, [type=submit]:not([name=cancel-aia])")

    def activate(self) -> None:
        """From the e-mail to a password."""
        self.follow_invitation()
        self.choose_password(PASSWORD)
        expect(self.page.get_by_role("heading", name="Compte mis à jour")).to_be_visible()

    def fill_login(self, password: str) -> None:
        """Fills the login page that is shown."""
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
        self.page.get_by_role("button", name="Soumettre").click()
        expect(alert(self.page)).to_contain_text("Vous devriez recevoir rapidement un courriel")


def alert(page: Page) -> Locator:
    """The message above a form."""
    return page.locator(".pf-v5-c-alert")


def proceed(page: Page) -> Locator:
    """What leads from a mailed link to its form: software that only opens links does not get there."""
    return page.get_by_role("link", name="Cliquez ici pour continuer")


def expect_french(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def expect_on_platform(page: Page) -> None:
    expect(page.get_by_role("heading", name="Bienvenue")).to_be_visible()


def expect_login_page(page: Page) -> None:
    expect(page.locator("#kc-form-login")).to_be_visible()


def expect_bad_password(page: Page) -> None:
    expect(page.get_by_text("Adresse électronique ou mot de passe invalide")).to_be_visible()
    expect_login_page(page)


def expect_refused(page: Page, because: str) -> None:
    """An error page that says why, in French, and shows no form."""
    expect(page.get_by_text(because)).to_be_visible()
    expect_french(page)
    expect(page.locator("#password-new")).to_have_count(0)
    expect(proceed(page)).to_have_count(0)
