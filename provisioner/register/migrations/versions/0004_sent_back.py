"""When an approved annexe was last sent back: its 30 days begin anew (A2)."""

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the column."""
    with op.batch_alter_table("annexe") as table:
        table.add_column(sa.Column("sent_back_at", Moment()))
