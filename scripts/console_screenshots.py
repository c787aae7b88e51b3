"""The pictures of docs/console.md: the trial run's realm in Keycloak's own console, in French.

`make screenshots` takes them anew, on a Keycloak of its own; tests/browser/test_console.py goes the same way.
"""

from __future__ import annotations

import io
import json
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from rich.console import Console as Terminal

from provisioner.keycloak.connection import administrator_connection
from provisioner.sandbox.demo import PARTNER, REALM, Demo, Mailbox, story
from provisioner.sandbox.keycloak import start_keycloak
from provisioner.settings import KeycloakSettings, load_settings

IMAGES = Path(__file__).parents[1] / "docs" / "images"

_SIZE = {"width": 1200, "height": 760}
_COLOURS = 64
_PERSON = f"alice.carpentier@{PARTNER}.example"
_PASSWORD = "Coquelicot-17"  # noqa: S105 - of an invented person, for a minute
#: For each step: a console that is opened first on a busy machine takes its time.
PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Console:
    """The console, and whom it is to show: a person who is logged in, and their partner's code."""

    url: str
    realm: str
    username: str
    password: str
    person: str
    person_id: str
    partner: str

    def tour(self, page: Page) -> Iterator[str]:
        """Shows what an administrator looks at; the name of each picture, while it is to be seen."""
        where = f"{self.url}/admin/master/console/#/{self.realm}"
        page.goto(f"{where}/users")
        page.fill("#username", self.username)
        page.fill("#password", self.password)
        page.click("#kc-login")
        page.locator("td").get_by_role("link", name="@").first.wait_for()
        yield "comptes"
        page.goto(f"{where}/users/{self.person_id}/settings")
        page.get_by_test_id("attributes.partenaire0").wait_for()
        page.get_by_role("heading", name="Habilitation").evaluate("heading => heading.scrollIntoView()")
        yield "habilitation"
        page.locator("label", has=page.get_by_test_id(f"{self.person}-switch")).click()
        page.get_by_role("dialog").wait_for()
        yield "suspension"
        page.get_by_role("dialog").get_by_test_id("cancel").click()
        page.goto(f"{where}/users/{self.person_id}/sessions")
        page.locator("td", has_text="127.0.0.1").first.wait_for()
        yield "sessions"
        page.get_by_test_id("events-tab").click()
        page.locator("td", has_text="LOGIN").first.wait_for()
        yield "connexions"
        page.goto(f"{where}/events/admin-events")
        page.locator("td", has_text="USER").first.wait_for()
        yield "actes"
        page.goto(f"{where}/groups")
        page.get_by_role("treeitem", name="partenaires").get_by_role("button").first.click()
        page.get_by_role("treeitem", name=self.partner).get_by_text(self.partner).click()
        page.get_by_test_id("members").click()
        page.locator("td").get_by_role("link", name="@").first.wait_for()
        yield "groupe"


def save(page: Page, file: Path) -> None:
    """What is to be seen, in few colours: some 30 KiB."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> int:
    """Runs the trial, then takes each picture."""
    with tempfile.TemporaryDirectory(prefix="provisioner-console-") as folder:
        home = Path(folder)
        mailbox = Mailbox(home / "mail")
        try:
            with start_keycloak(log_file=home / "keycloak.log") as keycloak:
                demo = Demo(Terminal(), home, keycloak, mailbox)
                if status := story(demo):
                    return status
                _take(load_settings(environment=demo.settings).keycloak, mailbox)
        finally:
            mailbox.stop()
    return 0


def _take(settings: KeycloakSettings, mailbox: Mailbox) -> None:
    lasting, password = "claire.martin", secrets.token_urlsafe(16)
    console = Console(settings.url, REALM, lasting, password, _PERSON, _prepare(settings, lasting, password), PARTNER)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        _log_in(browser.new_context(locale="fr-FR").new_page(), settings, mailbox)
        page = browser.new_context(locale="fr-FR", viewport=_SIZE).new_page()
        page.set_default_timeout(PATIENCE_MS)
        for name in console.tour(page):
            time.sleep(1)  # what slides in has come to rest; nothing is concluded from it
            save(page, IMAGES / f"console-{name}.png")
        browser.close()


def _prepare(settings: KeycloakSettings, name: str, password: str) -> str:
    """Makes a lasting administrator and the console French; the id of the person."""
    connection = administrator_connection(settings)
    master = "admin/realms/master"
    french = {"internationalizationEnabled": True, "supportedLocales": ["fr"], "defaultLocale": "fr"}
    connection.raw_put(master, data=json.dumps(french))
    credential = {"type": "password", "value": password}
    user = {"username": name, "firstName": "Claire", "lastName": "Martin", "email": "claire.martin@caf.example"}
    made = connection.raw_post(
        f"{master}/users", data=json.dumps(user | {"enabled": True, "credentials": [credential]})
    )
    roles = [connection.raw_get(f"{master}/roles/admin").json()]
    id_ = made.headers["Location"].rsplit("/", 1)[1]
    connection.raw_post(f"{master}/users/{id_}/role-mappings/realm", data=json.dumps(roles))
    (person,) = connection.raw_get(f"admin/realms/{REALM}/users", email=_PERSON, exact="true").json()
    connection.close()
    return str(person["id"])


def _log_in(page: Page, settings: KeycloakSettings, mailbox: Mailbox) -> None:
    """The person makes a password by the mailed link, and logs in."""
    page.set_default_timeout(PATIENCE_MS)
    body = next(mail for mail in mailbox.messages if mail["To"] == _PERSON).get_body(("plain",))
    assert body is not None
    link = re.search(r"https?://\S+/login-actions/\S+", body.get_content())
    assert link is not None
    page.goto(link[0])
    page.locator('a[href*="/login-actions/"]').first.click()
    page.fill("#password-new", _PASSWORD)
    page.fill("#password-confirm", _PASSWORD)
    page.click("#kc-submit, [type=submit]:not([name=cancel-aia])")
    page.locator("#password-new").wait_for(state="detached")
    page.goto(f"{settings.url}/realms/{REALM}/account/")
    page.fill("#username", _PERSON)
    page.fill("#password", _PASSWORD)
    page.click("#kc-login")
    page.wait_for_url("**/account/**")


if __name__ == "__main__":
    sys.exit(main())
