"""What is destroyed and when: forecasts, the accounts and conventions whose data went, certificates, backup keys."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the tables and columns; nothing of what is there changes."""
    for table in ("account", "partner"):
        with op.batch_alter_table(table) as altered:
            altered.add_column(sa.Column("destroyed_on", sa.Date()))
    with op.batch_alter_table("annexe") as altered:
        altered.add_column(sa.Column("replaced_on", sa.Date()))
        altered.add_column(sa.Column("original_sha256", sa.String(64)))
    with op.batch_alter_table("partner") as altered:
        altered.add_column(sa.Column("reference", sa.Text()))
        altered.add_column(sa.Column("document_sha256", sa.String(64)))
    op.create_index(op.f("ix_habilitation_account"), "habilitation", ["account"])
    op.create_table(
        "forecast",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(8), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("done_on", sa.Date),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_forecast")),
    )
    op.create_table(
        "attestation",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("requested_on", sa.Date, nullable=False),
        sa.Column("habilitations", sa.Text, nullable=False),
        sa.Column("accounts", sa.Text, nullable=False),
        sa.Column("follows", sa.Integer),
        sa.Column("decision", sa.Integer),
        sa.Column("issued_on", sa.Date),
        sa.Column("sha256", sa.String(64)),
        sa.Column("document", sa.LargeBinary),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_attestation_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "backup_key",
        sa.Column("fingerprint", sa.String(128), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("used_on", sa.Date),
        sa.Column("destroyed_on", sa.Date),
        sa.Column("decision", sa.Integer),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_backup_key")),
    )
