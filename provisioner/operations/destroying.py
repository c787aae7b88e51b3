"""The destructions of a run, last of all that it does: what a plan says is due, from Keycloak first, then from the
register (C4, D1, D2); then what has a term of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import structlog

from provisioner.domain.access.change import Change, in_turns
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.annexe.leaving import Leaving, outdated
from provisioner.domain.calendar import add_months
from provisioner.domain.hold import Cause
from provisioner.domain.records import Records, Scope
from provisioner.domain.retention import Destruction, Kind
from provisioner.operations.context import Context
from provisioner.operations.destruction_list import note_destroyed
from provisioner.operations.effects import Effects
from provisioner.operations.pool import Answer, GivenUp, Overtaken, Progress
from provisioner.operations.restore import destroy_replaced
from provisioner.register import RegisterUnavailable, Work, annexes, holds, retention
from provisioner.register.destruction import (
    destroy_accounts,
    destroy_convention,
    destroy_habilitations,
    destroy_unknown_account,
    kept_back,
    leave_annexe,
)
from provisioner.register.own_terms import aged, destroy_aged
from provisioner.views.annexe_state import state_document

if TYPE_CHECKING:
    from provisioner.operations.run import Pass

log = structlog.get_logger()

#: How many habilitations are destroyed in one unit of work: the kept annexe is written anew once for them.
_AT_ONCE = 100

_Finished = list[tuple[Change, Answer]]


class Destroying:
    """Destroys what a run's plan says is due, kind by kind: accounts, habilitations, conventions.

    Nothing goes before what it hangs on: a habilitation never before its account, a convention never before its
    habilitations. What fails is told like any other change, and the next run tries it again. A defect of ours in the
    records of one partner is that partner's alone (`Pass.part_of`).
    """

    def __init__(self, run: Pass, effects: Effects, settled: Progress) -> None:
        self.run, self.effects, self.settled = run, effects, settled
        self.context, self.directory, self.result = run.context, effects.directory, run.result

    def carry_out(self, changes: Sequence[Change]) -> None:
        """Destroys all of these."""
        for kind in Kind:
            for turn in in_turns(self._ready(changes, kind)):
                answers = self.effects.each(turn, self._destroy_in_keycloak)
                for finished in answers if kind is Kind.ACCOUNT else _together(answers):
                    self._record(finished)
                    for _ in finished:
                        self.settled()

    def _ready(self, changes: Iterable[Change], kind: Kind) -> Iterator[Change]:
        """Those of that kind that hang on nothing that has failed in this run."""
        failed = {failure.change.email for failure in self.result.failed}
        missed = {failure.change.partner for failure in self.result.failed} if kind is Kind.CONVENTION else set()
        missed |= self.run.broken
        for change in changes:
            if change.destroyed.kind is kind and change.email not in failed and change.partner not in missed:
                yield change

    def _destroy_in_keycloak(self, change: Change) -> str | None:
        """The Keycloak account goes first: killed after it, the next run sees that it is gone and ends the work.

        A hold that was recorded since the plan was made keeps it (D7). One that is enabled was to be closed first,
        which has failed or came too early: it is not deleted while somebody may be logged in. One that the register
        does not know has no closing to record: deleting it ends its sessions.
        """
        destruction = change.destroyed
        if destruction.kind is not Kind.ACCOUNT:  # nothing of it is there; what keeps it: `kept_back`
            return None
        with self.effects.reading() as connection:
            kept = holds.kept_from_destruction(connection)
        if kept.touches((destruction.account,), destruction.partners):
            raise Overtaken(Cause.OVERTAKEN)
        if change.keycloak_id is not None:
            account = self.directory.account(change.keycloak_id)
            if account is not None and account.enabled and not destruction.is_of_unknown_account:
                raise GivenUp(Cause.ENABLED)
            self.directory.destroy(change.keycloak_id)
        return None

    def _record(self, finished: _Finished) -> None:
        """Destroys it in the register, a partner at a time; then the list outside tells it."""
        by_partner: dict[str, _Finished] = {}
        for change, answer in finished:
            by_partner.setdefault(change.partner, []).append((change, answer))
        for partner, of_partner in by_partner.items():
            if partner not in self.run.broken:
                with self.run.part_of(partner):
                    self._record_of(partner, of_partner)
        note_destroyed(self.context.register, self.context.settings)

    def _record_of(self, partner: str, finished: _Finished) -> None:
        """In one unit of work: what the register holds of it, and its entries in the journal."""
        with self.context.work() as work:
            kept = set(kept_back(work, [change.destroyed for change, answer in finished if answer is None]))
            answers: _Finished = [
                (change, Overtaken(Cause.OVERTAKEN) if change.destroyed in kept else answer)
                for change, answer in finished
            ]
            _destroy_records(work, partner, [change.destroyed for change, answer in answers if answer is None])
            for change, answer in answers:
                self.effects.settle(work, change, answer, _record_destroyed, self.result)


def _together(answers: Iterable[_Finished]) -> Iterator[_Finished]:
    """The same in fewer, longer lists: what is done in the register alone."""
    waiting: _Finished = []
    for finished in answers:
        waiting += finished
        while len(waiting) >= _AT_ONCE:
            yield waiting[:_AT_ONCE]
            del waiting[:_AT_ONCE]
    if waiting:
        yield waiting


def _destroy_records(work: Work, partner: str, destructions: Iterable[Destruction]) -> None:
    accounts, habilitations = [], []
    for destruction in destructions:
        if destruction.kind is Kind.CONVENTION:
            destroy_convention(work, partner)
        elif destruction.kind is Kind.HABILITATION:
            habilitations.append(_number(destruction))
        elif destruction.is_of_unknown_account:
            destroy_unknown_account(work, destruction.keycloak_id or "", partner or None)
        elif destruction.account is not None:
            accounts.append(destruction.account)
    if accounts:
        destroy_accounts(work, accounts)
    if habilitations:
        destroy_habilitations(work, habilitations, partner, state_document)


def _record_destroyed(work: Work, change: Change, _id: str | None) -> None:
    retention.done(work, change.destroyed, work.clock.today())


def _number(destruction: Destruction) -> int:
    assert destruction.habilitation is not None
    assert destruction.habilitation.id is not None
    return destruction.habilitation.id


def destroy_what_aged(context: Context, records: Records, partners: Collection[str], *, whole: bool) -> None:
    """After a run: what has a term of its own goes, not by a clock that has just jumped. Of these partners, what is
    kept of annexes for too long; in a run about everybody (`whole`) all the rest, and the bytes that destroyed rows
    leave in files.
    """
    if records.forecast.is_settled_on(context.clock.today()):
        _destroy_of_annexes(context, records, partners)
        if whole:
            _destroy_aged(context, records)
    if whole:
        _leave_no_byte(context, records)


def _destroy_of_annexes(context: Context, records: Records, partners: Collection[str]) -> None:
    """What was never applied goes 30 days after its outcome (A2). Whose day came while an annexe waited leaves it
    once it is applied (D2).
    """
    today = context.clock.today()
    with context.register.read() as connection:
        kept = annexes.kept_of(connection, partners)
    free = [a for a in kept if not (records.is_paused(a.partner, today) or records.kept.keeps(a.partner))]
    overdue = [annexe for annexe in free if not annexe.is_kept_on(today)]
    in_force = {annexe.partner: annexe for annexe in free if annexe.is_in_force}
    old = [code for code, annexe in in_force.items() if _outdated(records, annexe, today)]
    if not (overdue or old):
        return
    records = context.register.records(Scope(frozenset(old)))  # with whoever is settled: they stay in it
    outdated = {code: _outdated(records, in_force[code], today) for code in old}
    if overdue or any(outdated.values()):
        with context.work() as work:
            held = holds.kept_from_destruction(work.connection)  # by a hold of since
            for annexe in overdue:
                if not held.keeps(annexe.partner):
                    annexes.destroy(work, annexe)
            for partner, leavings in outdated.items():
                if leavings and not held.keeps(partner):
                    leave_annexe(work, partner, leavings, state_document)


def _outdated(records: Records, annexe: KeptAnnexe, today: date) -> tuple[Leaving, ...]:
    held = frozenset(habilitation.email for habilitation in records.of_partner(annexe.partner))
    return outdated(annexe.check, held, today)


def _destroy_aged(context: Context, records: Records) -> None:
    """A contact that was replaced, a notice never sent, a closed incident, a review of the Caf."""
    today, years = context.clock.today(), context.settings.incident.keep_years
    if records.kept.all:
        return
    with context.register.read() as connection:
        kept = holds.kept_from_destruction(connection)
        old = aged(connection, today, add_months(today, -12 * years), kept)
    if any(old):
        with context.work() as work:
            if holds.kept_from_destruction(work.connection) == kept:  # else the next run looks at it again
                destroy_aged(work, old)


def _leave_no_byte(context: Context, records: Records) -> None:
    """No page of the register's file holds what was destroyed, nor an older one beside it for long; what cannot be
    done now is left to the next run.
    """
    try:
        context.register.rewrite()
    except RegisterUnavailable as error:
        log.warning("register.not_rewritten", error=str(error))
    if records.forecast.is_settled_on(context.clock.today()):
        try:
            destroy_replaced(context)
        except OSError as error:  # `doctor` names it
            log.warning("register.replaced_not_destroyed", error=error.strerror)
