"""What is kept of the realm and its groups."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
