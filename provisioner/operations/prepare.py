"""Works out what a document would change, with the decisions taken beside it; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import Plan, made_by_a_dead_run, make_plan, plan_in_unknown_realm
from provisioner.domain.annexe.closures import Closures, judge_closures
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import (
    Check,
    Row,
    placed,
    reading_order,
)
from provisioner.domain.annexe.enter import (
    RefusedRename,
    ends_brought,
    enter,
    enter_closures,
    refused_renames,
    unaccounted_for,
)
from provisioner.domain.annexe.judge_register import judge_keycloak
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import Entering
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.operations.check import Request, check_for_partner, scope_of
from provisioner.operations.context import Context, Ending, RunResult
from provisioner.operations.errors import SyncFirst
from provisioner.operations.look import learn_passwords, learn_user_names, look_at
from provisioner.register import annexes


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
    def ending(self) -> Ending | None:
        """Why there is no plan."""
        if self.plan is not None:
            return None
        return Ending.UNDECIDED if self.undecided else Ending.REFUSED

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

    def answer(self, as_of: date, ending: Ending | None = None) -> RunResult:
        """The same as an answer."""
        return RunResult(
            as_of=as_of,
            plan=self.plan,
            check=self.check,
            undecided=self.undecided,
            refused_renames=self.refused_renames,
            left_out=self.left_out,
            offers_list_2=self.offers_list_2,
            ending=ending or self.ending,
        )


def prepare(
    context: Context,
    request: Request,
    records: Records | None = None,
    snapshot: Snapshot | None = None,
    closing: frozenset[str] = frozenset(),
) -> Prepared:
    """Reads the document and what it is about, and works out what the request would change.

    `records` and `snapshot` are given by a caller that has just read them: of the whole, or of what the document is
    about (`scope_of`). `closing` are the partners whose documents end an access in the same run.

    Raises:
        UnknownRealm: it is another realm than the register's.
        SyncFirst: an earlier run died, and what it made must be recorded first.
        Refused: a waiver is given for a row that list 1 does not have.
    """
    today, limits = context.clock.today(), context.settings.documents
    annexe = context.read(request.document.content, request.document.name, limits)
    if records is None or snapshot is None:
        records, snapshot = look_at(context, scope_of(request, annexe))
    check = check_for_partner(request, annexe, records, today, limits)
    if request.decided_on is None:
        _refuse_waiver_of_no_row(check, request.decisions)
    if not request.decisions.closures_only:
        asked = (row.email for row in check.annexe.of_list(1) if row.email is not None)
        snapshot = learn_user_names(context.directory, snapshot, asked, context.settings.keycloak.threads)
    in_keycloak = placed(judge_keycloak(check.annexe, records, snapshot, request.partner), check.annexe)
    check = replace(check, findings=tuple(sorted([*check.findings, *in_keycloak], key=reading_order)))
    prepared = Prepared(
        request=request,
        check=check,
        whole_check=check,
        plan=None,
        before=records,
        after=records,
        snapshot=snapshot,
    )
    if request.decisions.closures_only:
        return _prepare_closures(context, prepared, closing)
    return _prepare_whole(context, prepared, closing)


def _refuse_waiver_of_no_row(check: Check, decisions: Decisions) -> None:
    """A mistyped row would be left without a word, and another one's error with it."""
    rows = {row.row for row in check.annexe.of_list(1)} | {
        finding.row for finding in check.findings if finding.list == 1
    }
    for row in sorted(decisions.waive.keys() - rows) if rows else ():
        raise Refused(Refusal.NO_SUCH_ROW, row=row)


