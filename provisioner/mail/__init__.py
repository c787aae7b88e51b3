"""Notices to officers by SMTP: never a password, never a link to an account."""

from provisioner.mail.message import Attachment, Message, ascii_address, compose, new_message_id
from provisioner.mail.smtp import MailRefused, MailUnavailable, greet, send

__all__ = [
    "Attachment",
    "MailRefused",
    "MailUnavailable",
    "Message",
    "ascii_address",
    "compose",
    "greet",
    "new_message_id",
    "send",
]
