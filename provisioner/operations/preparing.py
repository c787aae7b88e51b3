"""Works out what a document would change, with the decisions taken beside it; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import Plan, made_by_a_dead_run, make_plan, plan_in_unknown_realm
from provisioner.domain.annexe.closures import Closures, judge_closures
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Check, Document, Row
from provisioner.domain.annexe.enter import (
    RefusedRename,
    ends_brought,
    enter,
    enter_closures,
    refused_renames,
    unaccounted_for,
)
from provisioner.domain.annexe.judge_register import judge_keycloak
from provisioner.domain.calendar import day_of
from provisioner.domain.gates import Entering
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.operations.checking import check_for_partner, with_findings
from provisioner.operations.context import Outcome, Tools, Verdict
from provisioner.operations.errors import NoSuchAnnexe, SyncFirst, UnknownRealm
from provisioner.operations.looking import learn_passwords, learn_user_names, look
from provisioner.register import annexes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A document to apply, and what the person who approves it decided.

    `sent_by` is the address from which it came, where that is known (A11), `source` the scan that it was typed from;
    `expects` are the plan ids that this person saw, when they were shown; `decided_on` is the day of an approval that
    was given before, None where it is given now (A5).
    """

    document: Document
    partner: str
    by: str
    decisions: Decisions
    received_on: date
    sent_by: EmailAddress | None = None
    source: Document | None = None
    expects: Mapping[str, str] | None = None
    decided_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document beside the plan that it would make; no plan when it is refused or lacks a decision.

    `check` is what matters for what was asked, `whole_check` that of the whole document: they differ for list 2
    alone. `offers_list_2`: refused as a whole, it has closures that can be applied alone, so that no departure waits
    (A4).
    """

    request: Request
    check: Check
    whole_check: Check
    plan: Plan | None
    before: Records
    after: Records
    snapshot: Snapshot
    undecided: tuple[Habilitation, ...] = ()
    refused_renames: tuple[RefusedRename, ...] = ()
    left_out: tuple[Row, ...] = ()
    offers_list_2: bool = False

    @property
    def verdict(self) -> Verdict | None:
        """Why there is no plan."""
        if self.plan is not None:
            return None
        return Verdict.UNDECIDED if self.undecided else Verdict.REFUSED

    @property
    def ends_an_access(self) -> bool:
        """Whether it gives an open access an end that nobody has let go yet."""
        partner = self.request.partner
        is_let_go = (partner, self.plan_id) in self.before.let_go or self.plan_id in self.request.decisions.allow
        return not is_let_go and bool(ends_brought(self.before, self.after, partner))

    @property
    def plan_id(self) -> str | None:
        """The id that an approval binds: that of the partner's changes, be there none."""
        return None if self.plan is None else self.plan.ids[self.request.partner]

    def answer(self, as_of: date, verdict: Verdict | None = None) -> Outcome:
        """The same as an answer."""
        return Outcome(
            as_of=as_of,
            plan=self.plan,
            check=self.check,
            undecided=self.undecided,
            refused_renames=self.refused_renames,
            left_out=self.left_out,
            offers_list_2=self.offers_list_2,
            verdict=verdict or self.verdict,
        )


def prepare(
    tools: Tools,
    request: Request,
    records: Records | None = None,
    snapshot: Snapshot | None = None,
    closing: frozenset[str] = frozenset(),
) -> Prepared:
    """Reads everything, the document included, and works out what the request would change.

    `records` and `snapshot` are given by a caller that has just read them; `closing` are the partners whose documents
    end an access in the same run.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed.
    """
    records = records or tools.register.records()
    snapshot = snapshot or look(records, tools.directory, [request.partner])
    check = _checked(tools, request, records)
    if not request.decisions.closures_only:
        asked = (row.email for row in check.annexe.of_list(1) if row.email is not None)
        snapshot = learn_user_names(tools.directory, snapshot, asked, tools.settings.keycloak.threads)
    check = with_findings(check, judge_keycloak(check.annexe, records, snapshot, request.partner))
    prepared = Prepared(
        request=request,
        check=check,
        whole_check=check,
        plan=None,
        before=records,
        after=records,
        snapshot=snapshot,
    )
    return (_prepare_closures if request.decisions.closures_only else _prepare_whole)(tools, prepared, closing)


def _checked(tools: Tools, request: Request, records: Records) -> Check:
    """What the document and the register tell."""
    return check_for_partner(
        request.document,
        request.partner,
        records,
        tools.clock.today(),
        tools.settings.documents,
        received_on=request.received_on,
        decisions=request.decisions,
        sent_by=request.sent_by,
        read=tools.read,
    )


def _prepare_whole(tools: Tools, prepared: Prepared, closing: frozenset[str]) -> Prepared:
    request, check, records, snapshot = prepared.request, prepared.check, prepared.before, prepared.snapshot
    decisions, partner, today = request.decisions, request.partner, tools.clock.today()
    moving = {records.accounts[old].keycloak_id for old in decisions.rename if old in records.accounts}
    # An account that has its new address already stands in nobody's way: its own, which the register has forgotten.
    named = {email for email, one in snapshot.named.items() if one.id not in moving}
    in_keycloak = named | {one.email for one in snapshot.accounts.values() if one.id not in moving}
    if refused := refused_renames(records.as_due_on(today), partner, check.annexe, decisions, in_keycloak):
        return replace(prepared, refused_renames=refused)
    if not check.is_valid:
        return replace(prepared, offers_list_2=_offers_list_2(prepared, today))
    absent = unaccounted_for(records, partner, check.annexe, decisions)
    if undecided := tuple(one for one in absent if not decisions.settles(one.email)):
        return replace(prepared, undecided=undecided)
    renamed = _renamed_before(tools, request)
    after = enter(records, partner, check.annexe, today, decisions, check.waived, renamed, request.decided_on)
    still_due = {one.id for one in after.habilitations if one.requested_on <= today}
    if any(one.id not in still_due for one in made_by_a_dead_run(records, snapshot, partner)):
        raise SyncFirst
    return _with_plan(tools, prepared, after, closing)


