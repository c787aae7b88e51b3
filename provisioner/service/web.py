"""Health and metrics over HTTP, for this machine unless set otherwise: they only tell, and need no sign-in."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from provisioner.settings import SettingsError

#: An answer: status, type, body.
Page = tuple[int, str, bytes]

#: A client that says nothing for so long is let go.
_CLIENT_SECONDS = 10


class Web:
    """The server, answering from threads of its own until `stop`."""

    def __init__(self, listen: str, pages: Mapping[str, Callable[[], Page]]) -> None:
        """`listen` is HOST:PORT, `pages` what each path answers.

        Raises:
            SettingsError: that address cannot be listened on.
        """
        host, _, port = listen.rpartition(":")
        host = host.strip("[]")

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that went away is no news, and its request no matter for the log."""

        class Handler(_Handler):
            answers = pages

        try:
            self._server = Server((host, int(port)), Handler)
        except (OSError, OverflowError) as error:
            raise SettingsError(f"PROVISIONER_SERVICE__LISTEN: {listen} cannot be listened on: {error}.") from None
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="web", daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD of the known paths."""

    answers: Mapping[str, Callable[[], Page]] = {}
    timeout = _CLIENT_SECONDS
    server_version, sys_version = "provisioner", ""

    def do_GET(self) -> None:
        """Answers a path."""
        page = self.answers.get(self.path.partition("?")[0])
        status, kind, body = page() if page else (404, "text/plain", b"not found\n")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Silent: a question every few seconds is no news."""


def health_page(answer: Callable[[], tuple[bool, dict[str, Any]]]) -> Callable[[], Page]:
    """A check as a page: 200 when it is well, 503 otherwise, the facts as JSON."""

    def page() -> Page:
        is_well, facts = answer()
        return (200 if is_well else 503), "application/json", json.dumps(facts).encode() + b"\n"

    return page


def metrics_page(text: Callable[[], bytes]) -> Callable[[], Page]:
    """The metrics as a page."""
    return lambda: (200, CONTENT_TYPE_LATEST, text())
