"""The journal's entries: their canonical form and the chain that binds each to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: What stands for the predecessor of the first entry.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored: its number, its canonical body, and the digests that chain it."""

    entry: int
    body: str
    previous: str
    sha256: str


def canonical(data: Mapping[str, object]) -> str:
    """The one JSON text of these data: sorted keys, no space, no escape that is not needed."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of_details(salt: str, details: Mapping[str, object]) -> str:
    """What the chain keeps of personal data: nothing that can be read back once the salt is destroyed."""
    return hashlib.sha256(f"{salt}\n{canonical(details)}".encode()).hexdigest()


def chain(entry: int, body: Mapping[str, object], previous: str) -> Entry:
    """The entry with its digest over its number, its body and its predecessor's digest."""
    text = canonical({**body, "entry": entry})
    return Entry(entry, text, previous, _sha256(previous, text))


def first_bad(entries: Iterable[Entry]) -> int | None:
    """The number of the first entry that is changed, removed, moved or inserted; None for a whole chain."""
    previous = GENESIS
    for expected, one in enumerate(entries, start=1):
        body = json.loads(one.body) if one.body.startswith("{") else {}
        whole = one.entry == expected == body.get("entry") and one.previous == previous
        if not whole or one.sha256 != _sha256(previous, one.body):
            return expected
        previous = one.sha256
    return None


def _sha256(previous: str, body: str) -> str:
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()
