"""Accounts by their numbers, as the rules see them: for who judges many, a part at a time."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from provisioner.domain.records import Records
from provisioner.register import holds
from provisioner.register.habilitations import accounts_of, habilitations_of
from provisioner.register.invitations import attempts_for


def accesses_of(connection: Connection, numbers: Collection[int]) -> Records:
    """These accounts with their habilitations, the attempts at their links and their suspensions; of their partners
    nothing.
    """
    known = habilitations_of(connection, numbers)
    return Records(
        partners={},
        accounts=accounts_of(connection, numbers),
        habilitations=known,
        attempts=attempts_for(connection, {habilitation.id for habilitation in known}),
        holds=holds.suspensions_among(connection, numbers),
    )
