"""The planner: what the register wants against what Keycloak has, as changes with their reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from provisioner.domain.access.account import RemoteAccount, Snapshot
from provisioner.domain.access.account_plan import AccountPlan
from provisioner.domain.access.change import Action, Change, Drift, DriftKind, plan_id
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import day_of
from provisioner.domain.gates import Blocked, Entering, Gate, Limit, Limits, decide, gates_of
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due, what is for later, what another hand changed, what holds which partner's changes, and what is in
    quarantine and not to be tried again yet.

    `documents` are the partners whose document it is a plan of, `brought` those changes for later that are new with
    the document: an approval covers them too.
    """

    changes: tuple[Change, ...]
    later: tuple[Change, ...]
    drift: tuple[Drift, ...]
    blocked: tuple[Blocked, ...]
    resting: tuple[Hold, ...] = ()
    documents: frozenset[str] = frozenset()
    brought: tuple[Change, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """The plan's id for each partner that has changes or a document."""
        partners = sorted({change.partner for change in self.changes} | self.documents)
        return {code: plan_id(code, self.of_partner(code)) for code in partners}

    def of_partner(self, code: str) -> list[Change]:
        """All that a decision about the partner's plan is about: what is due, and what its document brings."""
        return [change for change in (*self.changes, *self.brought) if change.partner == code]

    def only(self, wanted: Callable[[Change], bool]) -> Plan:
        """The same with some changes left for another run; what holds them is judged on all of them."""
        changes = tuple(one for one in self.changes if wanted(one))
        return replace(self, changes=changes, later=tuple(one for one in self.later if wanted(one)))

    def with_own_holds(self) -> Plan:
        """The same, told only of what holds one of its own persons' changes."""
        mine = [one for one in self.changes if one.email is not None]

        def is_own(one: Blocked) -> bool:
            return one.limit is Limit.UNKNOWN_REALM or any(map(one.holds, mine))

        return replace(self, blocked=tuple(one for one in self.blocked if is_own(one)))

    @property
    def is_held(self) -> bool:
        """Whether it waits as a whole; a weak password policy only holds openings, its annexe is applied."""
        return any(blocked.limit is not Limit.PASSWORD_POLICY for blocked in self.blocked)

    @property
    def free(self) -> tuple[Change, ...]:
        """The changes that nothing holds."""
        return tuple(change for change in self.changes if decide(change, self.gates) is None)

    @property
    def waiting(self) -> tuple[Change, ...]:
        """The changes that something holds."""
        return tuple(change for change in self.changes if decide(change, self.gates) is not None)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What stands before its changes."""
        return (*self.blocked, *self.resting)


#: A plan that has nothing to say.
NOTHING = Plan((), (), (), ())


def made_by_a_dead_run(records: Records, snapshot: Snapshot, partner: str) -> tuple[Habilitation, ...]:
    """The partner's accesses that are open in Keycloak by a run that died before it could record it."""
    ours = {one.email: one for one in snapshot.accounts.values() if one.is_marked and one.enabled}
    return tuple(
        one
        for one in records.of_partner(partner)
        if one.state is State.PLANNED
        and one.email in ours
        and records.accounts[one.email].keycloak_id is None
        and records.accounts[one.email].intended is not None
    )


def plan_in_unknown_realm(partners: Iterable[str]) -> Plan:
    """Where the realm is another one than the register's: nothing is due and nothing has drifted, since nothing may
    be concluded from it; every partner is held.
    """
    held = (Blocked(partner=code, plan_id=plan_id(code, ()), limit=Limit.UNKNOWN_REALM) for code in sorted(partners))
    return Plan((), (), (), tuple(held))


def join_plans(plans: Iterable[Plan]) -> Plan:
    """The plans of different partners as one."""
    made = list(plans)
    return Plan(
        tuple(sorted((one for plan in made for one in plan.changes), key=lambda one: one.order)),
        tuple(sorted((one for plan in made for one in plan.later), key=lambda one: (one.due_on, *one.order))),
        tuple(one for plan in made for one in plan.drift),
        tuple(one for plan in made for one in plan.blocked),
        tuple({one.id: one for plan in made for one in plan.resting}.values()),
        frozenset(code for plan in made for code in plan.documents),
        tuple(one for plan in made for one in plan.brought),
    )


def make_plan(
    records: Records,
    snapshot: Snapshot,
    now: datetime,
    partners: Collection[str],
    limits: Limits,
    allowed: Collection[str] = (),
    *,
    entering: Entering | None = None,
) -> Plan:
    """What would make Keycloak what the register wants, for these partners, at that moment.

    `allowed` are plan ids that a named person lets go beyond a limit; `entering` is the document that makes the
    register so, while it is only about to. The snapshot must be proven whole: an account that is not in it is taken
    to be missing.
    """
    changes, later, drift = _judge(records, snapshot, now, partners)
    brought: list[Change] = []
    if entering is not None:
        _, known, _ = _judge(entering.before, snapshot, now, [entering.partner])
        lines = {one.line for one in known}
        brought = [one for one in later if one.partner == entering.partner and one.line not in lines]
    plan = Plan(
        tuple(changes),
        tuple(sorted(later, key=lambda change: (change.due_on or day_of(now), *change.order))),
        tuple(sorted(drift, key=lambda one: (one.partner, one.email or "", one.kind))),
        (),
        tuple(one for one in records.holds if one.rests(now)),
        frozenset({entering.partner} if entering else ()),
        tuple(brought),
    )
    lines_of = {code: plan.of_partner(code) for code in plan.ids}
    return replace(plan, blocked=gates_of(records, snapshot, lines_of, now, limits, allowed, entering))


def _judge(
    records: Records, snapshot: Snapshot, now: datetime, partners: Collection[str]
) -> tuple[list[Change], list[Change], list[Drift]]:
    """What is due, in its order, what is for later, and what another hand changed."""
    ours, strangers = our_accounts(records, snapshot), not_ours(records, snapshot)
    found: list[Change | Drift] = []
    later: list[Change] = []
    for email, habilitations in records.by_account().items():
        if any(one.partner in partners for one in habilitations):
            known = records.accounts[email]
            stranger = next((strangers[one] for one in known.addresses if one in strangers), None)
            account = AccountPlan(records, snapshot, now, partners, known, ours.get(email), habilitations, stranger)
            found += [one for one in account.judge() if one.partner in partners]
            later += [one for one in account.later() if one.partner in partners]
    changes = [one for one in found if isinstance(one, Change)]
    changes += _groups(snapshot, changes, partners)
    changes.sort(key=lambda change: change.order)
    drift = [one for one in found if isinstance(one, Drift)] + _strangers(records, snapshot, ours, partners)
    drift += [Drift(DriftKind.GROUP_MOVED, code, None) for code in partners if _is_moved(snapshot, code)]
    return changes, later, drift


def our_accounts(records: Records, snapshot: Snapshot) -> dict[EmailAddress, RemoteAccount]:
    """Our accounts by address: known by their id, else bearing our mark. No other is ever ours."""
    known = {account.keycloak_id for account in records.accounts.values()}
    ours = {one.email: one for one in snapshot.accounts.values() if one.is_marked and one.id not in known}
    for email, account in records.accounts.items():
        if account.keycloak_id is not None and account.keycloak_id in snapshot.accounts:
            ours[email] = snapshot.accounts[account.keycloak_id]
    return ours


def not_ours(records: Records, snapshot: Snapshot) -> dict[EmailAddress, RemoteAccount]:
    """The accounts that this software does not manage (A8), by their e-mail and by their user name."""
    known = {account.keycloak_id for account in records.accounts.values()}
    found = [*snapshot.named.items(), *((one.email, one) for one in snapshot.accounts.values())]
    return {email: one for email, one in found if not one.is_marked and one.id not in known}


def unknown_of_ours(records: Records, snapshot: Snapshot) -> list[RemoteAccount]:
    """The accounts that bear our mark and that no habilitation is about: the register forgot them, as one does that
    was put back from an older copy.
    """
    ids = {account.keycloak_id for account in records.accounts.values()}
    emails = {one.email for one in records.habilitations}
    return [
        one for one in snapshot.accounts.values() if one.is_marked and one.id not in ids and one.email not in emails
    ]


def _groups(snapshot: Snapshot, changes: Sequence[Change], partners: Collection[str]) -> list[Change]:
    """The groups to make, and those whose name or place another hand changed: accounts are made in them by path."""
    made = [change for change in changes if change.action is not Action.CLOSE]
    joined = {code for change in made for code in (change.partner, *change.groups)}
    missing = {code for code in partners if code in joined and snapshot.groups.get(code) is None}
    moved = {code for code in partners if _is_moved(snapshot, code)}
    return [
        Change(action=Action.GROUP, partner=code, rule="A1", by_hand=code in moved)
        for code in sorted(missing | moved)
    ]


def _is_moved(snapshot: Snapshot, code: str) -> bool:
    group = snapshot.groups.get(code)
    return group is not None and group.is_moved


def _strangers(
    records: Records,
    snapshot: Snapshot,
    ours: Mapping[EmailAddress, RemoteAccount],
    partners: Collection[str],
) -> list[Drift]:
    """Members of a partner's group whom no annexe asked for: told, never touched."""
    known = {(one.partner, ours[one.email].id) for one in records.habilitations if one.email in ours}
    return [
        Drift(DriftKind.UNKNOWN_IN_GROUP, code, snapshot.accounts[member].email)
        for code in partners
        if (group := snapshot.groups.get(code)) is not None
        for member in group.members
        if member in snapshot.accounts and (code, member) not in known
    ]
