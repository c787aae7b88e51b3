"""The lists that tell a person's professional address from others (A7), as shipped with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from provisioner.domain.people import MailboxRules
from provisioner.settings import DocumentSettings


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
    text = (files("provisioner.documents") / "data" / name).read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(line for line in lines if line)
