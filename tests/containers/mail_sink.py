#!/usr/bin/python3
"""Mailpit's part where its image cannot be pulled: keeps every e-mail, and answers as Mailpit does.

`GET /readyz`, `/api/v1/messages` (the newest first) and `/api/v1/message/ID/raw`, on port 8025; SMTP on port 1025, in
TLS from the first byte with MP_SMTP_REQUIRE_TLS. `mail_sink.py readyz` asks whether it works.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import signal
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAILS: list[bytes] = []


class Sink:
    """Accepts everything for everybody, and sends nothing on."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        MAILS.append(envelope.content)
        return "250 OK"


class Pages(BaseHTTPRequestHandler):
    """What Mailpit answers a program."""

    def do_GET(self) -> None:
        match self.path.strip("/").split("/"):
            case ["readyz"]:
                self._answer(b"ok")
            case ["api", "v1", "messages"]:
                listed = [_summary(number) for number in reversed(range(len(MAILS)))]
                self._answer(json.dumps({"total": len(listed), "messages": listed}).encode())
            case ["api", "v1", "message", number, "raw"] if int(number) < len(MAILS):
                self._answer(MAILS[int(number)])
            case _:
                self.send_error(404)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: addresses would stand in the log."""


def _summary(number: int) -> dict[str, object]:
    mail = email.message_from_bytes(MAILS[number], policy=email.policy.default)
    return {
        "ID": str(number),
        "To": [{"Address": mail["To"].addresses[0].addr_spec}],
        "Subject": str(mail["Subject"]),
    }


def main() -> None:
    if sys.argv[1:] == ["readyz"]:
        with urlopen("http://127.0.0.1:8025/readyz", timeout=4):
            return
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container has no default
    tls = None
    if os.environ.get("MP_SMTP_REQUIRE_TLS"):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(os.environ["MP_SMTP_TLS_CERT"], os.environ["MP_SMTP_TLS_KEY"])
    Controller(Sink(), hostname="0.0.0.0", port=1025, ssl_context=tls).start()
    ThreadingHTTPServer(("0.0.0.0", 8025), Pages).serve_forever()


if __name__ == "__main__":
    main()
