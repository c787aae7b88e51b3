"""What is kept of a check and of a held plan is typed; a limit's figures are columns; notices are called notices.

Of what older versions kept, only the sentences tell what was found and why: they are kept in the typed records as
they are (`said`), until the annexe or the hold is over.
"""

import json
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0009"
down_revision = "0008"

_MOVE = """
INSERT INTO notice (message_id, kind, partner, recipient, content, created_at, tries, begun_at, next_try_at, sent_at,
    error)
SELECT message_id, kind, partner, recipient, content, created_at, tries, begun_at, next_try_at, sent_at, error
FROM outbox ORDER BY id
"""


def upgrade() -> None:
    """Rewrites checks, plans and limits; moves the notices, in their order."""
    with op.batch_alter_table("hold") as table:
        table.add_column(sa.Column("figure", sa.Integer()))
        table.add_column(sa.Column("allowed", sa.Integer()))
    _rewrite_checks(op.get_bind())
    _rewrite_holds(op.get_bind())
    _move_notices()


def _rewrite_checks(connection: sa.Connection) -> None:
    asked = sa.text('SELECT id, partner, sha256, file_name, transmitted_on, "check" FROM annexe ORDER BY id')
    written = sa.text('UPDATE annexe SET "check" = :plain WHERE id = :id')
    for annexe in connection.execute(asked).all():
        facts = {"partner": annexe.partner, "sha256": annexe.sha256, "file": annexe.file_name}
        facts["transmitted_on"] = str(annexe.transmitted_on) if annexe.transmitted_on else None
        plain = json.dumps(_check(facts | json.loads(annexe.check)), ensure_ascii=False)
        connection.execute(written, {"plain": plain, "id": annexe.id})


def _check(old: dict[str, Any]) -> dict[str, Any]:
    """Version 0.1 kept no check: then nothing is in it."""
    names = ("file", "sha256", "partner", "transmitted_on")
    rows = [_row(number, row) for number, key in ((1, "open"), (2, "closed")) for row in old.get(key, ())]
    findings = [_finding(finding) for finding in old.get("findings", ())]
    return {"version": 1, **{name: old[name] for name in names}, "rows": rows, "findings": findings}


def _row(number: int, old: dict[str, Any]) -> dict[str, Any]:
    names = ("row", "last_name", "first_names", "function", "email")
    return {"list": number, **{name: old[name] for name in names}, "on": old.get("requested_on", old.get("ended_on"))}


def _finding(old: dict[str, Any]) -> dict[str, Any]:
    return {("said" if name == "message" else name): value for name, value in old.items() if value is not None}


def _rewrite_holds(connection: sa.Connection) -> None:
    # 0.1 kept the first row of a limit that was let go beside the one that tells it; no journal's entry says it.
    connection.execute(sa.text("DELETE FROM hold WHERE kind = 'limit' AND release_reason = 'superseded'"))
    accesses = {row["id"]: row for row in connection.execute(sa.text(_ACCESSES)).mappings()}
    asked = sa.text("SELECT id, kind, reason, changes FROM hold ORDER BY id")
    written = sa.text(
        "UPDATE hold SET reason = :reason, figure = :figure, allowed = :allowed, changes = :changes WHERE id = :id"
    )
    for hold in connection.execute(asked).all():
        values = {"id": hold.id, "reason": hold.reason, "figure": None, "allowed": None, "changes": None}
        if hold.kind == "limit" and "/" in hold.reason:
            limit, _, figures = hold.reason.partition(" ")
            figure, _, allowed = figures.partition("/")
            values |= {"reason": limit, "figure": int(figure), "allowed": int(allowed)}
        if hold.changes is not None:
            changes = [_change(old, accesses.get(old["habilitation"])) for old in json.loads(hold.changes)]
            values["changes"] = json.dumps({"version": 1, "changes": changes}, ensure_ascii=False)
        connection.execute(written, values)


_ACCESSES = """
SELECT habilitation.id, habilitation.partner, account.email, requested_on, transmitted_on, adopted_on, opened_at,
    closed_at
FROM habilitation JOIN account ON account.id = habilitation.account
"""


def _change(old: dict[str, Any], access: sa.RowMapping | None) -> dict[str, Any]:
    names = ("action", "partner", "rule", "email", "due_on", "new_email")
    change = {name: old[name] for name in names if old.get(name) is not None}
    change["said"] = old["reason"]
    if access is not None:
        facts = {name: str(value) if "_" in name else value for name, value in access.items() if value is not None}
        change["access"] = facts | _end(old)
    return change


def _end(old: dict[str, Any]) -> dict[str, Any]:
    """The end that a closure was for, as far as it was kept: it is due on the morrow of its last day, or at once."""
    if old["action"] != "close" or old["due_on"] is None or old["rule"] not in ("A3", "A5", "C3"):
        return {}
    due_on = date.fromisoformat(old["due_on"])
    last_day = str(due_on if old["rule"] == "A5" else due_on - timedelta(days=1))
    return {"end": {"on": last_day, "rule": old["rule"], "transmitted_on": None, "recorded_on": last_day}}


def _move_notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("partner", sa.String(64)),
        sa.Column("recipient", sa.String(320)),
        sa.Column("content", sa.LargeBinary),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("begun_at", Moment()),
        sa.Column("next_try_at", Moment()),
        sa.Column("sent_at", Moment()),
        sa.Column("error", sa.Text),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_notice_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notice_message_id")),
    )
    op.execute(_MOVE)
    op.drop_table("outbox")
