"""That a link was used is kept, so that nobody is asked about again every day."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Each that was used before is asked about once more."""
    op.add_column("account", sa.Column("password_seen_number", sa.Integer()))
