"""The notices that are owed have a table of their own name: `outbox` is the drop folder's."""

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
    """Moves the notices, in their order."""
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
