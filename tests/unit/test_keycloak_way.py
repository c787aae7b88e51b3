"""How a call goes out: what is on the wire, through which proxy, and that a redirection has not our token."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from provisioner.domain.errors import Refusal
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import KeycloakUnavailable
from provisioner.register.errors import LockLost
from provisioner.settings import KeycloakSettings

TOKEN = b'{"access_token": "secret", "expires_in": 60}'


class _Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, self.headers.get("Authorization"), body))  # type: ignore[attr-defined]
        moved = "moved" in self.path
        self.send_response(308 if moved else 200)
        if moved:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", "text/html" if "blocked" in self.path else "application/json")
        self.send_header("Content-Length", str(len(TOKEN)))
        self.end_headers()
        self.wfile.write(TOKEN)

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_: object) -> None:
        pass


Seen = list[tuple[str, str, str | None, bytes]]


@pytest.fixture
def server() -> Iterator[tuple[str, Seen]]:
    seen: Seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Server", (_Server,), {"seen": seen}))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def connection(url: str, **options: object) -> Connection:
    return Connection(KeycloakSettings(url=url), client_id="provisioner", **options)  # type: ignore[arg-type]


def test_path_query_and_body_arrive_as_they_were_given(server: tuple[str, Seen]) -> None:
    url, seen = server
    ours = connection(f"{url}/auth")
    ours.raw_post("admin/realms/un é/users", '{"a": "é"}', first=0, unset=None, both=["x y", True])
    ours.raw_delete("admin/realms/caf")
    assert seen[1:] == [
        (
            "POST",
            "/auth/admin/realms/un%20%C3%A9/users?first=0&both=x+y&both=True",
            "Bearer secret",
            '{"a": "é"}'.encode(),
        ),
        ("DELETE", "/auth/admin/realms/caf", "Bearer secret", b""),
    ]
    ours.close()
    assert ours.raw_get("admin/realms/caf").json()["expires_in"] == 60, "a closed one opens again"
    ours.close()


def test_a_redirection_is_told_as_another_server_and_not_followed(server: tuple[str, Seen]) -> None:
    url, seen = server
    ours = connection(url)
    with pytest.raises(KeycloakUnavailable) as refused:
        ours.raw_put("admin/realms/caf/users/moved/execute-actions-email", "[]")
    assert (refused.value.code, refused.value.status) == (Refusal.NOT_KEYCLOAK, 308)
    assert [path for _, path, *_ in seen][1:] == ["/admin/realms/caf/users/moved/execute-actions-email"]
    ours.close()


def test_a_redirection_has_not_our_secret(server: tuple[str, Seen]) -> None:
    url, seen = server
    ours = Connection(
        KeycloakSettings(url=url),
        client_id="moved",
        user_realm_name="moved",
        proofs=lambda _: ({"client_secret": "ours"},),
    )
    with pytest.raises(KeycloakUnavailable) as refused:
        ours.get_token()
    assert (refused.value.code, refused.value.status) == (Refusal.NOT_KEYCLOAK, 308)
    assert [(path, b"client_secret=ours" in body) for _, path, _, body in seen] == [
        ("/realms/moved/protocol/openid-connect/token", True)
    ]
    ours.close()


def test_a_redirection_of_the_realms_own_name_is_told_as_another_server_too(server: tuple[str, Seen]) -> None:
    url, seen = server
    ours = Connection(
        KeycloakSettings(url=url),
        client_id="ours",
        user_realm_name="moved",
        proofs=lambda issuer: ({"client_assertion": issuer()},),
    )
    with pytest.raises(KeycloakUnavailable) as refused:
        ours.get_token()
    assert (refused.value.code, refused.value.status) == (Refusal.NOT_KEYCLOAK, 308)
    assert [path for _, path, *_ in seen] == ["/realms/moved/.well-known/openid-configuration"]
    ours.close()


def test_a_page_in_the_place_of_the_answer_to_a_write_is_no_success(server: tuple[str, Seen]) -> None:
    url, seen = server
    ours = connection(url)
    for write in (ours.raw_put, ours.raw_post, ours.raw_delete):
        with pytest.raises(KeycloakUnavailable) as failed:
            write("admin/realms/caf/users/blocked", "{}")
        assert failed.value.code == Refusal.NOT_KEYCLOAK
    assert [method for method, *_ in seen[1:]] == ["PUT", "POST", "DELETE"], "each went out once"
    ours.close()


@pytest.mark.parametrize("by_proxy", [False, True])
def test_nothing_leaves_once_the_guard_raises_by_a_proxy_neither(
    server: tuple[str, Seen], monkeypatch: pytest.MonkeyPatch, *, by_proxy: bool
) -> None:
    url, seen = server
    if by_proxy:
        monkeypatch.setenv("http_proxy", url)
        url = "http://keycloak.invalid"
    asked = 0

    def guard() -> None:
        nonlocal asked
        asked += 1
        if asked == 5:  # asked before a call, at its head and at its body: at the second one's head
            raise LockLost

    ours = connection(url, guard=guard)
    ours.raw_put("admin/realms/caf", "{}")
    with pytest.raises(LockLost):
        ours.raw_put("admin/realms/caf/again", "{}")
    ours.close()
    path = "/admin/realms/caf"
    assert [(method, at) for method, at, *_ in seen][1:] == [("PUT", f"{url}{path}" if by_proxy else path)]
