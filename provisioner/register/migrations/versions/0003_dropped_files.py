"""The files of the drop folder, and what their reports tell."""

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the table."""
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
