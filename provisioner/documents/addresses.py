"""E-mail addresses (A7): what is safe to put right, what is one at all, and the lists that tell whose it is."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from email_validator import EmailNotValidError, validate_email

from provisioner.documents.text import tidy
from provisioner.domain.people import EmailAddress, MailboxRules

if TYPE_CHECKING:
    from provisioner.settings import DocumentSettings

#: No address is longer than 254 characters; what is longer is not even looked at.
_LONGEST = 254

#: A mailbox that needs no second look, up to the longest that there may be: nearly all are like that.
_PLAIN_MAILBOX, _LONGEST_MAILBOX = re.compile(r"[A-Za-z0-9]+(?:[._+\-][A-Za-z0-9]+)*"), 64

_WRAPPED = re.compile(r"[^<>@]*<([^<>]*)>[^<>@]*")

#: What an office suite makes of a link that is pasted: the address, and the same one again.
_LINKED = re.compile(r"([^<>@\s]+@[^<>@\s]+) ?[<(\[](?:mailto:)?([^<>@\s]+@[^<>@\s]+)[>)\]]", re.IGNORECASE)

#: A title before a space is no part of an address, though « m.dupont » may be one: nobody can tell.
_TITLED = re.compile(r"(?:m|mr|mme|mlle)\. ", re.IGNORECASE)


class AddressRead(NamedTuple):
    """An address, or why there is none: `several` in the cell, or not one but perhaps `suggestion`."""

    email: EmailAddress | None
    several: bool = False
    suggestion: str | None = None


@lru_cache(1_000)
def read_address(text: str) -> AddressRead:
    """The one address of a cell, in lower case, its domain as people write it.

    Spaces at the ends or beside a dot or the at sign, `mailto:`, angle brackets with or without a name before them
    and an ending dot, comma or semicolon are taken away; nothing else is.
    """
    plain = _unwrapped(tidy(text))
    is_doubtful = _TITLED.match(plain) or plain.lower().startswith("www.")
    plain = re.sub(r" ?([@.]) ?", r"\1", plain)
    if email := _validated(plain):
        return AddressRead(None, suggestion=email.removeprefix("www.")) if is_doubtful else AddressRead(email)
    if plain.count("@") > 1:
        return AddressRead(None, several=True)
    for nearly in (plain.replace(",", "."), plain.replace(" ", ""), plain.replace("..", ".")):
        if email := _validated(nearly):
            return AddressRead(None, suggestion=email)
    return AddressRead(None)


def _unwrapped(text: str) -> str:
    text = text.strip(" .,;")
    if (linked := _LINKED.fullmatch(text)) and linked[1].lower() == linked[2].lower():
        return linked[1]
    wrapped = _WRAPPED.fullmatch(text)
    text = (wrapped[1] if wrapped else text).strip()
    text = re.sub(r"^mailto ?: ?", "", text, flags=re.IGNORECASE)
    return text.rstrip(" .,;").strip("\"' ")


def _validated(text: str) -> EmailAddress | None:
    if len(text) > _LONGEST or "@" not in text:
        return None
    mailbox, _, domain = text.rpartition("@")
    if text.isascii() and len(mailbox) <= _LONGEST_MAILBOX and _PLAIN_MAILBOX.fullmatch(mailbox):
        written = _domain(domain)
        return EmailAddress(f"{mailbox}@{written}".lower()) if written else None
    try:
        validated = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    return EmailAddress(validated.normalized.lower())


@lru_cache(1_000)
def _domain(text: str) -> str | None:
    """The domain as it is written, when it is one: 50,000 addresses have few."""
    try:
        return validate_email(f"a@{text}", check_deliverability=False, allow_smtputf8=False, strict=True).domain
    except EmailNotValidError:
        return None


def load_mailbox_rules(settings: DocumentSettings) -> MailboxRules:
    """The consumer domains and the names of shared mailboxes: those shipped, and those of the settings."""
    return MailboxRules(
        consumer_domains=_words("consumer-domains.txt") | _more(settings.more_consumer_domains),
        shared_names=_words("shared-mailboxes.txt") | _more(settings.more_shared_mailboxes),
    )


def _more(listed: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in listed.split(",") if word.strip())


@cache
def _words(name: str) -> frozenset[str]:
    from importlib import resources  # what it imports, the child that reads a document need not

    text = resources.files("provisioner.documents").joinpath("data", name).read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(line for line in lines if line)
