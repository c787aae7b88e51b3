"""That an account was seen to have a password is kept, so that it is not asked about again every day."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Each that was used before is asked about once more."""
    op.add_column("account", sa.Column("password_seen_number", sa.Integer()))
