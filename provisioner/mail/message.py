"""A notice as an e-mail: text and HTML, attachments, headers that no value can break out of."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from provisioner.domain.calendar import PARIS


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message. `kind` is its MIME type; a text is in UTF-8."""

    name: str
    content: bytes
    kind: str = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is said, to whom, and where an answer goes; the sender's address is added when it is sent."""

    to: str
    to_name: str | None
    reply_to: str | None
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


def new_message_id(sender: str | None) -> str:
    """A Message-ID that no other message has; it says nothing of the message."""
    domain = ascii_address(sender).rpartition("@")[2] if sender else ""
    return f"<{secrets.token_hex(16)}@{domain or 'provisioner.invalid'}>"


def compose(message: Message, message_id: str, at: datetime) -> bytes:
    """The whole e-mail but its From header (`send`), in seven bits.

    `message_id` was made by `new_message_id` when the message came to be owed; `at` is for its Date header.
    """
    mime = EmailMessage(policy=SMTP)
    mime["To"] = _address(message.to, message.to_name)
    if message.reply_to:
        mime["Reply-To"] = _address(message.reply_to, None)
    mime["Subject"] = _one_line(message.subject)
    mime["Date"] = at.astimezone(PARIS).replace(microsecond=0)
    mime["Message-ID"] = message_id
    mime["Auto-Submitted"] = "auto-generated"  # no absence message in return (RFC 3834)
    mime.set_content(message.text, cte="quoted-printable")
    mime.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for attachment in message.attachments:
        main, _, sub = attachment.kind.partition("/")
        charset = {"charset": "utf-8"} if main == "text" else {}
        name = _one_line(attachment.name)
        mime.add_attachment(attachment.content, maintype=main, subtype=sub, filename=name, params=charset)
    mime["Content-Language"] = "fr"  # last: the lines above would move it into a part
    return mime.as_bytes()


def ascii_address(email: str) -> str:
    """The address as every mail server takes it: a domain with accents in its ASCII form.

    Raises:
        ValueError: it is not an address.
    """
    mailbox, at, domain = email.rpartition("@")
    if not (mailbox and at and email.isprintable() and " " not in email):
        raise ValueError("not an e-mail address")
    return f"{mailbox}@{domain.encode('idna').decode('ascii')}"


def _address(email: str, name: str | None) -> Address:
    return Address(display_name=_one_line(name or ""), addr_spec=ascii_address(email))


def _one_line(text: str) -> str:
    """A header's value: nothing in it ends the line, so that no value can add a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
