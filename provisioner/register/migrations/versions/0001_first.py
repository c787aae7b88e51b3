"""The first register: partners, accounts, habilitations, annexes, invitations, holds, the journal."""

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("keycloak_id", sa.String(length=64), nullable=True),
        sa.Column("written", sa.String(length=64), nullable=True),
        sa.Column("intended", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("keycloak_id", name=op.f("uq_account_keycloak_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "journal_entry",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("previous", name=op.f("uq_journal_entry_previous")),
        sa.UniqueConstraint("sha256", name=op.f("uq_journal_entry_sha256")),
    )
    op.create_table(
        "mark",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mark")),
    )
    op.create_table(
        "partner",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("ctg_end", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("group_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_partner")),
    )
    op.create_table(
        "annexe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("transmitted_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("submitted_at", Moment(), nullable=False),
        sa.Column("approved_at", Moment(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("plan_id", sa.String(length=8), nullable=True),
        sa.Column("decisions", sa.Text(), nullable=True),
        sa.Column("applied_at", Moment(), nullable=True),
        sa.Column("rejected_at", Moment(), nullable=True),
        sa.Column("rejected_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_annexe_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annexe")),
        sa.UniqueConstraint("partner", "sha256", name=op.f("uq_annexe_partner_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "habilitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("first_names", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("transmitted_on", sa.Date(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_rule", sa.String(length=8), nullable=True),
        sa.Column("end_transmitted_on", sa.Date(), nullable=True),
        sa.Column("end_recorded_on", sa.Date(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("waived", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_habilitation_account")),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_habilitation_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_habilitation")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_habilitation_open",
        "habilitation",
        ["partner", "account"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND opened_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND opened_at IS NOT NULL"),
    )
    op.create_index(
        "uq_habilitation_planned",
        "habilitation",
        ["partner", "account"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND opened_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND opened_at IS NULL"),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=True),
        sa.Column("account", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.String(length=8), nullable=True),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_hold_account")),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_hold_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_table(
        "journal_detail",
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("habilitation", sa.Integer(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["journal_entry.entry"], name=op.f("fk_journal_detail_entry")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_journal_detail")),
    )
    op.create_index(op.f("ix_journal_detail_habilitation"), "journal_detail", ["habilitation"], unique=False)
    op.create_table(
        "partner_domain",
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_partner_domain_partner")),
        sa.PrimaryKeyConstraint("partner", "domain", name=op.f("pk_partner_domain")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("habilitation", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("intended_at", Moment(), nullable=False),
        sa.Column("keycloak_time", Moment(), nullable=False),
        sa.Column("lifespan_seconds", sa.Integer(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("failed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["habilitation"], ["habilitation.id"], name=op.f("fk_invitation_habilitation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("habilitation", "attempt", name=op.f("uq_invitation_habilitation_attempt")),
    )
