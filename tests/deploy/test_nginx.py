"""deploy/nginx.conf, by a real nginx: what of Keycloak is reached from outside, how often, and what it is told."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from provisioner.sandbox.process import ServerProcess, free_ports, wait_until
from provisioner.settings import Settings
from tests.shared.pace import PATIENCE

SAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NAME, REALM = "sso.caf.example", "/realms/cooperation"
OPENID = f"{REALM}/protocol/openid-connect"
#: An address of this machine that the file under test takes for one of the Caf's own network.
INSIDE = "127.0.0.2"


class _Keycloak(BaseHTTPRequestHandler):
    """Stands in for Keycloak where what matters is only what reaches it: answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}).encode()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Keycloak)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class Proxy:
    """nginx with the sample file, of which only names are changed: ports, certificate, logs, own network, realm."""

    def __init__(self, home: Path, upstream: int, realm: str) -> None:
        program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            pytest.fail("These tests need nginx: apt-get install nginx")
        self.home = home
        plain, self.port = free_ports(2)
        self.certificate = home / "tls.pem"
        key, name = f"{home}/tls.key", f"subjectAltName=DNS:{NAME},IP:127.0.0.1"
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        made += ["-keyout", key, "-out", str(self.certificate), "-days", "2", "-subj", f"/CN={NAME}", "-addext", name]
        subprocess.run(made, check=True, capture_output=True)
        places = {
            "127.0.0.1:8080": f"127.0.0.1:{upstream}",
            "192.0.2.0/24": f"{INSIDE}/32",
            "/etc/nginx/tls/sso.caf.example": str(home / "tls"),
            "/var/log/nginx": str(home),
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "listen 80": f"listen 127.0.0.1:{plain}",
            "/realms/cooperation/": f"/realms/{realm}/",
        }
        text = re.sub(r" *listen \[::\].*\n", "", SAMPLE.read_text("utf-8"))
        for sample, here in places.items():
            assert sample in text, sample
            text = text.replace(sample, here)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {home}/{kind};" for kind in kinds)
        head = f"daemon off; pid {home}/pid; error_log {home}/error.log; events {{}}"
        (home / "nginx.conf").write_text(f"{head} http {{ {folders}\n{text}\n}}")
        command = [program, "-p", str(home), "-c", str(home / "nginx.conf")]
        tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tested.returncode == 0, tested.stderr
        self._process = ServerProcess(command, home / "nginx.log")
        wait_until(self._answers, lambda: self._process.is_running, "nginx", home / "nginx.log", 30)

    def stop(self) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        try:
            return self.ask("/robots.txt").status_code == 200
        except requests.ConnectionError:
            return False

    def ask(self, path: str, *, source: str = "127.0.0.1", method: str = "GET", **headers: str) -> requests.Response:
        """What is answered to a caller at that address; the path goes out as it is written here."""
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self.certificate)
            adapter = HTTPAdapter()
            adapter.init_poolmanager(1, 1, source_address=(source, 0))
            session.mount("https://", adapter)
            url = f"https://127.0.0.1:{self.port}"
            asked = session.prepare_request(requests.Request(method, url, headers={"Host": NAME, **headers}))
            asked.url = url + path
            return session.send(asked, timeout=PATIENCE, allow_redirects=False)


