"""Where Keycloak does not answer, the sentence says in French why."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from urllib3.exceptions import SSLError

from provisioner.domain.errors import Silence, SystemFailed
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.way import why_silent
from provisioner.settings import KeycloakSettings, SettingsError
from provisioner.views.refusals import failure


def _said(url: str) -> str:
    with pytest.raises(SystemFailed) as failed:
        Connection(KeycloakSettings(url=url), client_id="provisioner").get_token()
    return failure(failed.value, url)


@pytest.fixture
def proxy_page() -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Maintenance</html>")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_closed_port_an_unknown_host_and_another_server_are_told_apart(proxy_page: str) -> None:
    with socket.socket() as taken:  # nobody listens on it
        taken.bind(("127.0.0.1", 0))
        assert "ne répond pas (connexion refusée) : «" in _said(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert "ne répond pas (nom d'hôte inconnu) : «" in _said("http://keycloak.invalid")
    assert _said(proxy_page).startswith(f"Ce n'est pas Keycloak qui répond ({proxy_page}) : «")


def test_a_certificate_is_told_too() -> None:
    refused = SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")
    assert why_silent(refused) == Silence.CERTIFICATE


def test_authorities_that_are_not_there_are_told_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/authorities.pem")
    assert "ne répond pas" in _said("https://127.0.0.1:9")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "ftp://proxy.example", "::::"])
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SettingsError, match="HTTPS_PROXY"):
        Connection(KeycloakSettings(url="https://sso.example"), client_id="provisioner").get_token()


def test_a_proxy_that_is_not_for_keycloak_is_nothing_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("NO_PROXY", "localhost,[::1],127.0.0.1")
    with socket.socket() as taken:  # nobody listens on it
        taken.bind(("127.0.0.1", 0))
        assert "connexion refusée" in _said(f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_once_there_is_a_token_the_same_is_told_by_the_library_below() -> None:
    with socket.socket() as taken:  # nobody listens on it
        taken.bind(("127.0.0.1", 0))
        assert _silence(f"http://127.0.0.1:{taken.getsockname()[1]}") == Silence.REFUSED
    assert _silence("http://keycloak.invalid") == Silence.UNKNOWN_HOST
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert _silence(f"http://127.0.0.1:{deaf.getsockname()[1]}") == Silence.TIME_OUT


def _silence(url: str) -> object:
    known = Connection(KeycloakSettings(url=url, timeout_seconds=0.2), client_id="provisioner")
    known.token = {"access_token": "known", "expires_in": 60}
    with pytest.raises(SystemFailed) as failed:
        known.raw_put("admin/realms/caf/users/id/execute-actions-email", "[]")  # sent once, whatever comes
    known.close()
    return failed.value.values["why"]
