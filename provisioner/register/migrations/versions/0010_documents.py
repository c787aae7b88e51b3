"""What is kept of a document that could not be read whole."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing yet."""
