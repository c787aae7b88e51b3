"""What was destroyed, as a list outside the register and its backups: a restored copy destroys it again first.

No name and no address: numbers of habilitations, Keycloak's ids, and heads of the journal by which a copy finds its
place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from provisioner.domain.attestation import Certified
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDestruction:
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
    """What was destroyed up to a head of the journal, since the line before, and the certificates issued."""

    head: Head
    realm: str | None = None
    destroyed: tuple[ListedDestruction, ...] = ()
    keycloak_ids: tuple[str, ...] = ()
    certificates: tuple[Certified, ...] = ()

    def written(self) -> str:
        """The line as it stands in the file."""
        facts = {
            "entry": self.head.entry,
            "sha256": self.head.sha256,
            "realm": self.realm,
            "destroyed": [asdict(destruction) for destruction in self.destroyed],
            "keycloak_ids": self.keycloak_ids,
            "certificates": self.certificates,
        }
        return json.dumps(facts, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Self:
        """The line that this text is.

        Raises:
            ValueError: it is none.
        """
        try:
            facts = json.loads(text)
            return cls(
                head=Head(int(facts["entry"]), str(facts["sha256"])),
                realm=facts["realm"],
                destroyed=tuple(ListedDestruction(**destruction) for destruction in facts["destroyed"]),
                keycloak_ids=tuple(map(str, facts["keycloak_ids"])),
                certificates=tuple(Certified(*certified) for certified in facts.get("certificates", ())),
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


def lines_since(lines: Sequence[ListLine], chain: Mapping[int, str]) -> tuple[ListLine, ...]:
    """The lines that came after a journal, given its entries' digests: after the last one whose head stands in it."""
    known = [place for place, line in enumerate(lines) if chain.get(line.head.entry) == line.head.sha256]
    return tuple(lines[known[-1] + 1 :] if known else lines)
