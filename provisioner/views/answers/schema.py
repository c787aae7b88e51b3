"""The schema of every JSON answer, made from the models: `make pages` writes docs/schemas/answers.schema.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from provisioner.views.answers import (
    access,
    annexes,
    attestations,
    backup,
    caf_review,
    checks,
    connection_reports,
    connections,
    containment,
    controls,
    erasure,
    evidence,
    holds,
    incidents,
    invitations,
    journal,
    notices,
    partners,
    persons,
    plans,
    realm,
    reports,
    requests,
    retention,
    review_report,
    reviews,
    system,
)

#: The answers, by the name of their definition.
ANSWERS: dict[str, Any] = {
    "check": checks.CheckAnswer,
    "plan": plans.PlanAnswer,
    "outcome": plans.RunAnswer,
    "submitted": annexes.SubmittedAnswer,
    "annexes": annexes.AnnexesAnswer,
    "annexe": annexes.AnnexeAnswer,
    "report": reports.ReportAnswer,
    "reviews": reviews.ReviewsAnswer,
    "review": reviews.ReviewAnswer,
    "review_confirmed": reviews.ConfirmedAnswer,
    "held": holds.HeldAnswer,
    "status": holds.StatusAnswer,
    "controls": controls.ControlsAnswer,
    "retention_due": retention.DueAnswer,
    "retention_hold": retention.KeepingAnswer,
    "retention_list": retention.KeepingsAnswer,
    "review_lag": review_report.LagsAnswer,
    "review_report": review_report.ControlReportAnswer,
    "partner": partners.PartnerAnswer,
    "partners": partners.PartnersAnswer,
    "caf": partners.ContactsAnswer,
    "partner_suspend": containment.ContainedAnswer,
    "partner_reopen": containment.ReleasedAnswer,
    "partner_import": partners.ImportedAnswer,
    "adoption": partners.CandidatesAnswer,
    "explain": persons.ExplainedAnswer,
    "person_show": persons.PersonAnswer,
    "unlocked": persons.UnlockedAnswer,
    "person_erase": erasure.ErasureAnswer,
    "invitations": invitations.InvitationsAnswer,
    "notices": notices.NoticesAnswer,
    "connections_pull": connections.PulledAnswer,
    "connections_verify": connections.ComparedAnswer,
    "incident_declared": incidents.DeclaredAnswer,
    "incidents": incidents.IncidentsAnswer,
    "incident": incidents.IncidentAnswer,
    "review_ask": requests.AskedAnswer,
    "review_asked": requests.RequestsAnswer,
    "review_answered": requests.AnsweredAnswer,
    "attestation_requested": attestations.RequestedAnswer,
    "attestation_issued": attestations.IssuedAnswer,
    "attestations": attestations.AttestationsAnswer,
    "attestation_verified": attestations.SealAnswer,
    "attestation_key": attestations.KeyAnswer,
    "access_list": access.AccessesAnswer,
    "access_late": access.LateAnswer,
    "evidence": evidence.EvidenceAnswer,
    "journal": tuple[journal.EntryAnswer, ...],
    "journal_head": journal.HeadAnswer,
    "journal_verify": journal.VerifiedAnswer,
    "connections_report": connection_reports.ConnectionsReportAnswer,
    "backup": backup.BackupAnswer,
    "backup_key_destroyed": backup.KeyDestroyedAnswer,
    "restore": backup.RestoreAnswer,
    "review_caf": caf_review.CafReviewAnswer,
    "realm_check": realm.RealmCheckAnswer,
    "realm_accept": system.AcceptanceAnswer,
    "realm_key": system.ClientKeyAnswer,
    "doctor": system.DoctorAnswer,
}


class _Untitled(GenerateJsonSchema):
    """Without a title a field, which says its name again."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """No field is given one."""
        return False


def schema() -> dict[str, Any]:
    """One definition a command, beside those of what they are made of."""
    mode: Literal["serialization"] = "serialization"
    adapters = [(name, mode, TypeAdapter(answer)) for name, answer in ANSWERS.items()]
    made, shared = TypeAdapter.json_schemas(adapters, ref_template="#/$defs/{model}", schema_generator=_Untitled)
    named = {name: definition for (name, _), definition in made.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The JSON answers of provisioner, one definition a command",
        "$defs": named | {name: shared["$defs"][name] for name in sorted(_used(named, shared["$defs"]))},
    }


def _used(definitions: Any, known: Mapping[str, Any]) -> set[str]:
    """The names of the definitions that these refer to, and those refer to in their turn."""
    used: set[str] = set()
    unread = [definitions]
    while unread:
        names = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(unread.pop()))) - used
        used |= names
        unread += [known[name] for name in names]
    return used
