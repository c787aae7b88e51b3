"""On whose decision each entry of the journal stands."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