@pytest.fixture
def new_proxy(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    proxies: list[Proxy] = []

    def new(upstream: int, realm: str = "cooperation") -> Proxy:
        proxies.append(Proxy(tmp_path, upstream, realm))
        return proxies[-1]

    yield new
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def proxy(new_proxy: Callable[..., Proxy], upstream: int) -> Proxy:
    return new_proxy(upstream)


def seen(answer: requests.Response) -> dict[str, Any]:
    """What reached Keycloak."""
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


FOR_PERSONS = [
    f"{OPENID}/auth?client_id=cooperation",
    f"{OPENID}/token",
    f"{OPENID}/logout",
    f"{OPENID}/logout/logout-confirm",
    f"{OPENID}/certs",
    f"{OPENID}/3p-cookies/step1.html",
    f"{REALM}/login-actions/authenticate?session_code=a%2Fb;c",
    f"{REALM}/login-actions/action-token?key=eyJ",
    f"{REALM}/login-actions/reset-credentials",
    f"{REALM}/.well-known/openid-configuration",
    f"{REALM}/account/",
    "/resources/abcde/login/keycloak.v2/css/styles.css",
]
FOR_US = [
    "/admin/master/console/",
    "/admin/realms/cooperation/users",
    "/realms/master/protocol/openid-connect/token",
    "/realms/master/.well-known/openid-configuration",
    f"{REALM}/clients-registrations/default",
    f"{OPENID}/auth/device",
    f"{OPENID}/ext/ciba/auth",
    f"{REALM}/protocol/saml",
    REALM + "/",
]
FOR_NOBODY = [
    "/",
    "/health/ready",
    "/metrics",
    "/realms",
    f"{REALM}/login-actions/..;/..;/master/account/",
    f"{REALM}/login-actions/%2e%2e/%2e%2e/master/account/",
    f"{REALM}/login-actions/..%2f..%2fmaster/account/",
    f"{REALM}/login-actions/%252e%252e/master/",
    "/realms/master;x=1/account/",
]


@pytest.mark.rule("P1")
def test_from_outside_only_what_persons_need_is_reached_and_the_administrators_realm_is_not(proxy: Proxy) -> None:
    for path in FOR_PERSONS:
        assert seen(proxy.ask(path))["path"] == path
    for path in (*FOR_US, *FOR_NOBODY, f"{REALM}/login-actions/../../master/account/", "/realms//master/account/"):
        answer = proxy.ask(path)
        assert (answer.status_code, "headers" in answer.text) == (404, False), path
    for path in (*FOR_PERSONS, *FOR_US):
        assert seen(proxy.ask(path, source=INSIDE))["path"] == path
    for path in FOR_NOBODY:
        assert proxy.ask(path, source=INSIDE).status_code == 404, path


def test_keycloak_is_told_who_calls_whatever_the_caller_says(proxy: Proxy) -> None:
    lies = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "80",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "for=198.51.100.1;host=evil.example",
    }
    headers = seen(proxy.ask(f"{OPENID}/auth", **lies))["headers"]
    told = {name: value for name, value in headers.items() if "forward" in name or name == "host"}
    assert told == {
        "host": NAME,
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": NAME,
        "x-forwarded-port": "443",
    }


def test_each_answer_keeps_browsers_to_tls_and_no_link_is_written_down(proxy: Proxy) -> None:
    for path in (f"{REALM}/login-actions/action-token?key=geheim", "/nowhere?key=geheim"):
        answer = proxy.ask(path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert answer.headers["Server"] == "nginx"
    statuses = [
        proxy.ask(f"{REALM}/login-actions/action-token?key=geheim", method="POST").status_code for _ in range(60)
    ]
    assert 429 in statuses
    proxy.stop()
    written = "".join(path.read_text("utf-8") for path in proxy.home.glob("*.log"))
    assert f"{REALM}/login-actions/action-token" in written
    assert "geheim" not in written


@pytest.mark.rule("P1")
def test_who_tries_many_passwords_or_addresses_is_slowed_and_the_others_are_not(proxy: Proxy) -> None:
    def burst(path: str, count: int, *, source: str = "127.0.0.1", method: str = "POST") -> list[int]:
        return [proxy.ask(path, source=source, method=method).status_code for _ in range(count)]

    login, forgotten = f"{REALM}/login-actions/authenticate", f"{REALM}/login-actions/reset-credentials"
    assert set(burst(forgotten, 5)) == {200}
    assert 429 in burst(forgotten, 30)
    assert set(burst(login, 30)) == {200}, "a forgotten password is counted by itself"
    refused = next(answer for _ in range(120) if (answer := proxy.ask(login, method="POST")).status_code == 429)
    assert "Veuillez patienter" in refused.text
    assert refused.headers["Content-Type"] == "text/html; charset=utf-8"
    assert refused.headers["Retry-After"] == "60"
    assert set(burst(login, 5, source="127.0.0.3")) == {200}, "another address is not slowed"
    assert set(burst(login, 45, source="127.0.0.3", method="GET")) == {200}, "a page is not a try"
    assert set(burst(login, 80, source=INSIDE)) == {200}, "nor our own network"


def test_a_person_reaches_the_login_page_of_a_real_keycloak_through_it(
    new_proxy: Callable[..., Proxy], realm: Settings
) -> None:
    port, name = urlsplit(realm.keycloak.url).port, realm.keycloak.realm
    proxy = new_proxy(port, name)
    asked = {
        "client_id": "cooperation",
        "redirect_uri": realm.platform.url,
        "response_type": "code",
        "scope": "openid",
    }
    asked |= {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
    page = proxy.ask(f"/realms/{name}/protocol/openid-connect/auth?{urlencode(asked)}")
    assert page.status_code == 200
    assert 'name="password"' in page.text
    for path in re.findall(r'"(/resources/[^"]+)"', page.text):
        assert proxy.ask(path).status_code == 200, path
    for path in ("/realms/master/.well-known/openid-configuration", "/admin/master/console/"):
        assert proxy.ask(path).status_code == 404
        assert proxy.ask(path, source=INSIDE).status_code == 200
