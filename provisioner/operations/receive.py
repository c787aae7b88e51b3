"""An annexe 1 from its reception to its approval or rejection: each decision by name, recorded before it acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from provisioner.documents import read_annexe
from provisioner.domain.annexe.decisions import AUTOMATIC, Decisions
from provisioner.domain.annexe.document import Document, Severity
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.people import EmailAddress
from provisioner.operations.annexe_notices import tell_refused, tell_rejected, tell_waiting
from provisioner.operations.context import Outcome, Tools, Verdict
from provisioner.operations.decide import decided
from provisioner.operations.errors import AnnexeRefused, NoSuchAnnexe
from provisioner.operations.forms import report_on
from provisioner.operations.hold_notices import drop_held
from provisioner.operations.preparing import Prepared, prepare, request_for, request_of
from provisioner.register import Register, Work, annexes
from provisioner.settings import Settings
from provisioner.views.check_json import check_as_json
from provisioner.views.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """An annexe that was submitted: where it stands, and the plan that an approval would name. Where it is refused
    and its list 2 can be approved alone (A4), also the plan that this would name.
    """

    annexe: KeptAnnexe
    prepared: Prepared
    list_2_plan_id: str | None = None


def submit(
    tools: Tools,
    document: Document,
    partner: str,
    received_on: date | None = None,
    sent_by: EmailAddress | None = None,
    source: Document | None = None,
    *,
    is_dropped: bool = False,
) -> Submitted:
    """Checks a document and keeps it, refused or not, with the scan that it was typed from if any.

    Of one that has errors the partner's contact is told, once as long as they are the same. Where the installation
    approves by itself, an annexe without errors and warnings is approved at once. What is not stated of its reception
    is as it was when the same document first came in (`request_for`). Where the document `is_dropped`, nobody looks
    on: the Caf's contact is told that it waits for a decision.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed, nothing is kept; submit it again.
    """
    request = request_for(
        tools,
        document,
        partner,
        AUTOMATIC,
        Decisions(),
        received_on=received_on,
        sent_by=sent_by,
        source=source,
    )
    prepared = prepare(tools, request)
    check, list_2_plan_id = prepared.check, _list_2_plan_id(tools, prepared)
    submission = annexes.Submission(
        partner=partner,
        document=document,
        source=source,
        received_on=request.received_on,
        sent_by=request.sent_by,
        transmitted_on=check.annexe.transmitted_on,
        valid=check.is_valid,
        check=check_as_json(check),
    )
    with tools.register.work() as work:
        kept = _keep(work, tools, submission, prepared)
        if is_dropped and (kept.status is Status.CHECKED or list_2_plan_id is not None):
            tell_waiting(work, tools.settings, kept, prepared.plan_id, list_2_plan_id)
    return Submitted(annexe=kept, prepared=prepared, list_2_plan_id=list_2_plan_id)


def _keep(work: Work, tools: Tools, submission: annexes.Submission, prepared: Prepared) -> KeptAnnexe:
    """Keeps it, tells the partner of its errors, and approves it where the installation does so by itself."""
    known = annexes.by_digest(work.connection, submission.partner, submission.document.sha256)
    if known is not None and known.is_pending:
        drop_held(work, submission.partner)
    id_ = annexes.submit(work, submission)
    kept = annexes.by_id(work.connection, id_)
    assert kept is not None
    check = prepared.check
    if not check.is_valid and not (known and _errors(known.check) == _errors(kept.check)):
        whose = prepared.before.partners[submission.partner]
        report = Report.of(check, whose.name, tools.clock.today())
        tell_refused(work, tools.settings, whose, report, submission.received_on)
    is_clean = all(one.severity is Severity.INFO for one in check.findings)
    if tools.settings.approval.automatic and is_clean and prepared.plan_id is not None:
        approval = annexes.Approval(by=AUTOMATIC, plan_id=prepared.plan_id, decisions=Decisions())
        annexes.approve(work, kept, approval)
        kept = annexes.by_id(work.connection, id_) or kept
    return kept


def _list_2_plan_id(tools: Tools, prepared: Prepared) -> str | None:
    """The plan of list 2 alone, where the whole is refused and that is possible; the document is not read again."""
    if not prepared.offers_list_2:
        return None
    tools = replace(tools, read=lambda *_: prepared.check.annexe)
    alone = replace(prepared.request, decisions=Decisions(closures_only=True))
    return prepare(tools, alone, prepared.before, prepared.snapshot).plan_id


@decided
def approve(tools: Tools, annexe_id: int, plan_id: str, by: str, decisions: Decisions) -> Outcome:
    """Binds a named person to the annexe's digest and to its plan; the next `sync` applies.

    Raises:
        NoSuchAnnexe, AnnexeRefused, DecidedMeanwhile: as their names say; nothing is recorded.
        KeycloakError, RegisterUnavailable: a system failed, nothing is recorded.
    """
    one = find(tools.register, annexe_id)
    if one.status not in (Status.CHECKED, Status.REFUSED):
        raise AnnexeRefused(
            f"Annexe {annexe_id} is {_standing(one)}: only a checked or refused one can be approved. "
            "To decide anew: annexe reject, then annexe submit."
        )
    prepared = prepare(tools, request_of(tools, annexe_id, by, decisions))
    today = tools.clock.today()
    if prepared.plan_id is None:
        return prepared.answer(today)
    if prepared.plan_id != plan_id:
        return prepared.answer(today, Verdict.CHANGED)
    with tools.register.work() as work:
        approval = annexes.Approval(by=by, plan_id=plan_id, decisions=decisions, check=check_as_json(prepared.check))
        annexes.approve(work, one, approval)
    return prepared.answer(today, Verdict.APPLIED)


@decided
def reject(register: Register, settings: Settings, annexe_id: int, by: str, reason: str) -> str:
    """Records that an annexe will not be applied, and tells the partner's contact, but not the reason; what a limit
    held for it is dropped. Gives the partner's code.

    Raises:
        NoSuchAnnexe, AnnexeRefused, DecidedMeanwhile: as their names say; nothing is recorded.
    """
    one = find(register, annexe_id)
    if one.status in (Status.APPLIED, Status.REJECTED) and not one.is_pending:
        raise AnnexeRefused(f"Annexe {annexe_id} is {_standing(one)}: there is nothing to reject.")
    partner, report = report_on(register, settings.documents, one, read_annexe)
    with register.work() as work:
        annexes.reject(work, one, by, reason)
        drop_held(work, one.partner)
        tell_rejected(work, settings, partner, report, one.received_on)
    return one.partner


def find(register: Register, annexe_id: int) -> KeptAnnexe:
    """The annexe with that number.

    Raises:
        NoSuchAnnexe: there is none.
    """
    with register.read() as connection:
        one = annexes.by_id(connection, annexe_id)
    if one is None:
        raise NoSuchAnnexe(annexe_id)
    return one


def _errors(check: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What refuses a document, of a check that is kept."""
    keys = ("code", "list", "row", "column", "value")
    found = [one for one in check.get("findings", ()) if one["severity"] == Severity.ERROR]
    return [tuple(one[key] for key in keys) for one in found]


def _standing(one: KeptAnnexe) -> str:
    return f"{one.status} by {one.approved_by}" if one.status is Status.APPROVED else one.status
