"""The schema of every JSON answer, made from the models: `make pages` writes docs/schemas/answers.schema.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from provisioner.views.answers.annexes import AnnexeAnswer, AnnexesAnswer, SubmittedAnswer
from provisioner.views.answers.attestations import (
    AttestationsAnswer,
    IssuedAnswer,
    KeyAnswer,
    RequestedAnswer,
    SealAnswer,
)
from provisioner.views.answers.backup import BackupAnswer, KeyDestroyedAnswer, RestoreAnswer
from provisioner.views.answers.checks import CheckAnswer
from provisioner.views.answers.connection_reports import ConnectionsReportAnswer
from provisioner.views.answers.connections import ComparedAnswer, PulledAnswer
from provisioner.views.answers.containment import ContainedAnswer, ReleasedAnswer
from provisioner.views.answers.controls import ControlsAnswer
from provisioner.views.answers.erasure import ErasureAnswer
from provisioner.views.answers.holds import HeldAnswer, StatusAnswer
from provisioner.views.answers.incidents import DeclaredAnswer, IncidentAnswer, IncidentsAnswer
from provisioner.views.answers.invitations import InvitationsAnswer
from provisioner.views.answers.journal import EntryAnswer, HeadAnswer, VerifiedAnswer
from provisioner.views.answers.partners import (
    CandidatesAnswer,
    ContactsAnswer,
    ImportedAnswer,
    PartnerAnswer,
    PartnersAnswer,
)
from provisioner.views.answers.persons import ExplainedAnswer, PersonAnswer
from provisioner.views.answers.plans import PlanAnswer, RunAnswer
from provisioner.views.answers.reports import ReportAnswer
from provisioner.views.answers.retention import DueAnswer, KeepingAnswer, KeepingsAnswer
from provisioner.views.answers.system import AcceptanceAnswer, DoctorAnswer

#: The answers, by the name of their definition.
ANSWERS: dict[str, Any] = {
    "check": CheckAnswer,
    "plan": PlanAnswer,
    "outcome": RunAnswer,
    "submitted": SubmittedAnswer,
    "annexes": AnnexesAnswer,
    "annexe": AnnexeAnswer,
    "report": ReportAnswer,
    "held": HeldAnswer,
    "status": StatusAnswer,
    "controls": ControlsAnswer,
    "retention_due": DueAnswer,
    "retention_hold": KeepingAnswer,
    "retention_list": KeepingsAnswer,
    "partner": PartnerAnswer,
    "partners": PartnersAnswer,
    "caf": ContactsAnswer,
    "partner_suspend": ContainedAnswer,
    "partner_reopen": ReleasedAnswer,
    "partner_import": ImportedAnswer,
    "adoption": CandidatesAnswer,
    "explain": ExplainedAnswer,
    "person_show": PersonAnswer,
    "person_erase": ErasureAnswer,
    "invitations": InvitationsAnswer,
    "connections_pull": PulledAnswer,
    "connections_verify": ComparedAnswer,
    "incident_declared": DeclaredAnswer,
    "incidents": IncidentsAnswer,
    "incident": IncidentAnswer,
    "attestation_requested": RequestedAnswer,
    "attestation_issued": IssuedAnswer,
    "attestations": AttestationsAnswer,
    "attestation_verified": SealAnswer,
    "attestation_key": KeyAnswer,
    "journal": tuple[EntryAnswer, ...],
    "journal_head": HeadAnswer,
    "journal_verify": VerifiedAnswer,
    "connections_report": ConnectionsReportAnswer,
    "backup": BackupAnswer,
    "backup_key_destroyed": KeyDestroyedAnswer,
    "restore": RestoreAnswer,
    "realm_accept": AcceptanceAnswer,
    "doctor": DoctorAnswer,
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
