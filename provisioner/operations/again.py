"""After a copy was put back: what was destroyed since is destroyed again, before the run does anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from provisioner.domain.access.change import destroying
from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.access.plan import NOTHING
from provisioner.domain.destruction_list import Again
from provisioner.domain.records import Records
from provisioner.domain.retention import Destruction, Kind
from provisioner.operations.destruction_list import note_destroyed
from provisioner.register import habilitations
from provisioner.register.marks import DESTROY_AGAIN, mark, set_mark

if TYPE_CHECKING:
    from provisioner.operations.context import ProgressBar
    from provisioner.operations.run import Pass


def destroy_again(run: Pass, bar: ProgressBar) -> bool:
    """Destroys what the restored copy brought back; no forecast and no limit stands before it: it was destroyed once.

    Nobody is opened again and nobody is mailed. What fails, is paused or on hold (D7) is tried by the next run. Gives
    whether there was anything to do.
    """
    context = run.context
    with context.register.read() as connection:
        again = Again.read(mark(connection, DESTROY_AGAIN))
    if again == Again():
        return False
    today = context.clock.today()
    records = run.records
    paused = {code for code in records.partners if records.is_paused(code, today)}
    due = [
        destruction
        for destruction in destroyed_before(records, again, today)
        if not paused.intersection(destruction.partners)
        and not records.kept.touches(frozenset({destruction.account}), destruction.partners)
    ]
    _end_what_is_open(run, again, due)
    _cut(run, again, due)
    run.result.plan = replace(NOTHING, changes=tuple(map(destroying, due)))
    run.carry_out(bar)
    run.records = context.register.records()
    if not list(destroyed_before(run.records, again, today)):
        with context.work() as work:
            set_mark(work, DESTROY_AGAIN, "")
    note_destroyed(context.register, context.settings)
    return bool(due)


def _cut(run: Pass, again: Again, due: list[Destruction]) -> None:
    """Where Keycloak was put back too, the accounts are there again: they are closed before they go. One that the
    copy never knew goes at once, if it bears our mark.
    """
    directory = run.context.directory
    known = {account.keycloak_id for account in run.records.accounts.values()}
    unknown = again.keycloak_ids.difference(id_ for id_ in known if id_ is not None)
    for id_ in [*(d.keycloak_id for d in due if d.kind is Kind.ACCOUNT and d.keycloak_id is not None), *unknown]:
        account = directory.account(id_)
        if account is not None and (id_ in known or account.is_marked):
            directory.disable(id_)
            directory.end_sessions(id_)
            if id_ in unknown:
                directory.destroy(id_)


def destroyed_before(records: Records, again: Again, today: date) -> Iterator[Destruction]:
    """What the register holds of it: accounts first, then habilitations. Who was given an access since the copy was
    put back has returned, which stops D1: the account stays.
    """
    numbers = {rule: {gone.habilitation for gone in again.gone if gone.rule == rule} for rule in ("D1", "D2")}
    by_account = records.by_account()
    for email, of_account in by_account.items():
        account = records.accounts[email]
        is_gone = account.keycloak_id in again.keycloak_ids
        is_gone |= not numbers["D1"].isdisjoint(habilitation.id for habilitation in of_account)
        partners = tuple(dict.fromkeys(habilitation.partner for habilitation in of_account))
        is_gone &= all(again.is_before(habilitation.id) for habilitation in of_account)
        if is_gone and account.destroyed_on is None:
            last = max(of_account, key=lambda habilitation: habilitation.id or 0)
            yield Destruction(
                kind=Kind.ACCOUNT,
                rule="D1",
                due_on=today,
                partner=last.partner,
                partners=partners,
                habilitation=last,
                account=account.id,
                keycloak_id=account.keycloak_id,
            )
    for habilitation in records.habilitations:
        if habilitation.id in numbers["D2"]:
            yield Destruction(
                kind=Kind.HABILITATION,
                rule="D2",
                due_on=today,
                partner=habilitation.partner,
                partners=(habilitation.partner,),
                habilitation=habilitation,
                account=records.accounts[habilitation.email].id,
            )


def _end_what_is_open(run: Pass, again: Again, due: list[Destruction]) -> None:
    """The copy may be older than the closure: an access whose account is destroyed was closed before."""
    said = {gone.habilitation: gone for gone in again.gone}
    accounts = {destruction.account for destruction in due if destruction.kind is Kind.ACCOUNT}
    records = run.records
    open_: list[Habilitation] = [
        habilitation
        for habilitation in records.habilitations
        if records.accounts[habilitation.email].id in accounts and habilitation.closed_at is None
    ]
    if not open_:
        return
    with run.context.work() as work:
        for habilitation in open_:
            gone = said.get(habilitation.id)
            on = date.fromisoformat(gone.ended_on) if gone is not None and gone.ended_on else work.clock.today()
            rule = (gone.end_rule if gone is not None else None) or "A5"
            end = habilitation.end or End(on=on, rule=rule, transmitted_on=None, recorded_on=work.clock.today())
            habilitations.closed(work, replace(habilitation, end=end), rule)
    run.records = run.context.register.records()