def _renamed_before(tools: Tools, request: Request) -> frozenset[EmailAddress]:
    """The new addresses that this document brought already: applied again, it changes nothing (A9)."""
    with tools.register.read() as connection:
        kept = annexes.by_digest(connection, request.partner, request.document.sha256)
    if kept is None or kept.applied_at is None or kept.decisions is None:
        return frozenset()
    return frozenset(kept.decisions.rename.values())


def _prepare_closures(tools: Tools, prepared: Prepared, closing: frozenset[str]) -> Prepared:
    """List 2 alone (A4)."""
    check, today = prepared.check, tools.clock.today()
    closures = judge_closures(check, prepared.before, prepared.request.partner, today)
    prepared = replace(prepared, check=replace(check, findings=closures.findings), left_out=closures.left_out)
    if closures.is_refused:
        return prepared
    return _with_plan(tools, prepared, _with_list_2(prepared, closures, today), closing)


def _offers_list_2(prepared: Prepared, today: date) -> bool:
    closures = judge_closures(prepared.check, prepared.before, prepared.request.partner, today)
    if closures.is_refused:
        return False
    return _with_list_2(prepared, closures, today).habilitations != prepared.before.habilitations


def _with_list_2(prepared: Prepared, closures: Closures, today: date) -> Records:
    """The register once these closures are in it."""
    partner, annexe = prepared.request.partner, prepared.whole_check.annexe
    return enter_closures(prepared.before, partner, annexe, closures.rows, today)


def _with_plan(tools: Tools, prepared: Prepared, after: Records, closing: frozenset[str]) -> Prepared:
    request = prepared.request
    snapshot = learn_passwords(tools.directory, prepared.snapshot, after)
    entering = Entering(
        partner=request.partner,
        before=prepared.before,
        ends=ends_brought(prepared.before, after, request.partner),
        closing=closing,
    )
    now, allowed = tools.clock.now(), request.decisions.allow
    plan = make_plan(after, snapshot, now, [request.partner], tools.limits, allowed, entering=entering)
    return replace(prepared, plan=plan, after=after, snapshot=snapshot)


def plan_document(tools: Tools, request: Request) -> Outcome:
    """What `apply` would do with this document now; changes nothing."""
    merged = with_approved_decisions(tools, request)
    try:
        return prepare(tools, merged or request).answer(tools.clock.today())
    except UnknownRealm:
        return in_unknown_realm(tools, merged or request)


def in_unknown_realm(tools: Tools, request: Request) -> Outcome:
    """What can be said of a document where the realm is another one: its findings, Keycloak's apart, and no plan."""
    records, today = tools.register.records(), tools.clock.today()
    check = _checked(tools, request, records)
    plan = plan_in_unknown_realm([request.partner])
    return Outcome(as_of=today, check=check, plan=plan, verdict=Verdict.UNKNOWN_REALM)


def with_approved_decisions(tools: Tools, request: Request) -> Request | None:
    """The request with the decisions already approved for this document, when it waits; None when they differ.

    List 2 alone and the whole are approved apart, unless the plan of what waits is named to be let go.
    """
    with tools.register.read() as connection:
        kept = annexes.by_digest(connection, request.partner, request.document.sha256)
    if kept is None or not kept.is_pending or kept.decisions is None:
        return request
    given, approved = request.decisions, kept.decisions
    goes_on = given.says_nothing and kept.plan_id in given.allow
    if given.closures_only != approved.closures_only and not goes_on:
        return request
    allow = given.allow | approved.allow
    if not given.says_nothing and replace(given, allow=allow) != replace(approved, allow=allow):
        return None
    assert kept.approved_at is not None
    return replace(request, decisions=replace(approved, allow=allow), decided_on=day_of(kept.approved_at))


def request_for(
    tools: Tools,
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
    with tools.register.read() as connection:
        kept = annexes.by_digest(connection, partner, document.sha256)
    return Request(
        document=document,
        partner=partner,
        by=by,
        decisions=decisions,
        received_on=received_on or (kept.received_on if kept else tools.clock.today()),
        sent_by=sent_by or (kept.sent_by if kept else None),
        source=source,
    )


def request_of(tools: Tools, annexe_id: int, by: str, decisions: Decisions) -> Request:
    """The request to apply an annexe that the register keeps.

    Raises:
        NoSuchAnnexe: there is none with that number.
    """
    with tools.register.read() as connection:
        one = annexes.by_id(connection, annexe_id)
        if one is None:
            raise NoSuchAnnexe(annexe_id)
        document = annexes.document(connection, annexe_id)
    return Request(
        document=document,
        partner=one.partner,
        by=by,
        decisions=decisions,
        received_on=one.received_on,
        sent_by=one.sent_by,
    )
