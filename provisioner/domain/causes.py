"""On whose decision a change is made: the number of the journal's entry that is this decision."""

from __future__ import annotations

from provisioner.domain.change import Action, Change
from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import Habilitation
from provisioner.domain.records import Records


def cause_of(change: Change, records: Records) -> int | None:
    """The decision that this change follows from; None where nobody decided (the end of the CTG), or the register is
    older than what it records now.

    An access opens and closes on the decisions that are recorded with it. What only brings its account up to date
    follows from the annexe in force: it says what the account should be (A1).
    """
    habilitation = change.habilitation
    if habilitation is None:
        return None
    account = records.accounts.get(habilitation.email)
    if change.is_suspension:
        hold = records.suspended.get(habilitation.email)
        return hold.decision if hold is not None else None
    if account is not None and account.reopening is not None and change.is_opening and change.settles_reopening:
        return account.reopening_decision
    if change.action is Action.CLOSE:
        return _cause_of_end(habilitation, records.partners[habilitation.partner])
    if change.is_opening:
        return habilitation.decision
    current = records.current.get(change.partner)
    is_named_by_it = current is not None and current.transmitted_on == habilitation.transmitted_on
    return current.decision if current is not None and is_named_by_it else habilitation.decision


def _cause_of_end(habilitation: Habilitation, partner: Partner) -> int | None:
    """Nobody decided that the CTG ends; an earlier end of the convention was decided by somebody (C3)."""
    if habilitation.end is None:
        return None
    if habilitation.end.rule == "C3":
        return partner.end_decision if partner.ends_on == habilitation.end.on else None
    return habilitation.end.decision
