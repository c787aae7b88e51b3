"""Every « why? » about one person: what is known of them, step by step, and why nothing is done when nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provisioner.domain.change import Action, Change
from provisioner.domain.days import day_of
from provisioner.domain.dossier import Dossier, Listed, Match
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.kept_annexe import Status
from provisioner.domain.limits import holds
from provisioner.domain.links import last_expiry
from provisioner.domain.past import past, renames
from provisioner.domain.people import EmailAddress
from provisioner.domain.plan import Plan
from provisioner.domain.steps import Fact, Step, step


def explain(person: Dossier, plan: Plan) -> tuple[Step, ...]:
    """The steps: the address, the lists, the past in its order, Keycloak now, and what stands between.

    `plan` is the whole plan of what is due: what holds the person's changes is judged on all of them.
    """
    why = list(_why_not(person, plan))
    steps = [*_address(person), *_lists(person), *past(person), *_keycloak(person, plan), *why]
    if not why and not changes_of(person.email, (*plan.changes, *plan.later)):
        steps.append(step(Fact.NOTHING_TO_DO))
    return tuple(steps)


def changes_of(email: EmailAddress, changes: Iterable[Change]) -> list[Change]:
    """Those about the person, under the address that they have and under the one that they get."""
    given = tuple(changes)
    names = {email} | {one.new_email for one in given if one.email == email and one.new_email is not None}
    return [one for one in given if names & {one.email, one.new_email}]


def _address(person: Dossier) -> Iterator[Step]:
    if person.asked != person.email:
        on = next((day_of(one.at) for one in renames(person) if one.details.get("old") == person.asked), None)
        yield step(Fact.OLD_ADDRESS, "A7", on=on, old=person.asked, new=person.email)
    if not person.accesses and (nearest := person.nearest) is not None:
        yield step(Fact.NEAREST, email=nearest)


def _lists(person: Dossier) -> Iterator[Step]:
    """Where the kept annexes name the person, or that the one in force does not."""
    yield from (_row(person, one) for one in person.listed)
    named = {one.annexe.id for one in person.listed}
    for code in dict.fromkeys(one.partner for one in person.open):
        if code in person.current and person.current[code].id not in named:
            annexe = person.current[code]
            is_kept = annexe.decisions is not None and annexe.decisions.settles(person.email)
            kept_by = annexe.approved_by if is_kept else None
            yield step(Fact.ABSENT, "A5", code, annexe.transmitted_on, kept_by=kept_by)
    if not person.listed and not person.accesses:
        yield step(Fact.NEVER_LISTED, "A1")


def _row(person: Dossier, one: Listed) -> Step:
    annexe = one.annexe
    values = {"annexe": annexe, "list": one.list, "row": one.row, "errors": one.errors}
    if person.current.get(annexe.partner) == annexe:
        return step(Fact.LISTED, "A1" if one.list == 1 else "A3", annexe.partner, one.on, **values)
    is_refused = one.errors or annexe.status in (Status.REFUSED, Status.REJECTED)
    fact = Fact.LISTED_REFUSED if is_refused else Fact.LISTED_WAITING
    return step(fact, "A10", annexe.partner, annexe.transmitted_on, **values)


def _keycloak(person: Dossier, plan: Plan) -> Iterator[Step]:
    """Where the account was found, matched with what, and what another hand did to it."""
    found = person.found
    if found is not None:
        yield step(
            Fact.IN_KEYCLOAK,
            "A8" if found.match is Match.MARK else None,
            match=found.match,
            enabled=found.account.enabled,
            has_password=found.has_password,
            other_address=None if found.account.email == person.email else found.account.email,
        )
    else:
        was_there = bool(person.accesses) and person.account is not None and person.account.keycloak_id is not None
        yield step(Fact.NOT_IN_KEYCLOAK, was_there=was_there)
    if person.other is not None:
        yield step(Fact.NOT_OURS, "A8", groups=person.other.groups)
    addresses = {person.email, person.asked, *(one.account.email for one in (found, person.other) if one)}
    for drift in plan.drift:
        if drift.email in addresses:
            yield step(Fact.DRIFT, "L1", drift.partner, drift=drift)


def _why_not(person: Dossier, plan: Plan) -> Iterator[Step]:
    """What stands between the person and what was asked for them."""
    if person.suspension is not None:
        since, reason = day_of(person.suspension.since), person.suspension.reason
        yield step(Fact.SUSPENDED_NOW, "A4", on=since, reason=reason)
    for one in person.live:
        yield from _convention(person, one)
        if one.state is State.PLANNED:
            yield from _not_open_yet(person, one)
    mine = changes_of(person.email, plan.changes)
    old = person.account.renamed_from if person.account is not None else None
    if old is not None and not any(change.action is Action.RENAME for change in mine):
        yield step(Fact.RENAME_WAITS, "A7", old=old)
    for blocked in plan.blocked:
        if any(holds(blocked, change) for change in mine):
            yield step(Fact.HELD, partner=blocked.partner, blocked=blocked)


def _convention(person: Dossier, one: Habilitation) -> Iterator[Step]:
    partner = person.records.partners[one.partner]
    if partner.last_day < person.today:
        yield step(Fact.CONVENTION_ENDED, "C3", one.partner, partner.last_day)
    elif partner.signed_on is None:
        yield step(Fact.NOT_SIGNED, "C2", one.partner)
    elif partner.signed_on > person.today:
        yield step(Fact.NOT_BEGUN, "C2", one.partner, partner.signed_on)


def _not_open_yet(person: Dossier, one: Habilitation) -> Iterator[Step]:
    """A planned access waits for its day, or for an old link to be dead: it would revive with the account."""
    if one.requested_on > person.today:
        yield step(Fact.WAITS_FOR_DAY, "A6", one.partner, one.requested_on)
        return
    before = [each for each in person.accesses if each.state is State.CLOSED]
    expiry = last_expiry(each for old in before for each in person.records.invitations_of(old))
    if not person.open and expiry is not None and expiry > person.now:
        yield step(Fact.WAITS_FOR_LINK, "A4", one.partner, day_of(expiry), expiry=expiry)
