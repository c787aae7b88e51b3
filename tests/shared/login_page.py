"""Keycloak's login page as a browser uses it, without a browser: from any address of this machine."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from provisioner.settings import KeycloakSettings

#: Any challenge will do: nobody asks for the token.
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class _From(HTTPAdapter):
    """Calls from one of the machine's own addresses: 127.0.9.1 is another network than 127.0.1.1."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments: object, **named: object) -> None:
        super().init_poolmanager(*arguments, **named, source_address=(self.address, 0))  # type: ignore[arg-type]


def log_in(settings: KeycloakSettings, email: str, password: str, address: str = "127.0.0.1") -> bool:
    """Sends the form with that name and password; whether the person is in. The session stays."""
    realm = f"{settings.url}/realms/{settings.realm}"
    asked = {
        "client_id": "account-console",
        "redirect_uri": f"{realm}/account/",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    with requests.Session() as browser:
        browser.mount("http://", _From(address))
        page = browser.get(f"{realm}/protocol/openid-connect/auth?{urlencode(asked)}", timeout=20)
        form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        assert form is not None, page.status_code
        for cookie in browser.cookies:  # browsers send secure cookies to this machine even without TLS
            cookie.secure = False
        sent = {"username": email, "password": password}
        answer = browser.post(html.unescape(form[1]), data=sent, timeout=20, allow_redirects=False)
        return answer.status_code == requests.codes.found
