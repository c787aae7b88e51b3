"""Closing: since when an annexe has ended an access, and what is kept of an access that could not be closed."""

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0006"
down_revision = "0005"

#: What an older register does not tell to the moment is taken to have been recorded at noon of its day.
_NOON = """
UPDATE habilitation SET end_recorded_at = CAST(end_recorded_on AS VARCHAR(10)) || 'T12:00:00.000000+00:00'
WHERE end_recorded_on IS NOT NULL
"""


def upgrade() -> None:
    """Adds the columns."""
    with op.batch_alter_table("habilitation") as table:
        table.add_column(sa.Column("end_recorded_at", Moment()))
    op.execute(_NOON)
    with op.batch_alter_table("hold") as table:
        table.add_column(sa.Column("still_open", sa.String(16)))
