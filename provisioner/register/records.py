"""The whole register as plain data for the rules."""

from __future__ import annotations

from sqlalchemy import Connection

from provisioner.domain.records import Records
from provisioner.register import annexes, habilitations, holds, invitations, partners
from provisioner.register.marks import GROUP_ROOT, REALM_ID, mark


def read_records(connection: Connection) -> Records:
    """Everything that the rules may ask of the register."""
    return Records(
        partners=partners.all_partners(connection),
        accounts=habilitations.all_accounts(connection),
        habilitations=habilitations.all_habilitations(connection),
        attempts=invitations.all_attempts(connection),
        current=annexes.current(connection),
        senders=partners.senders(connection),
        holds=holds.kept(connection),
        released=holds.released_ends(connection),
        let_go=holds.let_go(connection),
        realm_id=mark(connection, REALM_ID),
        root_id=mark(connection, GROUP_ROOT),
    )
