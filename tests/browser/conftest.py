"""One browser, one realm and one annexe for all these tests; each takes persons whom no other test uses."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from provisioner.domain import realm_model
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.realm import apply_realm
from provisioner.settings import Settings
from tests.browser.person import Person
from tests.browser.platform import PlatformLogin, PlatformSite
from tests.browser.screen import Look
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mailbox
from tests.shared.office import FIRST_DAY, Office, annexe_csv
from tests.shared.pace import PATIENCE

#: An annexe's persons are told from those of other tests, who share the mailbox, by a domain with such a number.
_numbers = itertools.count(1)

_NAMES = (
    *("arnaud", "blanchet", "caron", "delmas", "evrard", "fontaine", "germain", "huet", "imbert", "joly", "klein"),
    *("lemaire", "marchand", "navarre", "olivier", "perrin", "quentin", "roussel", "simon", "texier", "urbain"),
    *("vasseur", "weber", "abadie", "bertin", "carlier", "duhamel", "etienne", "faure", "gaillard", "hamel", "jacob"),
)
#: What the realm's pages lead to.
PRIVACY_URL = "https://ctg.caf.example/mentions-information"
CONTACT = "aide-plateforme@caf.example"

_SEEN_WITHIN_MS = PATIENCE * 1000
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Of the package, not of the run: while Playwright runs, its event loop is the main thread's running one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.fail("These tests need a browser: apt-get install chromium")
    expect.set_options(timeout=_SEEN_WITHIN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def platform() -> Iterator[PlatformSite]:
    site = PlatformSite()
    yield site
    site.stop()


@pytest.fixture(scope="package")
def office(
    new_settings: Callable[..., Settings],
    mailbox: Mailbox,
    platform: PlatformSite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Office:
    """An office whose realm leads to the platform's page; no annexe yet."""
    home = tmp_path_factory.mktemp("office")
    settings = new_settings(home / "data", PLATFORM__URL=platform.url, PLATFORM__PRIVACY_URL=PRIVACY_URL)
    apply_realm(settings, {realm_model.CONTACT: CONTACT})
    office = Office(settings, mailbox, home)
    office.environment["PROVISIONER_PLATFORM__URL"] = platform.url
    return office


@pytest.fixture
def look(request: pytest.FixtureRequest, office: Office, admin: Administrator) -> Look:
    """Whose pages the realm shows: our theme's where a test does not say another (`both_looks`)."""
    look: Look = getattr(request, "param", Look.THEME)
    path = f"admin/realms/{office.settings.keycloak.realm}"
    realm = admin.get(path)
    if realm.get("loginTheme", "") != look.login_theme:
        admin.request("put", path, {**realm, "loginTheme": look.login_theme})
    return look


@pytest.fixture(scope="package")
def invited(office: Office) -> Iterator[str]:
    """The addresses of persons whom one applied annexe has just invited, each to be used once."""
    domain = f"navigateur-{next(_numbers)}.example"
    office.add_partner("navigateur", domain)
    annexe = annexe_csv(office.home / "annexe.csv", dict.fromkeys(_NAMES, "2026-06-10"), {}, "2026-06-15", domain)
    office.apply(annexe, today=FIRST_DAY, partner="navigateur")
    return (f"{name}@{domain}" for name in _NAMES)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a page that shares no cookie with another."""
    contexts: list[BrowserContext] = []

    def new() -> Page:
        contexts.append(browser.new_context(locale="fr-FR"))
        contexts[-1].set_default_timeout(_SEEN_WITHIN_MS)
        return contexts[-1].new_page()

    yield new
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class People:
    """Puts persons before a browser."""

    office: Office
    new_page: Callable[[], Page]

    def person(self, email: str) -> Person:
        keycloak = self.office.settings.keycloak
        realm_url = f"{keycloak.url}/realms/{keycloak.realm}"
        return Person(
            email=EmailAddress(email),
            page=self.new_page(),
            mailbox=self.office.mailbox,
            platform=PlatformLogin(realm_url, self.office.settings.platform.url),
            account_url=f"{realm_url}/account",
            new_page=self.new_page,
        )


@pytest.fixture
def people(office: Office, new_page: Callable[[], Page], look: Look) -> People:
    """Before the pages of `look`."""
    return People(office, new_page)


@pytest.fixture
def person(people: People, invited: Iterator[str]) -> Person:
    """Somebody who has the e-mail and has done nothing yet."""
    return people.person(next(invited))


@pytest.fixture
def active(person: Person) -> Person:
    """Somebody who has made the password PASSWORD, and is not logged in."""
    person.activate()
    return person
