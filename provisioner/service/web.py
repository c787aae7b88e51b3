"""Health and metrics over HTTP, for this machine unless set otherwise: they only tell, and need no sign-in."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from provisioner.domain.errors import Refusal, Refused
from provisioner.keycloak.inspection import is_answering
from provisioner.register import RegisterUnavailable
from provisioner.register.marks import LAST_GOOD_SYNC, mark
from provisioner.service.clock_watch import is_paused_by_clock
from provisioner.service.metrics import LOOK_SECONDS
from provisioner.service.scheduler import Service
from provisioner.settings import PREFIX, SettingsError

#: An answer: status, type, body.
Page = tuple[int, str, bytes]

#: A client that says nothing for so long is let go.
_CLIENT_SECONDS = 10

#: How old an answer of Keycloak's may be, for whoever asks whether the service is ready.
ASK_SECONDS = 30

#: How much longer than twice its interval a sync may be away before the service is not ready.
_LATE_SECONDS = 15 * 60


class KeycloakWatch:
    """Whether Keycloak answers, asked anew where the last answer is older than `ASK_SECONDS`."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._answers, self._asked_at = False, -float("inf")

    def answers(self) -> bool:
        """Whether it does; of many who want to know at once, one asks."""
        with self._lock:
            if time.monotonic() - self._asked_at > ASK_SECONDS:
                self._answers = self._ask()
                self._asked_at = time.monotonic()
            return self._answers


class Health:
    """How the service is, for whoever watches it: no person, no partner, no address."""

    def __init__(self, service: Service, ask_keycloak: Callable[[], bool] | None = None) -> None:
        self._service = service
        self._looking = threading.Lock()
        self._watch = KeycloakWatch(ask_keycloak or (lambda: is_answering(service.runner.settings.keycloak)))

    def live(self) -> Page:
        """Whether the process works: else it should be started again."""
        is_live = self._service.is_live
        return _health_page(is_live, {"live": is_live, "seconds_since_tick": _ago(self._service.ticked_at)})

    def ready(self) -> Page:
        """Whether the register can be read, and Keycloak answers now and did to the runs.

        Starting again helps against neither.
        """
        runner = self._service.runner
        failing = {name: state.reason for name, state in list(runner.states.items()) if state.failures}
        facts: dict[str, Any] = {"failing": failing, "keycloak_answered_seconds_ago": _ago(runner.answered_at)}
        facts["register"] = False
        if self._looking.acquire(timeout=LOOK_SECONDS):
            try:
                with runner.register.read() as connection:
                    facts["last_good_sync"] = mark(connection, LAST_GOOD_SYNC)
                facts["paused_by_clock"] = is_paused_by_clock(runner.register)
                facts["register"] = True
            except RegisterUnavailable:
                pass
            finally:
                self._looking.release()
        facts["keycloak_answers"] = self._watch.answers()
        works = self._keycloak_answered() and "keycloak" not in failing.values()
        facts["keycloak"] = facts["keycloak_answers"] and works
        is_ready = bool(facts["register"] and facts["keycloak"])
        return _health_page(is_ready, {"ready": is_ready, **facts})

    def _keycloak_answered(self) -> bool:
        """At the end of a run lately; a long one that goes on counts as long as it is not stuck."""
        service, at = self._service, self._service.runner.answered_at
        if at is None:
            return False
        latest = 2 * 60 * service.runner.settings.service.sync_minutes + _LATE_SECONDS
        return time.monotonic() - at < latest or (service.is_busy and not service.is_stuck)


def pages_of(service: Service, ask_keycloak: Callable[[], bool] | None = None) -> dict[str, Callable[[], Page]]:
    """What each path answers. `ask_keycloak` stands in for the question to Keycloak."""
    health, metrics = Health(service, ask_keycloak), service.runner.metrics
    return {
        "/health/live": health.live,
        "/health/ready": health.ready,
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, metrics.text()),
    }


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
            problem = Refused(Refusal.NOT_LISTENED_ON, listen=listen, cause=str(error))
            raise SettingsError((f"{PREFIX}SERVICE__LISTEN", problem)) from None
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


def _health_page(is_well: bool, facts: dict[str, Any]) -> Page:
    return (200 if is_well else 503), "application/json", json.dumps(facts).encode() + b"\n"


def _ago(at: float | None) -> int | None:
    return None if at is None else round(time.monotonic() - at)
