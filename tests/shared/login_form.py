"""The login page as a browser posts it: real requests with their cookies, without a browser's seconds."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

from provisioner.settings import Settings

_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).decode().rstrip("=")
_ACTION = re.compile(r'<form id="kc-form-login"[^>]*action="([^"]+)"')


class LoginForm:
    """The platform's login page of one realm; a thread has its own.

    `address` is this machine's from which it calls: 127.0.9.1 is another network than 127.0.1.1.
    """

    def __init__(self, settings: Settings, address: str = "127.0.0.1", scope: str = "openid") -> None:
        self._openid = f"{settings.keycloak.url}/realms/{settings.keycloak.realm}/protocol/openid-connect"
        self._client = {"client_id": "cooperation", "redirect_uri": settings.platform.url}
        asked = {
            **self._client,
            "response_type": "code",
            "scope": scope,
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
        }
        self._url = f"{self._openid}/auth?{urlencode(asked)}"
        self._http = requests.Session()
        self._http.cookies.set_policy(_Nobodys())
        self._http.mount("http://", _From(address))

    def log_in(self, user_name: str, password: str) -> bool:
        """Opens the page in a browser of its own, fills it and sends it; whether it let the person in."""
        return "code=" in self._send(user_name, password).headers.get("Location", "")

    def tokens(self, user_name: str, password: str) -> dict[str, str] | None:
        """Logs in as the platform has it done: its tokens, None when the page lets nobody in."""
        answer = self._send(user_name, password)
        (code,) = parse_qs(urlsplit(answer.headers.get("Location", "")).query).get("code", [None])
        if code is None:
            return None
        return self._token(grant_type="authorization_code", code=code, code_verifier=_VERIFIER)

    def renew(self, refresh_token: str) -> dict[str, str] | None:
        """The tokens in place of an older one; None when Keycloak gives none."""
        return self._token(grant_type="refresh_token", refresh_token=refresh_token)

    def _token(self, **asked: str) -> dict[str, str] | None:
        answer = self._http.post(f"{self._openid}/token", data={**self._client, **asked})
        assert answer.status_code in {200, 400}, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens if answer.ok else None

    def _send(self, user_name: str, password: str) -> requests.Response:
        page = self._http.get(self._url, allow_redirects=False)
        if "error=" in page.headers.get("Location", ""):  # the platform asks for what it may not have
            return page
        action = _ACTION.search(page.text)
        assert action is not None, page.text
        # A browser counts « localhost » as safe and gives such a page its cookies back though they are « Secure ».
        cookies = "; ".join(cookie.split(";")[0] for cookie in page.raw.headers.getlist("Set-Cookie"))
        return self._http.post(
            html.unescape(action.group(1)),
            data={"username": user_name, "password": password},
            headers={"Cookie": cookies},
            allow_redirects=False,
        )

    def close(self) -> None:
        """Gives the sockets back."""
        self._http.close()


class _From(HTTPAdapter):
    """Calls from that address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: object, **named: object) -> None:
        super().init_poolmanager(*arguments, **named, source_address=(self._address, 0))  # type: ignore[arg-type]


class _Nobodys(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    """Keeps no cookie: each login is another browser's."""

    def __init__(self) -> None:
        super().__init__(allowed_domains=[])
