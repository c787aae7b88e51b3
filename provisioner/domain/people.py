"""A person as an annexe 1 names one: the one form of an address, whose address it is, names that are alike (A7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, NewType

#: A canonical address: lower case, no space, its domain as people write it. Made by the document reader (A7).
EmailAddress = NewType("EmailAddress", str)


def domain_of(email: EmailAddress) -> str:
    """The part after the at sign."""
    return email.rpartition("@")[2]


def canonical_domain(text: str) -> str | None:
    """The one form in which a mail domain is stored and compared: lower case, accents as people write them.

    Punycode (`xn--…`), an at sign before it and a dot after it say the same domain. None when it is not a domain: a
    scheme, a path, a port or a space is refused, never cut off.
    """
    from email_validator import EmailNotValidError, validate_email

    plain = unicodedata.normalize("NFC", text.strip()).removeprefix("@").removesuffix(".")
    try:
        validated = validate_email(f"a@{plain}", check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return validated.domain.lower() if validated.local_part == "a" else None


def mailbox_of(email: EmailAddress) -> str:
    """The part before the at sign."""
    return email.rpartition("@")[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Who an access is for. Names and function keep the case in which they were written."""

    last_name: str
    first_names: str
    function: str
    email: EmailAddress

    @property
    def name(self) -> str:
        """Both names, as they are said."""
        return f"{self.first_names} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a person in a text: each address that was theirs, and the whole name, either part first; the names
    that they had before (last name, first names) too.
    """

    addresses: frozenset[EmailAddress]
    last_name: str
    first_names: str
    former: frozenset[tuple[str, str]] = frozenset()

    def is_named_in(self, text: str) -> bool:
        """Whether the text names the person, whatever the case and the accents. A part of a name alone is many
        people's.
        """
        folded = fold(text)  # most texts name neither, which is told at once
        if any(address in folded and names({address}, folded) for address in map(fold, self.addresses)):
            return True
        every_name = {(self.last_name, self.first_names), *self.former}
        return any(_is_named(fold(last), fold(first), folded) for last, first in every_name)

    def has_name(self, last_name: str | None, first_names: str | None) -> bool:
        """Whether that is the person's name, whatever the case and the accents."""
        return folded_name(last_name, first_names) == self.name

    @property
    def name(self) -> tuple[str, str]:
        """Last name and first names, for comparing."""
        return folded_name(self.last_name, self.first_names)


def _is_named(last: str, first: str, folded: str) -> bool:
    if not (last and first and last in folded and first in folded):
        return False
    last, first = re.escape(last), re.escape(first)
    return re.search(rf"\b(?:{last} {first}|{first} {last})\b", folded) is not None


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


#: How like two names must be to be worth a look, in percent.
LIKE = 88

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'"})


@lru_cache(1_000)  # a cell is compared with many things, one after another
def fold(text: str) -> str:
    """The text for comparing: no case, no accents, plain apostrophes, one space where there were several."""
    if text.isascii():  # most are, and the long way is ten times as long
        return " ".join(text.lower().replace("`", "'").split())
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(plain.split())


def folded_name(last_name: str | None, first_names: str | None) -> tuple[str, str]:
    """A name for comparing, its parts as they were written."""
    return fold(last_name or ""), fold(first_names or "")


class NameKey(NamedTuple):
    """A whole name for comparing: its words folded and sorted, and its letters in the order they were written."""

    words: str
    letters: str


@lru_cache(1_000)
def name_key(last_name: str, first_names: str) -> NameKey:
    """The key of a name: neither accents, case, nor the order or spacing of its words matter."""
    words = re.findall(r"[^\W_]+", fold(f"{last_name} {first_names}"))
    return NameKey(" ".join(sorted(words)), "".join(words))


def are_alike(name: NameKey, other: NameKey) -> bool:
    """Whether two names are the same or nearly, with or without their spaces (Le Goff, Legoff)."""
    from rapidfuzz import fuzz

    return fuzz.ratio(name.words, other.words) >= LIKE or fuzz.ratio(name.letters, other.letters) >= LIKE


def names(addresses: Collection[str], details: str) -> bool:
    """Whether these personal data, as canonical JSON, name one of the addresses; a longer one is another."""
    any_of_them = "|".join(map(re.escape, addresses))
    before = r"(?:(?<![\w.+-])|(?<=\\[bfnrt]))"  # an escaped line end is no part of a word
    return re.search(rf"{before}(?:{any_of_them})(?![\w-]|\.\w)", details, re.IGNORECASE) is not None
