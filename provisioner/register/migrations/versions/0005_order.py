"""The order in which things were written is a number of the register, not a clock reading."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
