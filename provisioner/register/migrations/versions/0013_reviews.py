"""The ledger of notices, the yearly review, the life of a convention, the review of the Caf: a function each.

And whose persons an entry of the journal may name, so that those who leave are looked for in few of them (D2).
"""

import sqlalchemy as sa
from alembic import op

from provisioner.domain import journal as chains
from provisioner.register import journal

revision = "0013"
down_revision = "0012"

_RECEPTIONS = """
UPDATE habilitation SET end_received_on = (
    SELECT MAX(annexe.received_on) FROM annexe
    WHERE annexe.partner = habilitation.partner AND annexe.transmitted_on = habilitation.end_transmitted_on
    AND annexe.applied_at IS NOT NULL)
WHERE end_rule = 'A3'
"""


def upgrade() -> None:
    """Makes each thing's tables and columns."""
    _ledger_of_notices()
    _receptions_of_ends()
    _reviews()
    _life_of_the_convention()
    _review_of_the_caf()
    _who_may_be_named()


def _ledger_of_notices() -> None:
    """Who was told of what was sent before is not known; what is owed still goes to the recipient that it has."""
    with op.batch_alter_table("notice") as altered:
        altered.add_column(sa.Column("side", sa.String(8)))
        altered.add_column(sa.Column("role", sa.String(32)))
        altered.add_column(sa.Column("occasion", sa.String(128)))
        altered.add_column(sa.Column("refused_at", sa.String(32)))
        altered.add_column(sa.Column("withdrawn_at", sa.String(32)))
    once, several = ("kind", "side", "role", "occasion"), sa.text("partner IS NULL")
    op.create_index("uq_notice_of_partner", "notice", ("partner", *once), unique=True)
    op.create_index(
        "uq_notice_of_several", "notice", once, unique=True, sqlite_where=several, postgresql_where=several
    )


def _receptions_of_ends() -> None:
    """When the Caf received the annexe that brought an end, where that annexe is still the partner's."""
    with op.batch_alter_table("habilitation") as altered:
        altered.add_column(sa.Column("end_received_on", sa.Date()))
    op.execute(_RECEPTIONS)


def _reviews() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("reminded_for", sa.Date),
        sa.Column("frozen_at", sa.String(32)),
        sa.Column("population", sa.Text, nullable=False),
        sa.Column("salt", sa.String(64)),
        sa.Column("digest", sa.String(64)),
        sa.Column("unproven", sa.Text, nullable=False),
        sa.Column("bounced", sa.Text, nullable=False),
        sa.Column("settled_on", sa.Date),
        sa.Column("settled_at", sa.String(32)),
        sa.Column("annexe_sha256", sa.String(64)),
        sa.Column("document_sha256", sa.String(64)),
        sa.Column("document", sa.LargeBinary),
        sa.Column("document_name", sa.Text),
        sa.Column("signatory", sa.Text),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("opened_since", sa.Text, nullable=False),
        sa.Column("closed_since", sa.Text, nullable=False),
        sa.Column("is_hasty", sa.Boolean),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_review_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("partner", "due_on", name=op.f("uq_review_partner_due_on")),
        sqlite_autoincrement=True,
    )


def _life_of_the_convention() -> None:
    with op.batch_alter_table("partner") as altered:
        altered.add_column(sa.Column("notice_days", sa.Integer()))
    op.create_table(
        "asked_document",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("what", sa.Text()),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("convention_end", sa.Date),
        sa.Column("answered_on", sa.Date),
        sa.Column("signatory", sa.Text()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("file_name", sa.Text()),
        sa.Column("document", sa.LargeBinary),
        sa.Column("withdrawn_on", sa.Date),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_asked_document_partner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_document")),
        sa.UniqueConstraint("partner", "convention_end", name=op.f("uq_asked_document_partner_convention_end")),
        sqlite_autoincrement=True,
    )


def _review_of_the_caf() -> None:
    op.create_table(
        "caf_review",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("begun_at", sa.String(32), nullable=False),
        sa.Column("read_at", sa.String(32)),
        sa.Column("completed_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caf_review")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "caf_review_line",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("review", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("realm", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("grants", sa.Text, nullable=False),
        sa.Column("signed_at", sa.String(32)),
        sa.Column("signed_by", sa.Text),
        sa.Column("wrong", sa.Text),
        sa.ForeignKeyConstraint(["review"], ["caf_review.id"], name=op.f("fk_caf_review_line_review")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caf_review_line")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_caf_review_line_review"), "caf_review_line", ["review"])


_BESIDE_NO_HABILITATION = sa.text("""
SELECT journal_entry.entry, body FROM journal_entry JOIN journal_detail ON journal_detail.entry = journal_entry.entry
WHERE habilitation IS NULL
""")
_MAY_NAME = sa.text("UPDATE journal_detail SET may_name = :may_name WHERE entry = :entry")


def _who_may_be_named() -> None:
    op.add_column("journal_detail", sa.Column("may_name", sa.String(64)))
    connection = op.get_bind()
    rows = [
        {"entry": row.entry, "may_name": journal.may_name(chains.read(row.body))}
        for row in connection.execute(_BESIDE_NO_HABILITATION)
    ]
    if rows:
        connection.execute(_MAY_NAME, rows)
    op.create_index("ix_journal_detail_may_name", "journal_detail", ["may_name"])
