"""The lists that tell a person's professional address from others (A7), as shipped with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from provisioner.domain.mailboxes import MailboxRules


@cache
def load_mailbox_rules() -> MailboxRules:
    """The consumer domains and the names of shared mailboxes."""
    return MailboxRules(consumer_domains=_words("consumer-domains.txt"), shared_names=_words("shared-mailboxes.txt"))


def _words(name: str) -> frozenset[str]:
    text = (files("provisioner.documents") / "data" / name).read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(line for line in lines if line)
