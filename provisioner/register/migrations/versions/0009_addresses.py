"""Exact addresses of a partner, and who sent an annexe."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
