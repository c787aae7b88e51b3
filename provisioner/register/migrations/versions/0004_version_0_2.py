"""From 0.1 to 0.2: contacts, kept checks, renames, reopenings, links that are owed, what waits to be told, drops."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0004"
down_revision = "0001"

#: A link is owed since the opening to whoever was new then: not open already through another partner.
_OWED_SINCE_OPENING = """
UPDATE habilitation SET link_due_at = opened_at WHERE opened_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM habilitation AS other WHERE other.account = habilitation.account AND other.id <> habilitation.id
    AND (other.opened_at < habilitation.opened_at
         OR (other.opened_at = habilitation.opened_at AND other.id < habilitation.id))
    AND (other.closed_at IS NULL OR other.closed_at > habilitation.opened_at))
"""

_NEW_COLUMNS: dict[str, list[sa.Column[Any]]] = {
    "account": [sa.Column("renamed_from", sa.String(320)), sa.Column("reopening", sa.String(16))],
    "habilitation": [sa.Column("adopted_on", sa.Date), sa.Column("link_due_at", Moment())],
    "annexe": [
        sa.Column("source", sa.LargeBinary),
        sa.Column("source_name", sa.Text),
        sa.Column("source_sha256", sa.String(64)),
        sa.Column("valid", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("check", sa.Text, nullable=False, server_default="{}"),
        sa.Column("sent_back_at", Moment()),
    ],
    "invitation": [
        sa.Column("bounced_at", Moment()),
        sa.Column("bounced_by", sa.Text),
        sa.Column("told_at", Moment()),
    ],
    "hold": [
        sa.Column("changes", sa.Text),
        *(sa.Column(name, Moment()) for name in ("effective_at", "told_at", "tried_at")),
    ],
}


def upgrade() -> None:
    """Adds the columns and tables; what is there keeps its meaning."""
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.execute(_OWED_SINCE_OPENING)
    # 0.1 read the clock for the approval first: what `apply` brought seemed to come after its own approval.
    op.execute("UPDATE annexe SET submitted_at = approved_at WHERE submitted_at > approved_at")
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner", sa.String(64)),
        sa.Column("dated", sa.Date, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_contact_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("partner", "role", name=op.f("uq_contact_partner_role")),
    )
    of_caf = sa.text("partner IS NULL")
    op.create_index("uq_contact_caf", "contact", ["role"], unique=True, sqlite_where=of_caf, postgresql_where=of_caf)
    op.create_table(
        "outbox",
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
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_outbox_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_table(
        "dropped_file",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("looked_at", Moment(), nullable=False),
        sa.Column("partner", sa.String(64)),
        sa.Column("taken_at", Moment()),
        sa.Column("annexe", sa.Integer),
        sa.Column("refusal", sa.String(32)),
        sa.Column("report", sa.Text),
        sa.Column("told_at", Moment()),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_dropped_file_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dropped_file")),
        sa.UniqueConstraint("key", name=op.f("uq_dropped_file_key")),
        sqlite_autoincrement=True,
    )
