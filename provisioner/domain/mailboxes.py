"""Whose an address is: one person's at work, one person's at home, or several people's (A7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.domain.likeness import fold
from provisioner.domain.people import EmailAddress, domain_of, mailbox_of


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """The domains that anybody can have an address in (`name.*`: any ending), and the words for shared mailboxes."""

    consumer_domains: frozenset[str]
    shared_names: frozenset[str]

    def is_consumer(self, email: EmailAddress) -> bool:
        """Whether the address is in a consumer mail domain."""
        return self.is_consumer_domain(domain_of(email))

    def is_consumer_domain(self, domain: str) -> bool:
        """Whether anybody can have an address in the domain."""
        name, _, ending = domain.partition(".")
        is_an_ending = ending.count(".") == 0 or (ending.count(".") == 1 and ending.startswith(("co.", "com.")))
        is_any_ending = f"{name}.*" in self.consumer_domains and is_an_ending  # not outlook.agglo-lys.fr
        return domain in self.consumer_domains or is_any_ending

    def is_shared(self, email: EmailAddress, *names: str) -> bool:
        """Whether the mailbox is a role's or a service's, and nothing in it is one of the person's names."""
        mailbox = fold(mailbox_of(email)).partition("+")[0]
        words = [word.rstrip("0123456789") for word in re.split(r"[._\-]+", mailbox)]
        starts = {"-".join(words[:count]) for count in range(1, len(words) + 1)}
        shared = starts & self.shared_names
        if not shared:
            return False
        own = set(re.findall(r"[^\W\d_]{2,}", fold(" ".join(names))))
        return not own.intersection(set(words) - set(max(shared, key=len).split("-")))
