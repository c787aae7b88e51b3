"""A chain that names who acted, as those of before version 0.3 do, is written again without the names (D8).

The old chain is verified first. Its end and its count are the first entry of the new one, so each entry's number is
one more than before. The old bodies, which hold the names, stand in `old_journal` until D8's day; their digests stay
there for good. A chain that does not verify is left as it is: `journal verify` says what is wrong with it.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from alembic import context, op

from provisioner.domain import journal as chains
from provisioner.domain.journal import Head, Row
from provisioner.domain.journal_check import JournalCheck, verify
from provisioner.register import journal
from provisioner.register.journal import Chain, Machine

revision = "0012"
down_revision = "0011"

log = structlog.get_logger()

#: Where the number of an entry stands.
_DECISIONS = {
    "partner": ("end_decision",),
    "account": ("reopening_decision",),
    "habilitation": ("decision", "end_decision", "link_decision"),
    "annexe": ("decision",),
    "hold": ("decision",),
    "control": ("settle_decision",),
    "incident": ("decision",),
    "attestation": ("decision",),
    "backup_key": ("decision",),
}

#: Who acted, as an old body names them.
_NAMES = ("by", "os_user", "sudo_user")

_SOME_NAME = sa.text("""
SELECT 1 FROM journal_entry WHERE body LIKE '%"by":%' AND body NOT LIKE '%"actor":%' LIMIT 1
""")
_KEEP = sa.text("""
INSERT INTO old_journal (entry, body, previous, sha256) SELECT entry, body, previous, sha256 FROM journal_entry
""")
_EMPTY, _DROP = "DELETE FROM {}", "DROP TABLE {}"
_MOVE = "CREATE TABLE moved_{0} AS SELECT entry + 1 AS entry, {1} FROM {0}"
_PUT = "INSERT INTO {0} (entry, {1}) SELECT entry, {1} FROM moved_{0}"
_SHIFT = 'UPDATE "{0}" SET {1} = {1} + 1 WHERE {1} IS NOT NULL'
_BESIDE = {"journal_detail": "salt, habilitation, data", "journal_actor": "salt, partner, data"}
_OLD = sa.text("SELECT entry, body FROM old_journal WHERE entry > :after ORDER BY entry LIMIT :most")
_ENTRY = sa.text(
    "INSERT INTO journal_entry (entry, body, previous, sha256) VALUES (:entry, :body, :previous, :sha256)"
)
_ACTOR = sa.text("INSERT INTO journal_actor (entry, salt, partner, data) VALUES (:entry, :salt, :partner, :data)")
_OF_PARTNER = sa.text("UPDATE old_journal SET partner = :partner WHERE entry = :entry")
_NOTED = sa.text("SELECT value FROM mark WHERE name = 'journal.verified'")
_CLEAR_COPY = sa.text("INSERT INTO mark (name, value) VALUES ('clear_copy', :day)")
_NOTE = sa.text("UPDATE mark SET value = :head WHERE name = 'journal.verified'")


def upgrade() -> None:
    """Makes the place of the old bodies, and the new chain where the old one has names."""
    op.create_table(
        "old_journal",
        sa.Column("entry", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(64)),
        sa.Column("body", sa.Text),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_old_journal")),
    )
    op.create_index("ix_old_journal_partner", "old_journal", ["partner"])
    connection = op.get_bind()
    journal.lock(connection)
    # Until today copies were in clear: no version before this one encrypts them.
    connection.execute(_CLEAR_COPY, {"day": context.config.attributes["clock"].today().isoformat()})
    if connection.execute(_SOME_NAME).first() is None:
        return
    check = _verified(connection)
    if check.bad is not None:
        log.error("journal.not-rewritten", entry=check.bad.entry, problem=check.bad.problem.value)
        return
    _write_again(connection, check)
    log.info("journal.rewritten", entries=check.entries, left=str(check.head))


def _verified(connection: sa.Connection) -> JournalCheck:
    """The old chain and what stands beside it, against the head that a pass verified last too, where one is noted."""
    try:
        noted = Head.parse(connection.execute(_NOTED).scalar() or "")
    except ValueError:
        noted = None
    return verify(_rows(connection), noted)


def _rows(connection: sa.Connection) -> Iterator[Row]:
    after = 0
    while page := journal.page(connection, after):
        yield from page
        after = page[-1].entry.entry


def _write_again(connection: sa.Connection, old: JournalCheck) -> None:
    connection.execute(_KEEP)
    for table, columns in _BESIDE.items():
        connection.execute(sa.text(_MOVE.format(table, columns)))
        connection.execute(sa.text(_EMPTY.format(table)))
    connection.execute(sa.text(_EMPTY.format("journal_entry")))
    chain = Chain(connection, Machine.here(), "migration", context.config.attributes["clock"])
    changed = {"action": "journal.changed", "rule": "D8", "left": str(old.head), "count": old.entries}
    chain.append(changed | {"partner": None, "habilitation": None}, {})
    chain.write()
    head, after = chain.head, 0
    while page := connection.execute(_OLD, {"after": after, "most": journal.PAGE}).all():
        after, head = page[-1].entry, _write_page(connection, page, head)
    for table, columns in _BESIDE.items():
        connection.execute(sa.text(_PUT.format(table, columns)))
        connection.execute(sa.text(_DROP.format(f"moved_{table}")))
    for table, decisions in _DECISIONS.items():
        for column in decisions:
            connection.execute(sa.text(_SHIFT.format(table, column)))
    connection.execute(_NOTE, {"head": str(head)})


def _write_page(connection: sa.Connection, page: Sequence[sa.Row[Any]], head: Head) -> Head:
    """These entries again, after that head; gives the new head."""
    entries, actors, partners = [], [], []
    for row in page:
        number, facts = row.entry, json.loads(row.body)
        if facts.get("cause") is not None:
            facts["cause"] += 1
        names = {name: facts.pop(name) for name in _NAMES if facts.get(name)}
        beside = {"entry": number + 1, "partner": facts.get("partner")}
        if names and "actor" not in facts:
            salt = secrets.token_hex(16)
            facts |= {"actor": chains.digest_of_details(salt, names), "named": True}
            actors.append({**beside, "salt": salt, "data": chains.canonical(names)})
        entry = chains.chain(number + 1, facts, head.sha256)
        entries.append({"entry": entry.entry, "body": entry.body, "previous": entry.previous, "sha256": entry.sha256})
        partners.append({"entry": number, "partner": facts.get("partner")})
        head = Head(entry.entry, entry.sha256)
    connection.execute(_ENTRY, entries)
    if actors:
        connection.execute(_ACTOR, actors)
    connection.execute(_OF_PARTNER, partners)
    return head
