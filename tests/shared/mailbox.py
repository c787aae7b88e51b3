"""A mail server that accepts everything for everybody, sends nothing on, and keeps each message as a file."""

from __future__ import annotations

import email
import email.policy
import html
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from provisioner.sandbox.process import SandboxError, free_ports
from tests.shared.pace import PATIENCE

_LINK = re.compile(r"""https?://[^\s<>"']*[^\s<>"'.,;:!?)]""")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as received: `to` is the envelope's first recipient, `links` those of the text part, in order."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    file: Path


class Mailbox:
    """The server, listening on 127.0.0.1. As a context manager, it is stopped at the end of the block."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.host = "127.0.0.1"
        (self.port,) = free_ports(1)
        self._arrived = threading.Condition()
        self._count = 0
        self._known: dict[Path, Mail] = {}
        directory.mkdir(parents=True, exist_ok=True)
        self._count = len(list(directory.glob("*.eml")))
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Ends the server; the messages stay."""
        self._controller.stop()

    def messages(self, to: str | None = None) -> list[Mail]:
        """Every message so far, or those to one address, in order of arrival."""
        paths = sorted(self.directory.glob("*.eml"))
        with self._arrived:
            self._known.update({path: _read(path) for path in paths if path not in self._known})
            return [self._known[path] for path in paths if to in (None, self._known[path].to)]

    def wait_for(self, count: int, to: str | None = None, *, seconds: float = PATIENCE) -> list[Mail]:
        """Every message (to this address) once there are at least `count`.

        Raises:
            SandboxError: there are fewer when the time is over.
        """
        enough: Callable[[], bool] = lambda: len(self.messages(to)) >= count  # noqa: E731
        with self._arrived:
            if not self._arrived.wait_for(enough, seconds):
                received = [f"{mail.to}: {mail.subject}" for mail in self.messages()]
                raise SandboxError(f"{count} e-mails to {to or 'anybody'} were awaited; there are only {received}.")
        return self.messages(to)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd for each message."""
        content = envelope.content
        assert isinstance(content, bytes)
        header = f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode()
        with self._arrived:
            self._count += 1
            path = self.directory / f"{self._count:06}.eml"
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(header + content)
            unfinished.rename(path)
            self._arrived.notify_all()
        return "250 OK"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text, page = _part(message, "plain"), _part(message, "html")
    links = _LINK.findall(text) or _LINK.findall(html.unescape(page))
    return Mail(
        to=str(message["X-Envelope-To"]).split(", ")[0].lower(),
        sender=str(message["From"]),
        subject=str(message["Subject"]),
        text=text,
        html=page,
        links=tuple(links),
        file=path,
    )


def _part(message: EmailMessage | Any, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body else ""
