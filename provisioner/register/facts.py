"""The register's decisions and dates as they stand, to be held against the journal."""

from __future__ import annotations

from sqlalchemy import Connection, Table, select

from provisioner.domain.ledger import HABILITATION, MOMENTS, PARTNER, Tables
from provisioner.register import tables as t

_COLUMNS: dict[str, tuple[Table, str, tuple[str, ...]]] = {
    "partner": (t.partner, "code", PARTNER),
    "habilitation": (t.habilitation, "id", (*HABILITATION, *MOMENTS)),
    "annexe": (t.annexe, "id", ("approved_by", "plan_id", "decision", "rejected_by")),
}


def tables(connection: Connection) -> Tables:
    """Each table's rows by their keys, as text."""
    return {
        name: {
            str(row[0]): dict(zip(columns, row[1:], strict=True))
            for row in connection.execute(select(table.c[key], *(table.c[column] for column in columns)))
        }
        for name, (table, key, columns) in _COLUMNS.items()
    }