def _prepare_whole(context: Context, prepared: Prepared, closing: frozenset[str]) -> Prepared:
    request, check, records, snapshot = prepared.request, prepared.check, prepared.before, prepared.snapshot
    decisions, partner, today = request.decisions, request.partner, context.clock.today()
    moving = {records.accounts[old].keycloak_id for old in decisions.rename if old in records.accounts}
    # An account that has its new address already stands in nobody's way: its own, which the register has forgotten.
    named = {email for email, account in snapshot.named.items() if account.id not in moving}
    in_keycloak = named | {account.email for account in snapshot.accounts.values() if account.id not in moving}
    if refused := refused_renames(records.as_due_on(today), partner, check.annexe, decisions, in_keycloak):
        return replace(prepared, refused_renames=refused)
    if not check.is_valid:
        return replace(prepared, offers_list_2=_offers_list_2(prepared, today))
    absent = unaccounted_for(records, partner, check.annexe, decisions)
    if undecided := tuple(person for person in absent if not decisions.settles(person.email)):
        return replace(prepared, undecided=undecided)
    renamed = _renamed_before(context, request)
    after = enter(records, partner, check.annexe, today, decisions, check.waived, renamed, request.decided_on)
    still_due = {habilitation.id for habilitation in after.habilitations if habilitation.requested_on <= today}
    if any(made.id not in still_due for made in made_by_a_dead_run(records, snapshot, partner)):
        raise SyncFirst
    return _with_plan(context, prepared, after, closing)


def _renamed_before(context: Context, request: Request) -> frozenset[EmailAddress]:
    """The new addresses that this document brought already: applied again, it changes nothing (A9)."""
    with context.register.read() as connection:
        kept = annexes.by_digest(connection, request.partner, request.document.sha256)
    if kept is None or kept.applied_at is None or kept.decisions is None:
        return frozenset()
    return frozenset(kept.decisions.rename.values())


def _prepare_closures(context: Context, prepared: Prepared, closing: frozenset[str]) -> Prepared:
    """List 2 alone (A4)."""
    today = context.clock.today()
    closures = judge_closures(prepared.check, prepared.before, prepared.request.partner, today)
    alone = replace(prepared.check, findings=closures.findings)
    prepared = replace(prepared, check=alone, left_out=closures.left_out)
    after = _with_list_2(prepared, closures, today)
    return prepared if after is None else _with_plan(context, prepared, after, closing)


def _offers_list_2(prepared: Prepared, today: date) -> bool:
    closures = judge_closures(prepared.check, prepared.before, prepared.request.partner, today)
    after = _with_list_2(prepared, closures, today)
    return after is not None and after.habilitations != prepared.before.habilitations


def _with_list_2(prepared: Prepared, closures: Closures, today: date) -> Records | None:
    """The register once these closures are in it; None where they cannot be applied alone."""
    if closures.is_refused:
        return None
    partner, annexe = prepared.request.partner, prepared.whole_check.annexe
    return enter_closures(prepared.before, partner, annexe, closures.rows, today)


def _with_plan(context: Context, prepared: Prepared, after: Records, closing: frozenset[str]) -> Prepared:
    request = prepared.request
    snapshot = learn_passwords(context.directory, prepared.snapshot, after)
    entering = Entering(
        partner=request.partner,
        before=prepared.before,
        ends=ends_brought(prepared.before, after, request.partner),
        closing=closing,
    )
    now, allowed = context.clock.now(), request.decisions.allow
    plan = make_plan(after, snapshot, now, [request.partner], context.limits, allowed, entering=entering)
    return replace(prepared, plan=plan, after=after, snapshot=snapshot)


def in_unknown_realm(context: Context, request: Request) -> RunResult:
    """What can be said of a document where the realm is another one: its findings, Keycloak's apart, and no plan."""
    today, limits = context.clock.today(), context.settings.documents
    annexe = context.read(request.document.content, request.document.name, limits)
    check = check_for_partner(request, annexe, context.register.records(scope_of(request, annexe)), today, limits)
    plan = plan_in_unknown_realm([request.partner])
    return RunResult(as_of=today, check=check, plan=plan, ending=Ending.UNKNOWN_REALM)
