"""The register as version 0.1 left it. A new register is made as it is now."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: it is there."""
