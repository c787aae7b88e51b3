"""Accounts that existed before this software come under it by name: marked and in the group, no e-mail (A8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from provisioner.domain.access.account import FUNCTION, RemoteAccount, Snapshot
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Records
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.run import Pass
from provisioner.register import holds
from provisioner.register.habilitations import save_adoption


class Match(StrEnum):
    """What stands behind an address that is to be adopted; only FOUND can be."""

    FOUND = "found"
    MISSING = "missing"
    ALREADY_OURS = "already-ours"
    HAS_ROLES = "has-roles"
    UNNAMED = "unnamed"
    TWO_IDENTIFIERS = "two-identifiers"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address to adopt, what was found, the account if there is one, and the open access whose account it takes
    the place of: that one was deleted, and another hand made this one.
    """

    email: EmailAddress
    match: Match
    account: RemoteAccount | None = None
    habilitation: Habilitation | None = None

    @property
    def can_be_adopted(self) -> bool:
        """Whether nothing stands against it."""
        return self.match is Match.FOUND


def candidates(context: Context, partner: str, emails: Sequence[EmailAddress]) -> list[Candidate]:
    """What each address would match; changes nothing.

    Raises:
        Refused: the convention is not active.
    """
    return _candidates(Pass(context, [partner], emails=emails).begin(), emails)


@decided
def adopt(
    context: Context, partner: str, emails: Sequence[EmailAddress], by: str, reason: str, bar: ProgressBar
) -> tuple[list[Candidate], RunResult]:
    """Adopts all these accounts, or none.

    Raises:
        Refused: the convention is not active, or the partner is contained; nothing is done. When one of the accounts
            cannot be adopted the outcome is empty and the candidates say why.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; once recorded, the next `sync` goes on.
    """
    context = context.acting(by)
    run = Pass(context, [partner], emails=emails)
    with run.alone():
        asked = _candidates(run, emails)
        if not all(candidate.can_be_adopted for candidate in asked):
            return asked, run.result
        with context.work() as work:
            if holds.is_contained(work.connection, partner):
                raise Refused(Refusal.PARTNER_CONTAINED, partner=partner)
            for candidate in asked:
                assert candidate.account is not None
                save_adoption(
                    work,
                    partner,
                    _person(candidate.account),
                    candidate.account.id,
                    context.clock.today(),
                    by,
                    reason,
                    candidate.habilitation,
                )
        run.look_again()
        run.make_plan()
        adopted = {candidate.email for candidate in asked}
        run.result.plan = run.plan.only(lambda change: change.email in {None, *adopted}).with_own_holds()
        run.carry_out(bar)
        return asked, run.result


def _candidates(run: Pass, emails: Iterable[EmailAddress]) -> list[Candidate]:
    """What stands behind each address.

    Raises:
        Refused: the convention is not active.
    """
    (partner,) = run.partners
    if not run.records.partners[partner].is_active_on(run.context.clock.today()):
        raise Refused(Refusal.NOT_ACTIVE, partner=partner)
    if partner in run.records.contained:
        raise Refused(Refusal.PARTNER_CONTAINED, partner=partner)
    run.look()
    accounts = {email: run.context.directory.account_named(email) for email in emails}
    named = {email: account for email, account in accounts.items() if account is not None}
    run.snapshot = replace(run.snapshot, named=named)
    return [_candidate(run, partner, email) for email in accounts]


def _candidate(run: Pass, partner: str, email: EmailAddress) -> Candidate:
    records, holders = run.records, run.snapshot.holders(email)
    if not holders:
        return Candidate(email, Match.MISSING)
    account = holders[0]
    if len(holders) > 1 or account.email != email:
        return Candidate(email, Match.TWO_IDENTIFIERS, account)
    ids = {account.keycloak_id for account in records.accounts.values()}
    live = [h for h in records.habilitations if h.email == email and h.state is not State.CLOSED]
    replaced = _made_again(records, run.snapshot, partner, live)
    if account.is_marked or account.id in ids or (live and replaced is None):
        return Candidate(email, Match.ALREADY_OURS, account)
    if run.context.directory.extra_roles(account.id):
        return Candidate(email, Match.HAS_ROLES, account)
    if not (account.last_name and account.first_names):
        return Candidate(email, Match.UNNAMED, account)
    return Candidate(email, Match.FOUND, account, replaced)


def _made_again(
    records: Records, snapshot: Snapshot, partner: str, live: Sequence[Habilitation]
) -> Habilitation | None:
    """The partner's open access, of the live ones of a person, whose own account was deleted by another hand."""
    for habilitation in live:
        is_gone = records.accounts[habilitation.email].is_gone_from(snapshot)
        if is_gone and habilitation.partner == partner and habilitation.state is State.OPEN:
            return habilitation
    return None


def _person(account: RemoteAccount) -> Person:
    function = " ".join(account.attributes.get(FUNCTION, ()))
    return Person(account.last_name, account.first_names, function, account.email)
