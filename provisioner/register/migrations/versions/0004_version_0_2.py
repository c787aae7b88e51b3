"""The register as version 0.2 left it: the oldest that is brought along. A new register is made as it is now."""

revision = "0004"
down_revision = None


def upgrade() -> None:
    """Nothing: it is there."""
