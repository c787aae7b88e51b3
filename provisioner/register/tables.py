"""The register's tables: facts with their dates, no stored states (docs/choices.md).

A column `…_at` is a clock reading, to be shown; a column `…_number` tells the order: the number of the unit of work
that wrote the fact (`Work.number`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from provisioner.domain import caf_review as caf
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.connections.control import Severity
from provisioner.domain.connections.incident import Origin
from provisioner.domain.connections.record import Stream
from provisioner.domain.convention import Role
from provisioner.domain.dropped_file import SetAside
from provisioner.domain.hold import HoldKind, StillOpen
from provisioner.domain.notice import Side
from provisioner.domain.records import Reopening
from provisioner.register.columns import Choice, Json, Moment, Seconds, Words, ends_in, ends_out
from provisioner.register.kept import KeptCheck, KeptPlan, facts_in, facts_out, grants_in, grants_out

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

partner = Table(
    "partner",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("signed_on", Date),
    Column("ctg_end", Date, nullable=False),
    Column("ends_on", Date),
    Column("end_reason", Text),
    Column("end_decision", Integer),  # like each `decision`: the number of the journal's entry that is it
    Column("group_id", String(64)),
    Column("reference", Text),  # of the signed convention, at the Caf
    Column("document_sha256", String(64)),  # of the signed convention's file (C1)
    Column("notice_days", Integer),  # before a tacit renewal, as the paper says
    Column("destroyed_on", Date),  # the day on which what its convention gathered was destroyed (C4)
)

partner_domain = Table(
    "partner_domain",
    metadata,
    Column("partner", ForeignKey("partner.code"), primary_key=True),
    Column("domain", String(255), primary_key=True),
)

partner_address = Table(
    "partner_address",
    metadata,
    Column("partner", ForeignKey("partner.code"), primary_key=True),
    Column("email", String(320), primary_key=True),
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("keycloak_id", String(64), unique=True),
    Column("written", String(64)),
    Column("intended", String(64)),
    Column("renamed_from", String(320)),  # until Keycloak has the new address
    Column("reopening", Choice(Reopening, 16)),  # a decision to reopen, until it is done
    Column("reopening_number", Integer),
    Column("reopening_decision", Integer),
    Column("password_seen_number", Integer),  # the unit of work that found that it has one
    Column("last_login_on", Date),  # stays beyond the connection records' own age limit, until D1's day
    Column("destroyed_on", Date),  # when its data were (D1), none while it has any; the row stays until D2's day
    sqlite_autoincrement=True,
)

_is_renamed = text("renamed_from IS NOT NULL")
Index("ix_account_renamed_from", account.c.renamed_from, sqlite_where=_is_renamed, postgresql_where=_is_renamed)

habilitation = Table(
    "habilitation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", ForeignKey("partner.code"), nullable=False),
    Column("account", ForeignKey("account.id"), nullable=False, index=True),
    Column("last_name", Text, nullable=False),
    Column("first_names", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("transmitted_on", Date, nullable=False),
    Column("adopted_on", Date),
    Column("opened_at", Moment),
    Column("opened_number", Integer),
    Column("link_due_at", Moment),
    Column("link_due_number", Integer),
    Column("ended_on", Date),
    Column("end_rule", String(8)),
    Column("end_transmitted_on", Date),
    Column("end_recorded_on", Date),
    Column("end_recorded_at", Moment),
    Column("end_received_on", Date),  # by the Caf, of the annexe that brought it; the annexe itself is destroyed (A2)
    Column("closed_at", Moment),
    Column("waived", Words, nullable=False, default=frozenset()),
    Column("decision", Integer),  # to which it owes its opening
    Column("end_decision", Integer),
    Column("link_decision", Integer),  # of the link that became due last
    sqlite_autoincrement=True,  # the journal names habilitations by id: none is ever used again
)
Index("ix_habilitation_partner", habilitation.c.partner)
for _name, _opened in (("planned", "NULL"), ("open", "NOT NULL")):
    _live = text(f"closed_at IS NULL AND opened_at IS {_opened}")
    Index(
        f"uq_habilitation_{_name}",
        habilitation.c.partner,
        habilitation.c.account,
        unique=True,
        sqlite_where=_live,
        postgresql_where=_live,
    )

annexe = Table(
    "annexe",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", ForeignKey("partner.code"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("transmitted_on", Date),
    Column("received_on", Date, nullable=False),
    Column("sent_by", String(320)),
    Column("source", LargeBinary),
    Column("source_name", Text),
    Column("source_sha256", String(64)),
    Column("submitted_at", Moment, nullable=False),
    Column("submitted_number", Integer, nullable=False),
    Column("valid", Boolean, nullable=False),
    Column("check", Json(KeptCheck.plain, KeptCheck.check), nullable=False),
    Column("approved_at", Moment),
    Column("approved_number", Integer),
    Column("approved_by", Text),
    Column("decision", Integer),  # its last approval
    Column("plan_id", String(8)),
    Column("decisions", Json(Decisions.as_plain, Decisions.from_plain)),
    Column("sent_back_at", Moment),
    Column("sent_back_number", Integer),
    Column("applied_at", Moment),
    Column("applied_number", Integer),
    Column("rejected_at", Moment),
    Column("rejected_number", Integer),
    Column("rejected_by", Text),
    Column("reason", Text),
    Column("list_2_applied_at", Moment),  # alone (A4)
    Column("list_2_applied_number", Integer),
    Column("list_2_approved_by", Text),
    Column("told_on", Date),  # that it waits for a decision, to the Caf
    Column("reminded_on", Date),
    Column("replaced_on", Date),  # when a list made from the register took the place of the partner's document (D2)
    Column("original_sha256", String(64)),  # that document's
    UniqueConstraint("partner", "sha256"),
    sqlite_autoincrement=True,
)

#: Of an annexe: that it never was applied, or that anything happened to it since.
UNDER_WAY = text(
    "(applied_number IS NULL OR approved_number > applied_number OR submitted_number > applied_number"
    " OR sent_back_number > applied_number)"
)
Index("ix_annexe_under_way", annexe.c.partner, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY)

invitation = Table(
    "invitation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("habilitation", ForeignKey("habilitation.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("intended_at", Moment, nullable=False),
    Column("intended_number", Integer, nullable=False),
    Column("keycloak_time", Moment, nullable=False),
    Column("lifespan_seconds", Seconds, nullable=False),
    Column("events_kept", Boolean, nullable=False),  # whether Keycloak kept its admin events then
    Column("uncertain_at", Moment),  # when nobody could know whether it left, until it is begun again
    Column("sent_at", Moment),
    Column("failed_at", Moment),
    Column("bounced_at", Moment),
    Column("told_at", Moment),  # that the person does not answer, to the partner
    UniqueConstraint("habilitation", "attempt"),
)

hold = Table(
    "hold",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Choice(HoldKind, 16), nullable=False),
    Column("partner", ForeignKey("partner.code")),
    Column("account", ForeignKey("account.id")),
    Column("reason", Text, nullable=False),  # the limit by its code, or what a person or Keycloak said
    Column("figure", Integer),
    Column("allowed", Integer),
    Column("plan_id", String(8)),
    Column("covers", Json(ends_out, ends_in), nullable=False, default=frozenset()),  # what ends with it
    Column("changes", Json(KeptPlan.plain, KeptPlan.kept, ())),  # until it is let go; of destructions on to D2
    Column("since", Moment, nullable=False),
    Column("since_number", Integer, nullable=False),
    Column("decision", Integer),
    Column("effective_at", Moment),
    Column("told_at", Moment),  # when the contacts were last told of it
    Column("tried_at", Moment),  # what is in quarantine last, a suspension first
    Column("still_open", Choice(StillOpen, 16)),  # why an access in quarantine could not be closed
    Column("until", Date),
    Column("released_at", Moment),
    Column("released_by", Text),
    Column("release_reason", Text),
    Column("second", Text),  # who confirmed a containment that is beyond its limit
    Column("containment", Integer),  # the hold of the partner's containment by which this account is suspended
    Column("incident", Integer),  # to which it belongs
)

_lasts = text("released_at IS NULL")
Index("ix_hold_lasting", hold.c.kind, sqlite_where=_lasts, postgresql_where=_lasts)
Index("ix_hold_partner", hold.c.partner)
Index("ix_hold_account", hold.c.account)

contact = Table(
    "contact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", ForeignKey("partner.code")),  # none: the Caf's own (annexe 3)
    Column("dated", Date, nullable=False),
    Column("role", Choice(Role, 32), nullable=False),
    Column("name", Text),
    Column("email", String(320), nullable=False),
    UniqueConstraint("partner", "role"),
)
_OF_CAF = text("partner IS NULL")  # the constraint above takes any number of rows without a partner
Index("uq_contact_caf", contact.c.role, unique=True, sqlite_where=_OF_CAF, postgresql_where=_OF_CAF)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("partner", ForeignKey("partner.code")),
    Column("side", Choice(Side, 8)),  # this and the role: not known of what was owed before version 0.4
    Column("role", Choice(Role, 32)),
    Column("occasion", String(128)),
    Column("recipient", String(320)),  # goes a year after it was sent
    Column("content", LargeBinary),  # goes once it is sent
    Column("created_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("begun_at", Moment),
    Column("next_try_at", Moment),
    Column("sent_at", Moment),
    Column("refused_at", Moment),  # the recipient, for good, by our mail server
    Column("withdrawn_at", Moment),
    Column("error", Text),
)
_ONCE = (notice.c.kind, notice.c.side, notice.c.role, notice.c.occasion)  # for one occasion a contact is told once
_OF_SEVERAL = text("partner IS NULL")
Index("uq_notice_of_partner", notice.c.partner, *_ONCE, unique=True)
Index("uq_notice_of_several", *_ONCE, unique=True, sqlite_where=_OF_SEVERAL, postgresql_where=_OF_SEVERAL)

_is_owed = text("sent_at IS NULL AND withdrawn_at IS NULL")
Index("ix_notice_owed", notice.c.kind, sqlite_where=_is_owed, postgresql_where=_is_owed)

dropped_file = Table(
    "dropped_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True),  # its folder and name, until it has left the inbox
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("looked_at", Moment, nullable=False),
    Column("partner", ForeignKey("partner.code")),
    Column("taken_at", Moment),
    Column("taken_number", Integer),
    Column("annexe", Integer),  # no foreign key: it may be destroyed first
    Column("refusal", Choice(SetAside, 32)),
    Column("report", Text),
    Column("told_number", Integer),  # of the last thing that its report tells
    sqlite_autoincrement=True,  # the set-aside file is named by it
)

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, unique=True),
)

journal_detail = Table(
    "journal_detail",
    metadata,
    Column("entry", ForeignKey("journal_entry.entry"), primary_key=True),
    Column("salt", String(64), nullable=False),
    Column("habilitation", Integer, index=True),
    Column("may_name", String(64), index=True),  # whose persons, beside one habilitation's: a partner's, or anybody's
    Column("data", Text, nullable=False),
)

journal_actor = Table(
    "journal_actor",
    metadata,
    Column("entry", ForeignKey("journal_entry.entry"), primary_key=True),
    Column("salt", String(64), nullable=False),
    Column("partner", String(64), index=True),
    Column("data", Text, nullable=False),
)

old_journal = Table(  # a chain that named who acted, before it was written again without names (D8)
    "old_journal",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("partner", String(64), index=True),
    Column("body", Text),  # until D8's day
    Column("previous", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
)

connection_record = Table(
    "connection_record",
    metadata,
    Column("id", String(64), primary_key=True),  # Keycloak's
    Column("at", Moment, nullable=False, index=True),
    Column("kind", String(64), nullable=False),
    Column("outcome", String(64)),
    Column("account", ForeignKey("account.id")),
    Column("user", String(64)),  # Keycloak's id, where the account is none of ours
    Column("address", String(64)),
    Column("client", String(255)),
    Column("session", String(64)),
    Column("number", Integer, nullable=False, index=True),
)
Index("ix_connection_record_account_at", connection_record.c.account, connection_record.c.at)
_is_password = text("kind = 'update_credential'")
Index(
    "ix_connection_record_password",
    connection_record.c.account,
    connection_record.c.at,
    sqlite_where=_is_password,
    postgresql_where=_is_password,
)

console_record = Table(
    "console_record",
    metadata,
    Column("id", String(64), primary_key=True),  # Keycloak's
    Column("at", Moment, nullable=False, index=True),
    Column("operation", String(16), nullable=False),
    Column("resource", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("actor_realm", String(64)),
    Column("actor", String(64)),
    Column("actor_client", String(64)),
    Column("address", String(64)),
    Column("error", String(255)),
    Column("account", ForeignKey("account.id"), index=True),
    Column("user", String(64)),  # Keycloak's id, where the account is none of ours
    Column("number", Integer, nullable=False, index=True),
)
for _table in (connection_record, console_record):
    _is_nobodys = text("account IS NULL")
    Index(f"ix_{_table.name}_user", _table.c.user, sqlite_where=_is_nobodys, postgresql_where=_is_nobodys)

reading_hole = Table(
    "reading_hole",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("stream", Choice(Stream, 16), nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)

destroyed_account = Table(
    "destroyed_account",
    metadata,
    Column("keycloak_id", String(64), primary_key=True),  # no event of it is stored again
    Column("destroyed_on", Date, nullable=False),
    Column("entry", Integer, nullable=False, index=True),  # of the journal, that tells it
)

control = Table(
    "control",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(64), nullable=False),
    Column("key", String(255), nullable=False),
    Column("severity", Choice(Severity, 16), nullable=False),
    Column("rule", String(8), nullable=False),
    Column("since", Moment, nullable=False),
    Column("partner", ForeignKey("partner.code")),
    Column("habilitation", Integer),
    Column("account", ForeignKey("account.id"), index=True),
    Column("user", String(64)),
    Column("facts", Json(facts_out, facts_in), nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("mended_at", Moment),
    Column("settled_at", Moment),
    Column("settled_by", Text),
    Column("settle_reason", Text),
    Column("settle_decision", Integer),
    UniqueConstraint("code", "key"),
    sqlite_autoincrement=True,  # the journal names controls by id
)

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("origin", Choice(Origin, 16), nullable=False),
    Column("aware_since", Moment, nullable=False),
    Column("what", Text, nullable=False),
    Column("declared_at", Moment, nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("decision", Integer),
    Column("nature", Text),
    Column("categories", Text),
    Column("numbers", Text),
    Column("effects", Text),
    Column("measures", Text),
    Column("cnil_notified", Text),  # the day, or why not
    Column("persons_told", Text),
    Column("told_at", Moment),  # when the contacts were last reminded
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("closing_text", Text),
    sqlite_autoincrement=True,
)

incident_partner = Table(
    "incident_partner",
    metadata,
    Column("incident", ForeignKey("incident.id"), primary_key=True),
    Column("partner", ForeignKey("partner.code"), primary_key=True),
)

incident_account = Table(
    "incident_account",
    metadata,
    Column("incident", ForeignKey("incident.id"), primary_key=True),
    Column("account", Integer, primary_key=True),  # no foreign key: it may be destroyed first
)

forecast = Table(
    "forecast",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(64), primary_key=True),  # what is due for destruction, by its number or code
    Column("rule", String(8), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("recorded_on", Date, nullable=False),  # by the first run that saw it due on that day
    Column("done_on", Date),  # when it was destroyed; the row goes the day after
)

attestation = Table(
    "attestation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", ForeignKey("partner.code"), nullable=False),
    Column("requested_on", Date, nullable=False),
    Column("habilitations", Json(list, tuple), nullable=False),  # their numbers, and nothing of the persons
    Column("accounts", Json(list, tuple), nullable=False),  # theirs, one for each; none once it is issued
    Column("follows", Integer),  # the certificate whose rest it covers
    Column("decision", Integer),
    Column("issued_on", Date),
    Column("sha256", String(64)),
    Column("document", LargeBinary),  # the sealed file: there is no person in it
    sqlite_autoincrement=True,  # a certificate is named by it
)

asked_document = Table(
    "asked_document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", ForeignKey("partner.code"), nullable=False),
    Column("what", Text),  # none for the certificate of C5
    Column("asked_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("convention_end", Date),  # of a certificate of C5: the last day of its convention
    Column("answered_on", Date),
    Column("signatory", Text),
    Column("sha256", String(64)),
    Column("file_name", Text),
    Column("document", LargeBinary),
    Column("withdrawn_on", Date),
    UniqueConstraint("partner", "convention_end"),  # asked for once
    sqlite_autoincrement=True,  # reminders and the journal name it by its number
)

review = Table(
    "review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", ForeignKey("partner.code"), nullable=False),
    Column("due_on", Date),  # none for the first annexe, from which the first review is counted
    Column("reminded_for", Date),
    Column("frozen_at", Moment),
    Column("population", Json(list, tuple, ()), nullable=False, default=()),  # numbers of habilitations, no person
    Column("salt", String(64)),
    Column("digest", String(64)),
    Column("unproven", Json(list, tuple, ()), nullable=False, default=()),
    Column("bounced", Words, nullable=False, default=frozenset()),  # the roles whose last reminder came back
    Column("settled_on", Date),
    Column("settled_at", Moment),
    Column("annexe_sha256", String(64)),
    Column("document_sha256", String(64)),
    Column("document", LargeBinary),  # the signed list, until it is replaced or a person in it is destroyed (A2, D2)
    Column("document_name", Text),
    Column("signatory", Text),
    Column("confirmed_by", Text),
    Column("opened_since", Json(list, tuple, ()), nullable=False, default=()),
    Column("closed_since", Json(list, tuple, ()), nullable=False, default=()),
    Column("is_hasty", Boolean),
    UniqueConstraint("partner", "due_on"),
)

caf_review = Table(
    "caf_review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("begun_at", Moment, nullable=False),
    Column("read_at", Moment),  # when Keycloak was last read for it
    Column("completed_at", Moment),
    sqlite_autoincrement=True,
)

caf_review_line = Table(
    "caf_review_line",
    metadata,
    Column("id", Integer, primary_key=True),  # the line's number, which no other ever has
    Column("review", ForeignKey("caf_review.id"), nullable=False, index=True),
    Column("kind", Choice(caf.Kind, 32), nullable=False),
    Column("realm", String(255), nullable=False),
    Column("subject", String(64), nullable=False),  # Keycloak's id
    Column("name", Text),
    Column("enabled", Boolean, nullable=False),
    Column("grants", Json(grants_out, grants_in, ()), nullable=False),
    Column("signed_at", Moment),
    Column("signed_by", Text),
    Column("wrong", Text),
    sqlite_autoincrement=True,
)

backup_key = Table(
    "backup_key",
    metadata,
    Column("fingerprint", String(128), primary_key=True),
    Column("month", String(7), nullable=False),
    Column("used_on", Date),
    Column("destroyed_on", Date),
    Column("decision", Integer),
)

mark = Table(
    "mark",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

sequence = Table(
    "sequence",
    metadata,
    Column("id", Integer, primary_key=True),  # 1: there is one row
    Column("last", Integer, nullable=False),  # the number of the last unit of work that took one
)
