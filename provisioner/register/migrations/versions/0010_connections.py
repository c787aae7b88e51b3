"""Keycloak's events, what the controls saw in them, incidents, and containments."""

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the tables and columns; nothing of what is there changes."""
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("last_login_on", sa.Date()))
    with op.batch_alter_table("hold") as table:
        table.add_column(sa.Column("second", sa.Text()))
        table.add_column(sa.Column("containment", sa.Integer()))
        table.add_column(sa.Column("incident", sa.Integer()))
    with op.batch_alter_table("invitation") as table:
        table.drop_column("bounced_by")  # the journal's entry says it
    _add_records()
    _add_controls()
    _add_incidents()


def _add_records() -> None:
    op.create_table(
        "connection_record",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64)),
        sa.Column("account", sa.Integer),
        sa.Column("user", sa.String(64)),
        sa.Column("address", sa.String(64)),
        sa.Column("client", sa.String(255)),
        sa.Column("session", sa.String(64)),
        sa.Column("number", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_connection_record_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_record")),
    )
    op.create_index("ix_connection_record_at", "connection_record", ["at"])
    op.create_index("ix_connection_record_number", "connection_record", ["number"])
    op.create_index("ix_connection_record_account_at", "connection_record", ["account", "at"])
    made = sa.text("kind = 'update_credential'")
    both = ["account", "at"]
    op.create_index(
        "ix_connection_record_password", "connection_record", both, sqlite_where=made, postgresql_where=made
    )
    op.create_table(
        "console_record",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("operation", sa.String(16), nullable=False),
        sa.Column("resource", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("actor_realm", sa.String(64)),
        sa.Column("actor", sa.String(64)),
        sa.Column("actor_client", sa.String(64)),
        sa.Column("address", sa.String(64)),
        sa.Column("error", sa.String(255)),
        sa.Column("account", sa.Integer),
        sa.Column("user", sa.String(64)),
        sa.Column("number", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_console_record_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_record")),
    )
    for column in ("at", "number", "account"):
        op.create_index(f"ix_console_record_{column}", "console_record", [column])
    nobodys = sa.text("account IS NULL")
    for table in ("connection_record", "console_record"):
        op.create_index(f"ix_{table}_user", table, ["user"], sqlite_where=nobodys, postgresql_where=nobodys)
    op.create_table(
        "reading_hole",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("stream", sa.String(16), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_hole")),
    )
    op.create_table(
        "destroyed_account",
        sa.Column("keycloak_id", sa.String(64), nullable=False),
        sa.Column("destroyed_on", sa.Date, nullable=False),
        sa.Column("entry", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("keycloak_id", name=op.f("pk_destroyed_account")),
    )
    op.create_index("ix_destroyed_account_entry", "destroyed_account", ["entry"])


def _add_controls() -> None:
    op.create_table(
        "control",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(8), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("partner", sa.String(64)),
        sa.Column("habilitation", sa.Integer),
        sa.Column("account", sa.Integer),
        sa.Column("user", sa.String(64)),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("mended_at", Moment()),
        sa.Column("settled_at", Moment()),
        sa.Column("settled_by", sa.Text),
        sa.Column("settle_reason", sa.Text),
        sa.Column("settle_decision", sa.Integer),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_control_partner")),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_control_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control")),
        sa.UniqueConstraint("code", "key", name=op.f("uq_control_code_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_control_account", "control", ["account"])


def _add_incidents() -> None:
    texts = ("nature", "categories", "numbers", "effects", "measures", "cnil_notified", "persons_told")
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("aware_since", Moment(), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("declared_at", Moment(), nullable=False),
        sa.Column("declared_by", sa.Text, nullable=False),
        sa.Column("decision", sa.Integer),
        *(sa.Column(name, sa.Text) for name in texts),
        sa.Column("told_at", Moment()),
        sa.Column("closed_at", Moment()),
        sa.Column("closed_by", sa.Text),
        sa.Column("closing_text", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sqlite_autoincrement=True,
    )
    partner = sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_incident_partner_partner"))
    for name, kind, keys in (("partner", sa.String(64), [partner]), ("account", sa.Integer(), [])):
        table = f"incident_{name}"
        op.create_table(
            table,
            sa.Column("incident", sa.Integer, nullable=False),
            sa.Column(name, kind, nullable=False),
            sa.ForeignKeyConstraint(["incident"], ["incident.id"], name=op.f(f"fk_{table}_incident")),
            *keys,
            sa.PrimaryKeyConstraint("incident", name, name=op.f(f"pk_{table}")),
        )
