"""Which changes of address cannot be made as decided (`--rename OLD=NEW`), and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from provisioner.domain.annexe import Annexe
from provisioner.domain.decisions import Decisions
from provisioner.domain.habilitation import State
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records


class RenameProblem(StrEnum):
    """What stands against a rename."""

    NOT_OPEN = "not-open"
    STILL_LISTED = "still-listed"
    NOT_ASKED = "not-asked"
    TAKEN = "taken"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class RefusedRename:
    """One rename that cannot be made."""

    old: EmailAddress
    new: EmailAddress
    problem: RenameProblem


def refused_renames(
    records: Records, partner: str, annexe: Annexe, decisions: Decisions, in_keycloak: Collection[EmailAddress]
) -> tuple[RefusedRename, ...]:
    """The renames that would not be one person's new address, each with its first problem.

    `in_keycloak` are the addresses of all the realm's accounts, ours or not.
    """
    targets = list(decisions.rename.values())
    return tuple(
        RefusedRename(old, new, problem)
        for old, new in decisions.rename.items()
        for problem in _problems(records, partner, annexe, old, new, targets.count(new) > 1 or new in in_keycloak)
    )


def _problems(
    records: Records, partner: str, annexe: Annexe, old: EmailAddress, new: EmailAddress, is_taken: bool
) -> Iterator[RenameProblem]:
    if old not in records.open_addresses(partner):
        yield RenameProblem.NOT_OPEN
    elif old in {row.email for row in annexe.rows}:
        yield RenameProblem.STILL_LISTED
    elif new not in {row.email for row in annexe.of_list(1)}:
        yield RenameProblem.NOT_ASKED
    elif is_taken or new in records.accounts:
        yield RenameProblem.TAKEN
    elif any(
        one.email == old and one.partner != partner and one.state is not State.CLOSED for one in records.habilitations
    ):
        yield RenameProblem.ELSEWHERE
