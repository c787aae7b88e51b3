"""Destroys, each in one unit of work with its journal entry: an account's data, a habilitation's, a convention's.

An entry `destroyed` names the rule, the partner and the habilitation in the chain itself; `beside`, in the body too,
are the numbers of the entries whose rows beside the chain went with it.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from provisioner.register import connections
from provisioner.register import tables as t
from provisioner.register.work import Work


def destroy_account(work: Work, account: int, habilitation: int, partner: str) -> None:
    """D1: what the register keeps for the account alone; its address stays with its habilitations.

    The Keycloak account is gone already: no event of it is stored any more. `habilitation` is its last one.
    """
    today = work.clock.today()
    row = work.connection.execute(select(t.account.c.keycloak_id).where(t.account.c.id == account)).first()
    if row is None:
        return
    connections.forget(work, [account])
    if row.keycloak_id is not None:
        gone = {"keycloak_id": row.keycloak_id, "destroyed_on": today}
        work.connection.execute(t.destroyed_account.insert().values(**gone))
    nothing = dict.fromkeys(
        ("keycloak_id", "written", "intended", "renamed_from", "reopening", "reopening_number", "reopening_decision")
    )
    theirs = update(t.account).where(t.account.c.id == account)
    work.connection.execute(theirs.values(**nothing, last_login_on=None, destroyed_on=today))
    work.journal("destroyed", partner=partner, habilitation=habilitation, rule="D1")


def destroy_habilitation(work: Work, habilitation: int, partner: str) -> None:
    """D2: the person's name, function, address and dates, and the account's row with its last habilitation."""
    account = work.connection.execute(
        select(t.habilitation.c.account).where(t.habilitation.c.id == habilitation)
    ).scalar()
    if account is None:
        return
    work.connection.execute(delete(t.invitation).where(t.invitation.c.habilitation == habilitation))
    work.connection.execute(delete(t.journal_detail).where(t.journal_detail.c.habilitation == habilitation))
    work.connection.execute(delete(t.control).where(t.control.c.habilitation == habilitation))
    work.connection.execute(delete(t.habilitation).where(t.habilitation.c.id == habilitation))
    others = select(t.habilitation.c.id).where(t.habilitation.c.account == account)
    if work.connection.execute(others).first() is None:
        for table in (t.connection_record, t.console_record, t.control, t.hold, t.incident_account):
            work.connection.execute(delete(table).where(table.c.account == account))
        work.connection.execute(delete(t.account).where(t.account.c.id == account))
    work.journal("destroyed", partner=partner, habilitation=habilitation, rule="D2")


def destroy_convention(work: Work, partner: str) -> None:
    """C4: the partner's annexes, contacts and declared addresses; it has no habilitation any more."""
    for table in (t.annexe, t.contact, t.partner_address):
        work.connection.execute(delete(table).where(table.c.partner == partner))
    this_one = update(t.partner).where(t.partner.c.code == partner)
    work.connection.execute(this_one.values(destroyed_on=work.clock.today()))
    work.journal("destroyed", partner=partner, rule="C4")
