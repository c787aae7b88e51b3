"""What was destroyed, as a list outside the register and its backups: a restored copy destroys it again first.

No name and no address: numbers of habilitations, Keycloak's ids, and heads of the journal by which a copy finds its
place.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """One destruction: its rule (D1, D2, C4), and whose data. The dates are those of the habilitation, where it was
    still there: the copy may be older than its end.
    """

    rule: str
    partner: str
    habilitation: int | None = None
    ended_on: str | None = None
    end_rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """What was destroyed up to a head of the journal, since the line before."""

    head: Head
    realm: str | None = None
    gone: tuple[Gone, ...] = ()
    keycloak_ids: tuple[str, ...] = ()

    def written(self) -> str:
        """The line as it stands in the file."""
        said = {
            "entry": self.head.entry,
            "sha256": self.head.sha256,
            "realm": self.realm,
            "destroyed": [asdict(gone) for gone in self.gone],
            "keycloak_ids": self.keycloak_ids,
        }
        return json.dumps(said, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Self:
        """The line that this text is.

        Raises:
            ValueError: it is none.
        """
        try:
            said = json.loads(text)
            return cls(
                head=Head(int(said["entry"]), str(said["sha256"])),
                realm=said["realm"],
                gone=tuple(Gone(**gone) for gone in said["destroyed"]),
                keycloak_ids=tuple(map(str, said["keycloak_ids"])),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("it is no line of the list") from error


def read_list(text: str) -> tuple[ListLine, ...]:
    """The lines of the file, the oldest first. A last line that was cut, by whoever was killed, says nothing.

    Raises:
        Refused: another line cannot be read.
    """
    lines = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            lines.append(ListLine.read(line))
        except ValueError:
            if line.endswith("\n"):
                raise Refused(Refusal.LIST_DAMAGED, line=number) from None
    return tuple(lines)


def since(lines: Sequence[ListLine], chain: Mapping[int, str]) -> tuple[ListLine, ...]:
    """The lines that came after a journal, given its entries' digests: after the last one whose head stands in it."""
    known = [at for at, line in enumerate(lines) if chain.get(line.head.entry) == line.head.sha256]
    return tuple(lines[known[-1] + 1 :] if known else lines)


@dataclass(frozen=True, slots=True)
class Again:
    """What a register that was put back has still to destroy again.

    `last` is the last number of a habilitation that was given before it was put back: who has a later one was given
    an access since.
    """

    gone: tuple[Gone, ...] = ()
    keycloak_ids: frozenset[str] = frozenset()
    last: int | None = None

    @classmethod
    def of(cls, lines: Collection[ListLine], last: int) -> Self:
        """All that these lines say."""
        gone = dict.fromkeys(gone for line in lines for gone in line.gone)
        return cls(tuple(gone), frozenset(id_ for line in lines for id_ in line.keycloak_ids), last)

    def joined(self, other: Again) -> Again:
        """Both together."""
        last = max((again.last for again in (self, other) if again.last is not None), default=None)
        return Again(tuple(dict.fromkeys((*self.gone, *other.gone))), self.keycloak_ids | other.keycloak_ids, last)

    def written(self) -> str:
        """As the register keeps it; nothing where there is nothing."""
        if not (self.gone or self.keycloak_ids):
            return ""
        said: dict[str, Any] = {"gone": [asdict(gone) for gone in self.gone], "ids": sorted(self.keycloak_ids)}
        return json.dumps(said | {"last": self.last})

    @classmethod
    def read(cls, text: str | None) -> Self:
        """What the register kept."""
        said = json.loads(text or "{}")
        gone = tuple(Gone(**gone) for gone in said.get("gone", ()))
        return cls(gone, frozenset(said.get("ids", ())), said.get("last"))

    def is_before(self, number: int | None) -> bool:
        """Whether the habilitation with that number was there before the register was put back."""
        return self.last is None or number is None or number <= self.last
