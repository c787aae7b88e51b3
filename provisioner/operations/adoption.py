"""Accounts that existed before this software come under it by name: marked and in the group, no e-mail (A8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from provisioner.domain.access.account import FUNCTION, RemoteAccount, Snapshot
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.plan import make_plan
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Records
from provisioner.operations.applying import carry_out
from provisioner.operations.context import Outcome, ProgressBar, Tools
from provisioner.operations.decide import decided
from provisioner.operations.errors import AdoptionRefused
from provisioner.operations.looking import look, look_again
from provisioner.register import run_lock
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


def candidates(tools: Tools, partner: str, emails: Sequence[EmailAddress]) -> list[Candidate]:
    """What each address would match; changes nothing.

    Raises:
        AdoptionRefused: the convention is not active.
        KeycloakError, RegisterUnavailable: a system failed.
    """
    records = tools.register.records()
    _verify_active(tools, records, partner)
    snapshot = _look(tools, records, partner, emails)
    return [_candidate(tools, records, snapshot, partner, email) for email in dict.fromkeys(emails)]


@decided
def adopt(
    tools: Tools, partner: str, emails: Sequence[EmailAddress], by: str, reason: str, bar: ProgressBar
) -> tuple[list[Candidate], Outcome]:
    """Adopts all these accounts, or none.

    Raises:
        AdoptionRefused: the convention is not active; nothing is done. When one of the accounts cannot be adopted
            the outcome is empty and the candidates say why.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; once recorded, the next `sync` goes on.
    """
    today = tools.clock.today()
    with run_lock(tools.register, tools.settings):
        records = tools.register.records()
        _verify_active(tools, records, partner)
        snapshot = _look(tools, records, partner, emails)
        found = [_candidate(tools, records, snapshot, partner, email) for email in dict.fromkeys(emails)]
        if not all(one.can_be_adopted for one in found):
            return found, Outcome(as_of=today, plan=None)
        with tools.register.work() as work:
            for one in found:
                assert one.account is not None
                save_adoption(
                    work, partner, _person(one.account), one.account.id, today, by, reason, one.habilitation
                )
        before, records = records, tools.register.records()
        snapshot = look_again(tools.directory, snapshot, before, records)
        plan = make_plan(records, snapshot, tools.clock.now(), [partner], tools.limits)
        adopted = {one.email for one in found}
        plan = plan.only(lambda change: change.email is None or change.email in adopted).with_own_holds()
        plan = replace(plan, resting=())  # who adopts waits for the answer
        return found, Outcome(as_of=today, plan=plan, outcome=carry_out(tools, records, snapshot, plan, bar))


def _look(tools: Tools, records: Records, partner: str, emails: Iterable[EmailAddress]) -> Snapshot:
    snapshot = look(records, tools.directory, [partner])
    named = {email: one for email in emails if (one := tools.directory.user_named(email)) is not None}
    return replace(snapshot, named=named)


def _verify_active(tools: Tools, records: Records, partner: str) -> None:
    if not records.partners[partner].is_active_on(tools.clock.today()):
        raise AdoptionRefused(f"The convention of {partner} is not active: no access may be open (C2).")


def _candidate(tools: Tools, records: Records, snapshot: Snapshot, partner: str, email: EmailAddress) -> Candidate:
    holders = snapshot.holders(email)
    if not holders:
        return Candidate(email, Match.MISSING)
    account = holders[0]
    if len(holders) > 1 or account.email != email:
        return Candidate(email, Match.TWO_IDENTIFIERS, account)
    ids = {one.keycloak_id for one in records.accounts.values()}
    live = [one for one in records.habilitations if one.email == email and one.state is not State.CLOSED]
    replaced = _made_again(records, snapshot, partner, live)
    if account.is_marked or account.id in ids or (live and replaced is None):
        return Candidate(email, Match.ALREADY_OURS, account)
    if tools.directory.extra_roles(account.id):
        return Candidate(email, Match.HAS_ROLES, account)
    if not (account.last_name and account.first_names):
        return Candidate(email, Match.UNNAMED, account)
    return Candidate(email, Match.FOUND, account, replaced)


def _made_again(
    records: Records, snapshot: Snapshot, partner: str, live: Sequence[Habilitation]
) -> Habilitation | None:
    """The partner's open access, of the live ones of a person, whose own account was deleted by another hand."""
    for habilitation in live:
        known = records.accounts[habilitation.email].keycloak_id
        is_gone = known is not None and known not in snapshot.accounts
        if is_gone and habilitation.partner == partner and habilitation.state is State.OPEN:
            return habilitation
    return None


def _person(account: RemoteAccount) -> Person:
    function = " ".join(account.attributes.get(FUNCTION, ()))
    return Person(account.last_name, account.first_names, function, account.email)
