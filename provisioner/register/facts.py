"""The register's decisions and dates as they stand, to be held against the journal."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, Table, select

from provisioner.domain.ledger import HABILITATION, INCIDENT, MOMENTS, PARTNER, REQUEST, REVIEW, Tables
from provisioner.register import caf_reviews
from provisioner.register import tables as t
from provisioner.register.columns import as_stored
from provisioner.register.incidents import scopes

_COLUMNS: dict[str, tuple[Table, str, tuple[str, ...]]] = {
    "partner": (t.partner, "code", (*PARTNER, "end_reason")),
    "habilitation": (t.habilitation, "id", (*HABILITATION, *MOMENTS)),
    "annexe": (
        t.annexe,
        "id",
        (
            "sha256",
            "source_sha256",
            "sent_by",
            "received_on",
            "approved_by",
            "approved_at",
            "plan_id",
            "decision",
            "decisions",
            "rejected_by",
            "reason",
            "list_2_approved_by",
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
    "account": (t.account, "id", ("email", "reopening")),
    "control": (t.control, "id", ("settled_at", "settled_by", "settle_reason", "settle_decision")),
    "incident": (t.incident, "id", INCIDENT),
    "backup_key": (t.backup_key, "fingerprint", ("month", "destroyed_on")),
    "attestation": (
        t.attestation,
        "id",
        ("partner", "requested_on", "habilitations", "accounts", "follows", "issued_on", "sha256", "document"),
    ),
    "request": (
        t.asked_document,
        "id",
        ("partner", *REQUEST),
    ),
    "review": (t.review, "id", ("partner", *REVIEW)),
}


def tables(connection: Connection) -> Tables:
    """Each table's rows by their keys, as text; what stands in a table of its own is among the row that it is of."""
    facts = {
        name: {
            str(row[0]): dict(zip(columns, row[1:], strict=True))
            for row in connection.execute(select(table.c[key], *(as_stored(table.c[column]) for column in columns)))
        }
        for name, (table, key, columns) in _COLUMNS.items()
    }
    for annexe in facts["annexe"].values():
        annexe["decisions"] = _read(annexe["decisions"])
    for attestation in facts["attestation"].values():
        for numbers in ("habilitations", "accounts"):
            attestation[numbers] = _read(attestation[numbers])
    for review in facts["review"].values():
        review |= {name: _read(review[name]) for name in ("population", "unproven", "opened_since", "closed_since")}
    for row in (*facts["attestation"].values(), *facts["request"].values(), *facts["review"].values()):
        row["document"] = None if row["document"] is None else hashlib.sha256(row["document"]).hexdigest()
    _add_digests(connection, facts["annexe"])
    _add_declared(connection, facts["partner"])
    _add_habilitations(connection, facts["account"], facts["hold"])
    for number, scope in scopes(connection).items():
        facts["incident"][str(number)] |= scope
    return facts | caf_reviews.facts(connection) | {"contact": _contacts(connection)}


def _read(text: str | None) -> Any:
    """What a stored text says; the text itself where it cannot be read, which only a damaged one cannot."""
    try:
        return json.loads(text or "null")
    except ValueError:
        return {"text": text}


def _add_digests(connection: Connection, annexes: dict[str, dict[str, Any]]) -> None:
    """What the files kept really are, one at a time."""
    files = select(t.annexe.c.id, t.annexe.c.content, t.annexe.c.source).execution_options(yield_per=1)
    for row in connection.execute(files):
        annexes[str(row.id)] |= {
            "content": hashlib.sha256(row.content).hexdigest(),
            "source": None if row.source is None else hashlib.sha256(row.source).hexdigest(),
        }


def _add_declared(connection: Connection, partners: dict[str, dict[str, Any]]) -> None:
    for column, table, name in (("domains", t.partner_domain, "domain"), ("addresses", t.partner_address, "email")):
        for partner in partners.values():
            partner[column] = []
        for row in connection.execute(select(table.c.partner, table.c[name])):
            if row.partner in partners:
                partners[row.partner][column].append(row[1])
        for partner in partners.values():
            partner[column].sort()


def _add_habilitations(
    connection: Connection, accounts: dict[str, dict[str, Any]], holds: dict[str, dict[str, Any]]
) -> None:
    suspended = {
        hold["account"] for hold in holds.values() if hold["kind"] == "suspension" and hold["released_at"] is None
    }
    for key, account in accounts.items():
        account |= {"habilitations": [], "live": [], "is_suspended": int(key) in suspended}
    habilitation = t.habilitation.c
    for row in connection.execute(select(habilitation.id, habilitation.account, habilitation.closed_at)):
        account = accounts.get(str(row.account), {"habilitations": [], "live": []})
        account["habilitations"].append(row.id)
        if row.closed_at is None:
            account["live"].append(row.id)


def _contacts(connection: Connection) -> dict[str, dict[str, Any]]:
    """Annexe 2 of each partner, annexe 3 under no code."""
    contact = t.contact.c
    annexes: dict[str, dict[str, Any]] = {}
    role = as_stored(contact.role)
    for row in connection.execute(select(contact.partner, contact.dated, role, contact.name, contact.email)):
        annexe = annexes.setdefault(row.partner or "", {"dated": row.dated, "people": []})
        annexe["people"].append({"role": row.role, "name": row.name, "email": row.email})
    for annexe in annexes.values():
        annexe["people"].sort(key=lambda person: person["role"])
    return annexes
