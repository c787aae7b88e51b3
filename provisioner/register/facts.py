"""The register's decisions and dates as they stand, to be held against the journal."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, select

from provisioner.domain.ledger import HABILITATION, INCIDENT, MOMENTS, PARTNER, REQUEST, REVIEW
from provisioner.domain.said import Tables
from provisioner.register import caf_reviews
from provisioner.register import tables as t
from provisioner.register.columns import as_stored
from provisioner.register.holds import SUSPENDED
from provisioner.register.incidents import scopes

#: Rows with their keys as text.
_Rows = Iterator[tuple[str, dict[str, Any]]]

#: How many rows are fetched at once; where they hold files, one.
_AT_ONCE = 2000

_COLUMNS: dict[str, tuple[Table, str, tuple[str, ...]]] = {
    "partner": (t.partner, "code", (*PARTNER, "end_reason")),
    "habilitation": (t.habilitation, "id", (*HABILITATION, *MOMENTS)),
    "annexe": (
        t.annexe,
        "id",
        (
            *("sha256", "content", "source_sha256", "source", "sent_by", "received_on"),
            *("approved_by", "approved_at", "plan_id", "decision", "decisions"),
            *("rejected_by", "reason", "list_2_approved_by"),
        ),
    ),
    "hold": (
        t.hold,
        "id",
        (
            *("kind", "partner", "account", "plan_id", "reason", "second", "until", "incident"),
            *("released_at", "released_by", "release_reason"),
        ),
    ),
    "control": (t.control, "id", ("settled_at", "settled_by", "settle_reason", "settle_decision")),
    "incident": (t.incident, "id", INCIDENT),
    "backup_key": (t.backup_key, "fingerprint", ("month", "destroyed_on")),
    "attestation": (
        t.attestation,
        "id",
        ("partner", "requested_on", "habilitations", "accounts", "follows", "issued_on", "sha256", "document"),
    ),
    "request": (t.asked_document, "id", ("partner", *REQUEST)),
    "review": (t.review, "id", ("partner", *REVIEW)),
}

_LISTS_OF_REVIEW = ("population", "unproven", "opened_since", "closed_since")


def tables(connection: Connection) -> Tables:
    """Each table's rows, their keys as text; what stands in a table of its own is among the row that it is of.

    They are read as they are gone through: the tables of persons are long.
    """
    return {
        **{table: _rows(connection, table) for table in ("habilitation", "control", "backup_key")},
        "partner": _partners(connection),
        "account": _accounts(connection),
        "hold": _holds(connection),
        "incident": _incidents(connection),
        "annexe": _with_files(connection, "annexe", ("content", "source"), ("decisions",)),
        "attestation": _with_files(connection, "attestation", ("document",), ("habilitations", "accounts")),
        "request": _with_files(connection, "request", ("document",)),
        "review": _with_files(connection, "review", ("document",), _LISTS_OF_REVIEW),
        "contact": _contacts(connection),
        **caf_reviews.facts(connection),
    }


def _rows(connection: Connection, name: str, at_once: int = _AT_ONCE) -> _Rows:
    table, key, columns = _COLUMNS[name]
    asked = select(table.c[key], *(as_stored(table.c[column]) for column in columns)).order_by(table.c[key])
    with connection.execute(asked.execution_options(yield_per=at_once)) as rows:
        for number, *values in rows:
            yield str(number), dict(zip(columns, values, strict=True))


def _read(text: str | None) -> Any:
    """What a stored text says; the text itself where it cannot be read, which only a damaged one cannot."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return {"text": text}


def _with_files(connection: Connection, name: str, files: Collection[str], lists: Collection[str] = ()) -> _Rows:
    """Of its files a row has the digest of what they really are."""
    for key, row in _rows(connection, name, at_once=1):
        row |= {column: _read(row[column]) for column in lists}
        row |= {column: hashlib.sha256(row[column]).hexdigest() for column in files if row[column] is not None}
        yield key, row


def _incidents(connection: Connection) -> _Rows:
    scope_of = scopes(connection)
    for key, incident in _rows(connection, "incident"):
        yield key, incident | scope_of[int(key)]


def _partners(connection: Connection) -> _Rows:
    declared: defaultdict[str, dict[str, list[str]]] = defaultdict(lambda: {"domains": [], "addresses": []})
    for column, table, name in (("domains", t.partner_domain, "domain"), ("addresses", t.partner_address, "email")):
        for code, value in connection.execute(select(table.c.partner, table.c[name])):
            declared[code][column].append(value)
    for code, partner in _rows(connection, "partner"):
        yield code, partner | {column: sorted(values) for column, values in declared[code].items()}


def _accounts(connection: Connection) -> _Rows:
    """With the numbers of their accesses, and of those that are not closed."""
    account, access = t.account.c, t.habilitation.c
    suspended = set(connection.execute(SUSPENDED).scalars())
    asked = select(account.id, account.email, as_stored(account.reopening), access.id, access.closed_at)
    ordered = asked.outerjoin_from(t.account, t.habilitation).order_by(account.id, access.id)
    with connection.execute(ordered.execution_options(yield_per=_AT_ONCE)) as rows:
        for (number, email, reopening), accesses in groupby(rows, itemgetter(0, 1, 2)):
            theirs = [(access, closed_at) for *_, access, closed_at in accesses if access is not None]
            yield (
                str(number),
                {
                    "email": email,
                    "reopening": reopening,
                    "habilitations": [access for access, _ in theirs],
                    "live": [access for access, closed_at in theirs if closed_at is None],
                    "is_suspended": number in suspended,
                },
            )


def _holds(connection: Connection) -> _Rows:
    """With the numbers of their account's accesses."""
    access = t.habilitation.c
    held = select(t.hold.c.account).where(t.hold.c.account.is_not(None))
    accesses: defaultdict[int, list[int]] = defaultdict(list)
    for account, number in connection.execute(select(access.account, access.id).where(access.account.in_(held))):
        accesses[account].append(number)
    for key, hold in _rows(connection, "hold"):
        yield key, hold | {"habilitations": accesses[hold["account"]]}


def _contacts(connection: Connection) -> Iterable[tuple[str, dict[str, Any]]]:
    """Annexe 2 of each partner, annexe 3 under no code."""
    contact = t.contact.c
    annexes: dict[str, dict[str, Any]] = {}
    role = as_stored(contact.role)
    for row in connection.execute(select(contact.partner, contact.dated, role, contact.name, contact.email)):
        annexe = annexes.setdefault(row.partner or "", {"dated": row.dated, "people": []})
        annexe["people"].append({"role": row.role, "name": row.name, "email": row.email})
    for annexe in annexes.values():
        annexe["people"].sort(key=lambda person: person["role"])
    return annexes.items()
