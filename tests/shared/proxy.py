"""A proxy between the software and Keycloak that fails on purpose, at the call that a test names."""

from __future__ import annotations

import http.client
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.shared.pace import PATIENCE


@dataclass
class Answer:
    """What Keycloak answered, or what a fault puts in its place."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Call:
    """One request on its way: `forward` gives Keycloak's answer, `drop` closes the connection without one."""

    method: str
    path: str
    number: int
    body: bytes
    forward: Callable[[], Answer]

    @property
    def writes(self) -> bool:
        """Whether it may change something (asking for a token does not)."""
        return self.method != "GET" and "/protocol/" not in self.path


class Dropped(Exception):
    """The connection is closed without an answer."""


#: Handles a call: gives the answer to pass on, or raises Dropped.
Fault = Callable[[Call], Answer]


@dataclass
class Faults:
    """What to do with which calls. `fault` is asked for each call that `matches`, all others are passed on."""

    pattern: str = ".*"
    methods: tuple[str, ...] = ("GET", "POST", "PUT", "DELETE")
    fault: Fault | None = None
    only: Callable[[int], bool] = lambda number: True
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def number_of(self, method: str, path: str) -> int | None:
        """The rank of this call among those that match, None when it does not."""
        if self.fault is None or method not in self.methods or not re.search(self.pattern, path):
            return None
        with self.lock:
            self.seen += 1
            return self.seen


def drop_before(_call: Call) -> Answer:
    """The request never reaches Keycloak."""
    raise Dropped


def drop_after(call: Call) -> Answer:
    """Keycloak did it; its answer is lost."""
    call.forward()
    raise Dropped


def cut_body(call: Call) -> Answer:
    """The answer ends in the middle."""
    answer = call.forward()
    return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])


def empty_page(call: Call) -> Answer:
    """A list comes back empty."""
    answer = call.forward()
    return Answer(answer.status, answer.headers, b"[]")


def status(code: int) -> Fault:
    """Keycloak, or something before it, answers with this status instead."""
    return lambda _call: Answer(code, [("Content-Type", "application/json")], b'{"error":"made by a test"}')


def delay(seconds: float) -> Fault:
    """The answer comes late."""

    def late(call: Call) -> Answer:
        time.sleep(seconds)
        return call.forward()

    return late


class FaultyProxy:
    """Listens on a free port of this machine and passes everything to `target` but for what `faults` says."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self.host, self.port = parts.hostname or "localhost", parts.port or 80
        self.faults = Faults()
        self.calls: list[tuple[str, str, int]] = []
        self._under_way = 0
        self._ended = threading.Condition()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                with proxy.counted():
                    proxy.serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, format: str, *args: object) -> None:
                """Silent: the tests read `calls`."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that was killed is no news."""
                if not isinstance(sys.exc_info()[1], OSError):
                    super().handle_error(request, client_address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One request, for `until_idle`."""
        with self._ended:
            self._under_way += 1
        try:
            yield
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()

    def until_idle(self) -> None:
        """Until Keycloak has ended all that it was asked for: it goes on after the death of whoever asked."""
        with self._ended:
            assert self._ended.wait_for(lambda: not self._under_way, PATIENCE)

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """One request."""
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        if len(body) < length:  # its sender went away in the middle: no request
            request.close_connection = True
            return
        faults = self.faults

        def forward() -> Answer:
            return self._forward(request, body)

        number = faults.number_of(request.command, request.path)
        try:
            if number is not None and faults.fault is not None and faults.only(number):
                answer = faults.fault(Call(request.command, request.path, number, body, forward))
            else:
                answer = forward()
        except (Dropped, OSError, http.client.HTTPException):  # a Keycloak that ends answers nothing either
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        self.calls.append((request.command, request.path, answer.status))
        request.send_response_only(answer.status)
        for name, value in answer.headers:
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.body)))
        with suppress(OSError):  # a client that was killed waits for no answer
            request.end_headers()
            request.wfile.write(answer.body)

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        skipped = {"connection", "content-length", "accept-encoding"}
        headers = {name: value for name, value in request.headers.items() if name.lower() not in skipped}
        headers["Host"] = f"{self.host}:{self.port}"
        with closing(connection):
            connection.request(request.command, request.path, body or None, headers)
            got = connection.getresponse()
            hop = {"connection", "transfer-encoding", "content-length", "keep-alive"}
            return Answer(got.status, [(n, v) for n, v in got.getheaders() if n.lower() not in hop], got.read())
