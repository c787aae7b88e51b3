"""An office without Keycloak, for tests of contacts and notices: the real commands, a register, a mail server."""

from __future__ import annotations

import email
import email.policy
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pdfplumber

from provisioner.clock import Clock
from provisioner.register import Register, open_register
from provisioner.settings import Settings, load_settings
from tests.shared.mailbox import Mail, Mailbox
from tests.shared.office import Answer, Office

TODAY = "2026-09-02"
CAF = {
    "habilitations": "habilitations@caf.example",
    "securite": "Nadia Lefèvre <nadia.lefevre@caf.example>",
    "technique": "assistance@caf.example",
}


class Desk(Office):
    """An office whose Keycloak is never called."""

    def __init__(self, mailbox: Mailbox, home: Path) -> None:
        nowhere = {"PROVISIONER_KEYCLOAK__CLIENT_SECRET": "none", "PROVISIONER_KEYCLOAK__URL": "http://127.0.0.1:9"}
        super().__init__(load_settings(environment=nowhere), mailbox, home)
        self.sends_notices()
        self.environment["PROVISIONER_LOCK_WAIT_SECONDS"] = "0.2"

    @property
    def database(self) -> Path:
        return self.home / "data" / "provisioner.sqlite3"

    def annexe_2(self, code: str, habilitations: str, *, on: str = "2026-01-15") -> Answer:
        """`partner contacts`, with somebody for security."""
        people = ("--habilitations", habilitations, "--securite", f"Hugo Petit <hugo.petit@{code}.example>")
        return self.run("partner", "contacts", code, "--on", on, *people, today=TODAY)

    def annexe_3(
        self,
        on: str = "2026-09-01",
        *,
        today: str = TODAY,
        program: tuple[str, ...] | None = None,
        environment: dict[str, str] | None = None,
        **people: str,
    ) -> Answer:
        """`caf contacts`, with these people in place of the usual ones."""
        asked = [part for role, who in {**CAF, **people}.items() for part in (f"--{role.replace('_', '-')}", who)]
        command = ("caf", "contacts", "--on", on, *asked)
        return self.run(*command, today=today, program=program, **(environment or {}))

    def partner_with_contact(self, code: str, *more: str) -> str:
        """A partner that has contacts; the address that its notices go to."""
        self.add_partner(code, f"{code}.example", *more)
        address = f"camille.martin@{code}.example"
        answer = self.annexe_2(code, f"Camille Martin <{address}>")
        assert answer.status == 0, answer.err
        return address

    def received(self, to: str) -> list[Mail]:
        """What that address received since the office opened."""
        return [mail for mail in self.mails() if mail.to == to]

    def settings_on(self, today: str, **environment: str) -> Settings:
        return load_settings(environment={**self.environment, "PROVISIONER_TODAY": today, **environment})

    @contextmanager
    def register(self, today: str = TODAY) -> Iterator[Register]:
        """The register itself, on that day."""
        clock = Clock().as_of(date.fromisoformat(today))
        opened = open_register(self.settings_on(today), clock)
        try:
            yield opened
        finally:
            opened.close()


def message(mail: Mail) -> EmailMessage:
    """The message with all its headers."""
    parsed = email.message_from_bytes(mail.file.read_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def pdf_of(mail: Mail) -> bytes:
    """The one file that goes with the message."""
    (file,) = message(mail).iter_attachments()
    assert file.get_content_type() == "application/pdf"
    content = file.get_content()
    assert isinstance(content, bytes)
    return content


def text_of(pdf: bytes) -> str:
    """What a PDF says."""
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        return "\n".join(page.extract_text() for page in document.pages)
