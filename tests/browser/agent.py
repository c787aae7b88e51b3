"""An agent of the Caf before a browser: the mailed link, the password, the second factor, the officer's page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from playwright.sync_api import Page, expect

from provisioner.settings import Settings
from tests.browser.person import expect_french, proceed
from tests.browser.platform import claims
from tests.shared.pace import PATIENCE

PASSWORD = "Abcdefgh-1234"
_STEP_SECONDS = 30


class Authenticator:
    """The application on a telephone: it never shows the same code twice."""

    def __init__(self, key: str) -> None:
        self._key = base64.b32decode(key.replace(" ", "") + "=" * (-len(key.replace(" ", "")) % 8))
        self._used = -1

    def code(self) -> str:
        """The code of now (RFC 6238); of the next half minute once this one's was shown, which Keycloak takes too."""
        self._used = max(int(time.time()) // _STEP_SECONDS, self._used + 1)
        digest = hmac.digest(self._key, struct.pack(">Q", self._used), "sha1")
        start = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


@dataclass(frozen=True)
class OfficersPage:
    """The officer's page as a client of the agents' realm: authorization code with PKCE and its secret."""

    settings: Settings
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def realm_url(self) -> str:
        keycloak = self.settings.keycloak
        return f"{keycloak.url}/realms/{keycloak.realm}-agents"

    @property
    def address(self) -> str:
        return f"{self.settings.web.url}/connexion"

    def sign_in_url(self, **more: str) -> str:
        """Where the page sends an agent who is not signed in."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "client_id": "provisioner-web",
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": self.address,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **more,
        }
        return f"{self.realm_url}/protocol/openid-connect/auth?{urlencode(asked)}"

    def identity(self, page: Page) -> Any:
        """What Keycloak says of the agent who has just come back to the page."""
        expect(page).to_have_url(re.compile(re.escape(self.address) + r"\?"))
        secret = self.settings.web.client_secret
        assert secret is not None
        (code,) = parse_qs(urlsplit(page.url).query)["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.address,
            "client_id": "provisioner-web",
            "client_secret": secret.get_secret_value(),
            "code_verifier": self.verifier,
        }
        answer = requests.post(f"{self.realm_url}/protocol/openid-connect/token", data=form, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        return claims(json.loads(answer.text)["id_token"])


@dataclass
class Agent:
    """Somebody of the Caf, before a browser of their own."""

    email: str
    page: Page
    site: OfficersPage
    new_page: Callable[[], Page] = field(repr=False)
    telephone: Authenticator | None = None

    def enrol(self, link: str) -> None:
        """From the mailed link to a second factor and a password."""
        self.page.goto(link)
        expect_french(self.page)
        proceed(self.page).click()
        self.enrol_telephone()
        self.choose_password()
        expect_done(self.page)

    def enrol_telephone(self) -> None:
        """Fills the form of the application, by its key as text."""
        expect_french(self.page)
        self.page.click("#mode-manual")
        self.telephone = Authenticator(self.page.locator("#kc-totp-secret-key").inner_text())
        self.page.fill("#totp", self.telephone.code())
        self.page.fill("#userLabel", "Téléphone")
        self.page.click("#saveTOTPBtn")

    def choose_password(self) -> None:
        self.page.fill("#password-new", PASSWORD)
        self.page.fill("#password-confirm", PASSWORD)
        self.page.click("#kc-submit, [type=submit]:not([name=cancel-aia])")

    def give_password(self, password: str = PASSWORD, **more: str) -> None:
        """Comes from the officer's page, and gives address and password."""
        self.page.goto(self.site.sign_in_url(**more))
        expect_french(self.page)
        self.page.fill("#username", self.email)
        self.page.fill("#password", password)
        self.page.click("#kc-login")

    def give_code(self) -> None:
        assert self.telephone is not None
        expect_french(self.page)
        self.page.fill("#otp", self.telephone.code())
        self.page.click("#kc-login")


def expect_done(page: Page) -> None:
    """All that the link asked for is done; in the theme's words or in Keycloak's own."""
    expect(page.get_by_role("heading", name=re.compile("Compte mis à jour|Votre accès est prêt"))).to_be_visible()


def expect_refused_for_want_of_a_factor(page: Page) -> None:
    """A page that says whom to ask, and offers nothing to enrol."""
    expect(page.get_by_text("aucun second facteur n’est enregistré")).to_be_visible()
    expect_french(page)
    expect(page.locator("form")).to_have_count(0)
