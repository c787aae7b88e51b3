"""A stand-in for the platform: one page on this machine, and the platform's way to log a person in."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Page, expect

from provisioner.keycloak.invitations import PLATFORM_CLIENT

_PAGE = b'<!DOCTYPE html><html lang="fr"><title>Plateforme</title><h1>Bienvenue</h1></html>'

#: Sent by the page itself, so that the answer also shows that Keycloak admits the platform's origin.
_POST = """async ([url, form]) => {
  const answer = await fetch(url, {method: "POST", body: new URLSearchParams(form)});
  return [answer.status, await answer.json()];
}"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class PlatformSite:
    """The page where the links and the logins end."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.url = f"http://localhost:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class PlatformLogin:
    """Authorization code with PKCE, as the platform's client does it."""

    def __init__(self, realm_url: str, platform_url: str) -> None:
        self._openid = f"{realm_url}/protocol/openid-connect"
        self._home = platform_url
        self._verifier = secrets.token_urlsafe(48)

    def url(self, scope: str = "openid") -> str:
        """Where the platform sends a person who is not logged in."""
        return f"{self._openid}/auth?{urlencode(self._request(scope))}"

    def registration_url(self) -> str:
        """Where a person could make an account alone, were it allowed."""
        return f"{self._openid}/registrations?{urlencode(self._request('openid'))}"

    def logout_url(self) -> str:
        """Where a person ends the session, and is asked first."""
        return f"{self._openid}/logout"

    def _request(self, scope: str) -> dict[str, str]:
        digest = hashlib.sha256(self._verifier.encode()).digest()
        return {
            "client_id": PLATFORM_CLIENT,
            "response_type": "code",
            "scope": scope,
            "redirect_uri": self._home,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }

    def tokens(self, page: Page) -> dict[str, str]:
        """The tokens for the code that the page has just been given."""
        (code,) = parse_qs(urlsplit(page.url).query)["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._home}
        status, answer = self._post(page, {**form, "code_verifier": self._verifier})
        assert status == 200, answer
        return answer

    def refresh(self, page: Page, refresh_token: str) -> tuple[int, dict[str, str]]:
        """The status and the answer to a refresh; `page` is on the platform."""
        return self._post(page, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def _post(self, page: Page, form: dict[str, str]) -> tuple[int, dict[str, str]]:
        status, answer = page.evaluate(_POST, [f"{self._openid}/token", {"client_id": PLATFORM_CLIENT, **form}])
        return status, answer

    def log_out(self, page: Page, id_token: str) -> None:
        """Ends the session and comes back to the platform."""
        query = urlencode({"id_token_hint": id_token, "post_logout_redirect_uri": self._home})
        page.goto(f"{self._openid}/logout?{query}")
        expect(page).to_have_url(self._home)


def claims(token: str) -> Any:
    """What a token says. Its signature is not what these tests are about."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
