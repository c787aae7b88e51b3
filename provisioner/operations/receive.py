"""An annexe 1 comes in: it is checked, planned and kept; whoever has to know is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from provisioner.domain.annexe.decisions import AUTOMATIC, Decisions
from provisioner.domain.annexe.document import Check, Document, Severity
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress
from provisioner.operations.check import Request
from provisioner.operations.context import Context, RunResult
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.notices import drop_held, tell_refused, tell_waiting
from provisioner.operations.prepare import Prepared, in_unknown_realm, prepare
from provisioner.register import Register, Work, annexes
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
    context: Context,
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
        context,
        document,
        partner,
        AUTOMATIC,
        Decisions(),
        received_on=received_on,
        sent_by=sent_by,
        source=source,
    )
    prepared = prepare(context, request)
    list_2_plan_id = _list_2_plan_id(context, prepared)
    with context.work() as work:
        annexe = _keep(work, context, prepared)
        if is_dropped and (annexe.status is Status.CHECKED or list_2_plan_id is not None):
            tell_waiting(work, context.settings, annexe, prepared.plan_id, list_2_plan_id)
    return Submitted(annexe=annexe, prepared=prepared, list_2_plan_id=list_2_plan_id)


def submission_of(prepared: Prepared) -> annexes.Submission:
    """The document as the register is to keep it."""
    request, check = prepared.request, prepared.whole_check
    return annexes.Submission(
        partner=request.partner,
        document=request.document,
        source=request.source,
        received_on=request.received_on,
        sent_by=request.sent_by,
        transmitted_on=check.annexe.transmitted_on,
        valid=check.is_valid,
        check=check,
    )


def _keep(work: Work, context: Context, prepared: Prepared) -> KeptAnnexe:
    """Keeps it, tells the partner of its errors, and approves it where the installation does so by itself."""
    request, check = prepared.request, prepared.check
    before = annexes.by_digest(work.connection, request.partner, request.document.sha256)
    if before is not None and before.is_pending:
        drop_held(work, request.partner)
    annexe = find(work, annexes.submit(work, submission_of(prepared)))
    if not check.is_valid and not (before and _errors(before.check) == _errors(annexe.check)):
        partner = prepared.before.partners[request.partner]
        report = Report(check=check, partner=partner.name, checked_on=context.clock.today())
        tell_refused(work, context.settings, partner, report, request.received_on)
    is_clean = all(finding.severity is Severity.INFO for finding in check.findings)
    if context.settings.approval.automatic and is_clean and prepared.plan_id is not None:
        approval = annexes.Approval(by=AUTOMATIC, plan_id=prepared.plan_id, decisions=Decisions())
        annexes.approve(work, annexe, approval)
        annexe = find(work, annexe.id)
    return annexe


def _list_2_plan_id(context: Context, prepared: Prepared) -> str | None:
    """The plan of list 2 alone, where the whole is refused and that is possible; the document is not read again."""
    if not prepared.offers_list_2:
        return None
    context = context.having_read(prepared.check.annexe)
    alone = replace(prepared.request, decisions=Decisions(closures_only=True))
    return prepare(context, alone, prepared.before, prepared.snapshot).plan_id


def _errors(check: Check) -> list[tuple[object, ...]]:
    """What refuses a document, of a check that is kept."""
    errors = [finding for finding in check.findings if finding.severity is Severity.ERROR]
    return [(error.code, error.list, error.row, error.column, error.value) for error in errors]


def file_of(register: Register, annexe: KeptAnnexe) -> Document:
    """The file that the register keeps of an annexe."""
    with register.read() as connection:
        return annexes.document(connection, annexe.id)


def find(source: Register | Work, annexe_id: int) -> KeptAnnexe:
    """The annexe with that number.

    Raises:
        Refused: the register keeps none.
    """
    if isinstance(source, Work):
        annexe = annexes.by_id(source.connection, annexe_id)
    else:
        with source.read() as connection:
            annexe = annexes.by_id(connection, annexe_id)
    if annexe is None:
        raise Refused(Refusal.NO_SUCH_ANNEXE, number=annexe_id)
    return annexe


def request_for(
    context: Context,
    document: Document,
    partner: str,
    by: str,
    decisions: Decisions,
    *,
    received_on: date | None = None,
    sent_by: EmailAddress | None = None,
    source: Document | None = None,
) -> Request:
    """The request about a document that just came in.

    What is not stated of its reception is as it was when the same document first came in; else it was received today.
    """
    with context.register.read() as connection:
        before = annexes.by_digest(connection, partner, document.sha256)
    return Request(
        document=document,
        partner=partner,
        by=by,
        decisions=decisions,
        received_on=received_on or (before.received_on if before else context.clock.today()),
        sent_by=sent_by or (before.sent_by if before else None),
        source=source,
    )


def request_of(context: Context, annexe_id: int, by: str, decisions: Decisions) -> Request:
    """The request to apply an annexe that the register keeps.

    Raises:
        Refused: it keeps none with that number, or not the partner's document any more (D2).
    """
    annexe = find(context.register, annexe_id)
    if annexe.replaced_on is not None:
        raise Refused(Refusal.ANNEXE_REPLACED, number=annexe_id, on=annexe.replaced_on)
    with context.register.read() as connection:
        document = annexes.document(connection, annexe_id)
    return Request.about(annexe, document, by, decisions)


def with_approved_decisions(context: Context, request: Request) -> Request | None:
    """The request with the decisions already approved for this document, when it waits; None when they differ.

    List 2 alone and the whole are approved apart, unless the plan of what waits is named to be let go.
    """
    with context.register.read() as connection:
        annexe = annexes.by_digest(connection, request.partner, request.document.sha256)
    if annexe is None or not annexe.is_pending or annexe.decisions is None:
        return request
    given, approved = request.decisions, annexe.decisions
    goes_on = given.says_nothing and annexe.plan_id in given.allow
    if given.closures_only != approved.closures_only and not goes_on:
        return request
    allow = given.allow | approved.allow
    if not given.says_nothing and replace(given, allow=allow) != replace(approved, allow=allow):
        return None
    assert annexe.approved_at is not None
    return replace(request, decisions=replace(approved, allow=allow), decided_on=day_of(annexe.approved_at))


def plan_document(context: Context, request: Request) -> RunResult:
    """What `apply` would do with this document now; changes nothing."""
    request = with_approved_decisions(context, request) or request
    try:
        return prepare(context, request).answer(context.clock.today())
    except UnknownRealm:
        return in_unknown_realm(context, request)
