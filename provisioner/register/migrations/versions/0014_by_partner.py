"""Indexes by which what concerns one partner is read by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_UNDER_WAY = (
    "(applied_number IS NULL OR approved_number > applied_number OR submitted_number > applied_number"
    " OR sent_back_number > applied_number)"
)


def upgrade() -> None:
    """Makes them."""
    op.create_index("ix_habilitation_partner", "habilitation", ["partner"])
    op.create_index("ix_hold_partner", "hold", ["partner"])
    op.create_index("ix_hold_account", "hold", ["account"])
    for name, table, column, rows in (
        ("ix_account_renamed_from", "account", "renamed_from", "renamed_from IS NOT NULL"),
        ("ix_annexe_under_way", "annexe", "partner", _UNDER_WAY),
        ("ix_hold_lasting", "hold", "kind", "released_at IS NULL"),
        ("ix_notice_owed", "notice", "kind", "sent_at IS NULL AND withdrawn_at IS NULL"),
    ):
        op.create_index(name, table, [column], sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))
