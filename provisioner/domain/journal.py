"""The journal's entries: their canonical form, and the chain that binds each to the one before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from provisioner.domain.people import EmailAddress

#: What stands for the predecessor of the first entry.
GENESIS = "0" * 64

_HEAD = re.compile(r"^(\d{1,18}):([0-9a-fA-F]{64})$")
_BREAKS = re.compile(r"[\s\u200b]+")  # a line may break there


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """An entry of the journal about the person; `details` are empty once destroyed, or when they name others.

    `annexe` and `decided_by` tell the decision that it follows from, `sudo_user` who called sudo.
    """

    entry: int
    at: datetime
    by: str
    os_user: str
    host: str
    action: str
    partner: str | None = None
    habilitation: int | None = None
    rule: str | None = None
    annexe: int | None = None
    decided_by: str | None = None
    sudo_user: str | None = None
    sha256: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def renamed_from(self) -> EmailAddress | None:
        """The address that a decided change of address leaves."""
        old = self.details.get("old") if self.action == "account.renamed" else None
        return EmailAddress(old) if old else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored: its number, its canonical body, and the digests that chain it."""

    entry: int
    body: str
    previous: str
    sha256: str

    @property
    def facts(self) -> dict[str, Any]:
        """What the body says; nothing when it cannot be read, which only a damaged one cannot."""
        return read(self.body)

    @property
    def cause(self) -> int | None:
        """The number of the entry that is the decision which this one follows from."""
        number = self.facts.get("cause")
        return number if isinstance(number, int) else None

    @property
    def is_whole(self) -> bool:
        """Whether its digest is that of its body and its predecessor."""
        return self.sha256 == _sha256(self.previous, self.body)

    @property
    def is_old(self) -> bool:
        """Whether it was made before version 0.3. Its body named who acted; in a chain that was written again without
        names (D8), it says so.
        """
        return "actor" not in self.facts or bool(self.facts.get("named"))


@dataclass(frozen=True, slots=True)
class Detail:
    """The personal data beside an entry, as stored."""

    salt: str
    data: str
    habilitation: int | None

    def belongs_to(self, facts: Mapping[str, object]) -> bool:
        """Whether these are the data that the entry with these facts was made with, about the same habilitation."""
        made_with = _sha256(self.salt, self.data)
        return (made_with, self.habilitation) == (facts.get("details"), facts.get("habilitation"))


@dataclass(frozen=True, slots=True)
class ActorDetail:
    """Who acted, as stored beside an entry: the chain has no name (D8)."""

    salt: str
    data: str

    def belongs_to(self, facts: Mapping[str, object]) -> bool:
        """Whether the entry with these facts was made with it."""
        return _sha256(self.salt, self.data) == facts.get("actor")


class Row(NamedTuple):
    """An entry with what still stands beside it. `cause` is the entry of the decision that it follows from, when it
    was looked up.
    """

    entry: Entry
    detail: Detail | None = None
    actor: ActorDetail | None = None
    cause: Row | None = None

    @property
    def who(self) -> Mapping[str, Any]:
        """Who acted: `by`, `os_user`, `host` and `sudo_user`, as far as it is still known.

        Entries of before version 0.3 name the actor in the chain itself, where this one does not verify.
        """
        facts = self.entry.facts
        told = {name: facts[name] for name in ACTOR if facts.get(name)}
        return told | (read(self.actor.data) if self.actor is not None else {})

    @property
    def details(self) -> Mapping[str, Any]:
        """The personal data that still stand beside it."""
        return read(self.detail.data) if self.detail is not None else {}

    @property
    def annexe(self) -> int | None:
        """The number of the annexe that a decision is about."""
        number = self.entry.facts.get("annexe", self.details.get("annexe"))
        return number if isinstance(number, int) else None

    @property
    def decided_by(self) -> str | None:
        """The name of who decided, of an entry that is a decision. An older one names it among its details."""
        return self.details.get("by", self.who.get("by")) if self.entry.is_old else self.who.get("by")


#: What is told of who acted. `by` is the declared name (`--by`), or the command; the rest is the machine's word.
ACTOR = ("by", "os_user", "host", "sudo_user")


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's end: the newest entry's number and digest. `ENTRY:SHA256` as text."""

    entry: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.entry}:{self.sha256}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """The head that this text is, as printed or copied out of a certificate, which breaks its line.

        Raises:
            ValueError: it is none.
        """
        match = _HEAD.match(_BREAKS.sub("", text))
        if match is None:
            raise ValueError("a head is ENTRY:SHA256, as `journal head` prints it")
        head = cls(int(match[1]), match[2].lower())
        if (head.entry == 0) != (head.sha256 == GENESIS):
            raise ValueError("entry 0 is the empty journal's, whose digest is 64 zeros")
        return head


#: The head of a journal without an entry.
EMPTY = Head(0, GENESIS)


def canonical(data: Mapping[str, object]) -> str:
    """The one JSON text of these data: sorted keys, no space, no escape that is not needed.

    Bytes of a command line or a file name that are no text become U+FFFD: a database keeps text only.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def digest_of_details(salt: str, details: Mapping[str, object]) -> str:
    """What the chain keeps of personal data: nothing that can be read back once the salt is destroyed."""
    return _sha256(salt, canonical(details))


def chain(entry: int, body: Mapping[str, object], previous: str) -> Entry:
    """The entry with its digest over its number, its body and its predecessor's digest."""
    text = canonical({**body, "entry": entry})
    return Entry(entry, text, previous, _sha256(previous, text))


def texts(details: str) -> Iterator[str]:
    """Each text in these personal data, given as canonical JSON: values and keys."""
    waiting: list[Any] = [read(details)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value


def read(text: str) -> dict[str, Any]:
    """What a stored text says, a body or what stands beside one; nothing when it cannot be read, which only a damaged
    one cannot.
    """
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _sha256(before: str, text: str) -> str:
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
