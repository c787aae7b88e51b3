"""Closing: what is kept of an access that could not be closed."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
