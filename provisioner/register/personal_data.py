"""Where personal data stand: each text of the register and each kind of file, whose it is and what ends it.

A text column that stands in neither list fails a test, and so does one that is gone (`tests/register`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Whose(StrEnum):
    """Whose data they are."""

    PERSON = "person"  #: who has or had an access
    CONTACT = "contact"  #: whom annexe 2 or 3 names, and who sends an annexe 1
    OFFICER = "officer"  #: who decided or acted, at the Caf
    ANYBODY = "anybody"  #: whoever is named there: a document, a free text, a stranger's attempt to log in


@dataclass(frozen=True, slots=True)
class Place:
    """Where personal data stand, until when (the rule), and the function of ours that ends them."""

    whose: Whose
    rule: str
    ended_by: str
    where: tuple[str, ...]


_D1, _D2 = "register.destruction.destroy_accounts", "register.destruction.destroy_habilitations"
_C4, _AGED = "register.destruction.destroy_convention", "register.own_terms.destroy_aged"

#: The columns, each as `table.column`. One that goes earlier under another rule too stands under the last one.
COLUMNS = (
    Place(
        Whose.PERSON,
        "D1",
        _D1,
        (
            "account.keycloak_id",
            "account.renamed_from",
            "connection_record.id",
            "connection_record.user",
            "connection_record.address",
            "connection_record.client",
            "connection_record.session",
            "control.key",
            "control.user",
            "control.facts",
        ),
    ),
    Place(
        Whose.PERSON,
        "D2",
        _D2,
        (
            "account.email",
            "habilitation.last_name",
            "habilitation.first_names",
            "habilitation.function",
            "partner_address.email",
            "hold.changes",
            "annexe.check",
        ),
    ),
    Place(
        Whose.ANYBODY,
        "C4",
        _C4,
        (
            "partner.end_reason",
            "annexe.file_name",
            "annexe.content",
            "annexe.source",
            "annexe.source_name",
            "annexe.decisions",
            "annexe.reason",
            "asked_document.what",
            "asked_document.file_name",
            "asked_document.document",
            "hold.reason",
            "hold.release_reason",
            "control.settle_reason",
            "review.document",  # earlier: replaced (A2), or a person in it is destroyed (D2)
            "review.document_name",
            "journal_detail.data",  # of a habilitation, or naming a person whose day has come: D2
        ),
    ),
    Place(
        Whose.CONTACT,
        "C4",
        _C4,
        ("contact.name", "contact.email", "annexe.sent_by", "asked_document.signatory", "review.signatory"),
    ),
    Place(
        Whose.OFFICER,
        "D8",
        _C4,
        (
            "annexe.approved_by",
            "annexe.rejected_by",
            "annexe.list_2_approved_by",
            "hold.released_by",
            "hold.second",
            "control.settled_by",
            "review.confirmed_by",
            "journal_actor.data",
            "old_journal.body",
        ),
    ),
    Place(Whose.CONTACT, "N3", "register.notices.sent", ("notice.content",)),
    Place(Whose.CONTACT, "N3", _AGED, ("notice.recipient",)),
    Place(
        Whose.ANYBODY,
        "A2",
        "register.dropped_files.destroyed",
        ("dropped_file.key", "dropped_file.report"),
    ),
    Place(
        Whose.OFFICER,
        "L1",
        "register.connections.purge_console",
        (
            "console_record.id",
            "console_record.path",
            "console_record.actor",
            "console_record.address",
            "console_record.error",
            "console_record.user",
        ),
    ),
    Place(
        Whose.ANYBODY,
        "L2",
        _AGED,
        (
            "incident.what",
            "incident.nature",
            "incident.categories",
            "incident.numbers",
            "incident.effects",
            "incident.measures",
            "incident.cnil_notified",
            "incident.persons_told",
            "incident.declared_by",
            "incident.closed_by",
            "incident.closing_text",
        ),
    ),
    Place(
        Whose.ANYBODY,
        "V4",
        "register.caf_reviews.destroy",
        (
            "caf_review_line.subject",
            "caf_review_line.name",
            "caf_review_line.grants",
            "caf_review_line.signed_by",
            "caf_review_line.wrong",
        ),
    ),
)

#: What names nobody: codes, words of ours, digests, ids of what is no person. `journal_entry.body` holds numbers, and
#: digests of what stands beside it. What a `destroyed_account` had in Keycloak is an id of nothing any more.
NOBODYS: dict[str, tuple[str, ...]] = {
    "partner": ("code", "name", "group_id", "reference", "document_sha256"),
    "partner_domain": ("partner", "domain"),
    "partner_address": ("partner",),
    "account": ("written", "intended"),
    "habilitation": ("partner", "end_rule", "waived"),
    "annexe": ("partner", "sha256", "source_sha256", "original_sha256", "plan_id"),
    "asked_document": ("partner", "sha256"),
    "hold": ("partner", "plan_id", "covers"),
    "contact": ("partner",),
    "notice": ("message_id", "kind", "partner", "occasion", "error"),
    "dropped_file": ("partner",),
    "journal_entry": ("body", "previous", "sha256"),
    "journal_detail": ("salt", "may_name"),
    "journal_actor": ("salt", "partner"),
    "old_journal": ("partner", "previous", "sha256"),
    "connection_record": ("kind", "outcome"),
    "console_record": ("operation", "resource", "actor_realm", "actor_client"),
    "destroyed_account": ("keycloak_id",),
    "control": ("code", "rule", "partner"),
    "incident_partner": ("partner",),
    "forecast": ("kind", "key", "rule"),
    "attestation": ("partner", "habilitations", "accounts", "sha256", "document"),
    "review": (
        *("partner", "population", "salt", "digest", "unproven", "bounced", "annexe_sha256", "document_sha256"),
        *("opened_since", "closed_since"),
    ),
    "backup_key": ("fingerprint", "month"),
    "caf_review_line": ("realm",),
    "mark": ("name", "value"),
}

#: The files of the data directory, as patterns of `fnmatch`.
FILES = (
    Place(
        Whose.ANYBODY,
        "C4",
        "register.database.Register.rewrite",
        ("provisioner.sqlite3", "provisioner.sqlite3-journal"),  # each column has its own term; then no byte is left
    ),
    Place(Whose.OFFICER, "D8", "register.lock.run_lock", ("provisioner.lock",)),  # who runs; emptied at its end
    Place(Whose.ANYBODY, "A2", "operations.folders.InboxFile.leave", ("inbox/*",)),
    Place(Whose.ANYBODY, "A2", "operations.folders.Folders.destroy", ("outbox/*", "refused/*")),
    Place(Whose.ANYBODY, "A2", "operations.folders.Folders.destroy_forgotten", ("outbox/*", "refused/*")),
    Place(Whose.ANYBODY, "D1", "operations.restore.destroy_replaced", ("provisioner-remplace-*",)),
    Place(Whose.ANYBODY, "D1", "register.backup.remove_abandoned", (".provisioner-*.partial",)),
)
