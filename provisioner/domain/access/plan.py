"""The planner: what the register wants against what Keycloak has, as changes with their reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from provisioner.domain.access.account import RemoteAccount, Snapshot
from provisioner.domain.access.account_plan import AccountPlan
from provisioner.domain.access.change import Action, Change, Drift, DriftKind, destroying, plan_id
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import by_partner
from provisioner.domain.gates import Blocked, Entering, Gate, Limit, Limits, decide, gates_of, gates_of_destructions
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import Kind, due


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due, what is for later, what another hand changed, what holds which partner's changes, and, where the
    service plans for itself (`operations.run.Pass`), what is in quarantine and not to be tried again yet.

    `documents` are the partners whose document it is a plan of, `brought` those changes for later that are new with
    the document: an approval covers them too.
    """

    changes: tuple[Change, ...]
    later: tuple[Change, ...]
    drift: tuple[Drift, ...]
    blocked: tuple[Blocked, ...]
    quarantines: tuple[Hold, ...] = ()
    documents: frozenset[str] = frozenset()
    brought: tuple[Change, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """The plan's id for each partner that has changes or a document."""
        return {code: plan_id(code, changes) for code, changes in self.of_each_partner().items()}

    def of_each_partner(self) -> dict[str, list[Change]]:
        """All that a decision about a partner's plan is about, for each partner that has changes or a document: what
        is due, and what its document brings.
        """
        own = [change for change in self.changes if change.action is not Action.DESTROY]
        plans = by_partner((*own, *self.brought))
        codes = {change.partner for change in own} | self.documents
        return {code: plans.get(code, []) for code in sorted(codes)}

    @property
    def destructions(self) -> tuple[Change, ...]:
        """What is to be destroyed."""
        return tuple(change for change in self.changes if change.action is Action.DESTROY)

    def only(self, wanted: Callable[[Change], bool]) -> Plan:
        """The same with some changes left for another run; what holds them is judged on all of them."""
        return replace(self, changes=tuple(filter(wanted, self.changes)), later=tuple(filter(wanted, self.later)))

    @property
    def of_destructions(self) -> Plan:
        """Only what is destroyed; where another hand enabled an account after its end, its closing too, which comes
        first.
        """
        accounts = {change.email for change in self.destructions if change.destroyed.kind is Kind.ACCOUNT}

        def is_of_destruction(change: Change) -> bool:
            closes_again = change.action is Action.CLOSE and change.by_hand and change.email in accounts
            return closes_again or change.action is Action.DESTROY

        plan = self.only(is_of_destruction)
        drift = (d for d in self.drift if d.kind is DriftKind.ENABLED_BY_HAND and d.email in accounts)
        blocked = (blocked for blocked in self.blocked if any(map(blocked.holds, plan.changes)))
        return replace(plan, later=(), drift=tuple(drift), blocked=tuple(blocked))

    def with_own_holds(self) -> Plan:
        """The same, told only of what holds one of its own persons' changes."""
        personal = [change for change in self.changes if change.email is not None]

        def is_own(blocked: Blocked) -> bool:
            return blocked.limit is Limit.UNKNOWN_REALM or any(map(blocked.holds, personal))

        return replace(self, blocked=tuple(filter(is_own, self.blocked)))

    @property
    def is_held(self) -> bool:
        """Whether it waits as a whole; where only openings are held, its annexe is applied."""
        return any(blocked.is_of_whole_plan for blocked in self.blocked)

    @property
    def free(self) -> tuple[Change, ...]:
        """The changes that nothing holds."""
        return tuple(change for change in self.changes if decide(change, self.gates) is None)

    @property
    def held(self) -> tuple[Change, ...]:
        """The changes that something holds."""
        return tuple(change for change in self.changes if decide(change, self.gates) is not None)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What stands before its changes."""
        return (*self.blocked, *self.quarantines)


#: A plan that has nothing to say.
NOTHING = Plan((), (), (), ())


def plan_in_unknown_realm(partners: Iterable[str]) -> Plan:
    """Where the realm is another one than the register's: nothing is due and nothing has drifted, since nothing may
    be concluded from it; every partner is held.
    """
    held = (Blocked(partner=code, plan_id=plan_id(code, ()), limit=Limit.UNKNOWN_REALM) for code in sorted(partners))
    return replace(NOTHING, blocked=tuple(held))


def with_destructions(
    plan: Plan, records: Records, today: date, limits: Limits, left_alone: Collection[EmailAddress] = ()
) -> Plan:
    """The plan with what is due for destruction on that day and not on hold (D7), last of all; but not of those who
    are left alone, whose data go another way.
    """
    due_now = [
        destruction
        for destruction in due(records)
        if destruction.done_from <= today and not destruction.is_on_hold
        if destruction.habilitation is None or destruction.habilitation.email not in left_alone
    ]
    if not due_now:
        return plan
    held = gates_of_destructions(records, due_now, today, limits)
    return replace(plan, changes=(*plan.changes, *map(destroying, due_now)), blocked=(*plan.blocked, *held))


def join_plans(plans: Iterable[Plan]) -> Plan:
    """The plans of different partners as one."""
    joined = list(plans)
    return Plan(
        tuple(sorted((change for plan in joined for change in plan.changes), key=lambda change: change.order)),
        tuple(sorted((change for plan in joined for change in plan.later), key=lambda c: (c.due_on, *c.order))),
        tuple(drift for plan in joined for drift in plan.drift),
        tuple(blocked for plan in joined for blocked in plan.blocked),
        tuple({hold.id: hold for plan in joined for hold in plan.quarantines}.values()),
        frozenset(code for plan in joined for code in plan.documents),
        tuple(change for plan in joined for change in plan.brought),
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
        _, later_before, _ = _judge(entering.before, snapshot, now, [entering.partner])
        lines = {change.line for change in later_before}
        brought = [change for change in later if change.partner == entering.partner and change.line not in lines]
    plan = Plan(
        tuple(sorted(changes, key=lambda change: change.order)),
        tuple(sorted(later, key=lambda change: (change.due_on or day_of(now), *change.order))),
        tuple(sorted(drift, key=lambda drift: (drift.partner, drift.email or "", drift.kind))),
        (),
        documents=frozenset({entering.partner} if entering else ()),
        brought=tuple(brought),
    )
    return replace(plan, blocked=gates_of(records, snapshot, plan.of_each_partner(), now, limits, allowed, entering))


def _judge(
    records: Records, snapshot: Snapshot, now: datetime, partners: Collection[str]
) -> tuple[list[Change], list[Change], list[Drift]]:
    """What is due, what is for later, and what another hand changed."""
    partners = frozenset(partners)  # asked about for each access
    ours, strangers = our_accounts(records, snapshot), not_ours(records, snapshot)
    changes: list[Change] = []
    later: list[Change] = []
    drift: list[Drift] = []
    for email, habilitations in records.by_account().items():
        if any(habilitation.partner in partners for habilitation in habilitations):
            account = records.accounts[email]
            stranger = next((strangers[address] for address in account.addresses if address in strangers), None)
            plan = AccountPlan(records, snapshot, now, partners, account, ours.get(email), habilitations, stranger)
            due = [difference for difference in plan.judge() if difference.partner in partners]
            changes += (difference for difference in due if isinstance(difference, Change))
            drift += (difference for difference in due if isinstance(difference, Drift))
            later += (change for change in plan.later() if change.partner in partners)
    changes += _groups(snapshot, changes, partners)
    drift += _unknown_members(records, snapshot, ours, partners)
    drift += (Drift(DriftKind.GROUP_MOVED, code, None) for code in partners if _is_moved(snapshot, code))
    return changes, later, drift


def made_by_a_dead_run(records: Records, snapshot: Snapshot, partner: str) -> tuple[Habilitation, ...]:
    """The partner's accesses that are open in Keycloak by a run that died before it could record it."""
    emails = {account.email for account in snapshot.accounts.values() if account.is_marked and account.enabled}
    return tuple(
        habilitation
        for habilitation in records.of_partner(partner)
        if habilitation.state is State.PLANNED
        and habilitation.email in emails
        and records.accounts[habilitation.email].keycloak_id is None
        and records.accounts[habilitation.email].intended is not None
    )


def our_accounts(records: Records, snapshot: Snapshot) -> dict[EmailAddress, RemoteAccount]:
    """Our accounts by address: known by their id, else bearing our mark. No other is ever ours."""
    known = _known_ids(records)
    ours = {
        remote.email: remote for remote in snapshot.accounts.values() if remote.is_marked and remote.id not in known
    }
    for email, account in records.accounts.items():
        if account.keycloak_id is not None and account.keycloak_id in snapshot.accounts:
            ours[email] = snapshot.accounts[account.keycloak_id]
    return ours


def not_ours(records: Records, snapshot: Snapshot) -> dict[EmailAddress, RemoteAccount]:
    """The accounts that this software does not manage (A8), by their e-mail and by their user name."""
    known = _known_ids(records)
    by_address = [*snapshot.named.items(), *((remote.email, remote) for remote in snapshot.accounts.values())]
    return {email: remote for email, remote in by_address if not remote.is_marked and remote.id not in known}


def unknown_of_ours(records: Records, snapshot: Snapshot) -> list[RemoteAccount]:
    """The accounts that bear our mark and that no habilitation is about: the register forgot them, as one does that
    was put back from an older copy.
    """
    known, emails = _known_ids(records), {habilitation.email for habilitation in records.habilitations}
    ours = (remote for remote in snapshot.accounts.values() if remote.is_marked)
    return [remote for remote in ours if remote.id not in known and remote.email not in emails]


def _known_ids(records: Records) -> set[str | None]:
    return {account.keycloak_id for account in records.accounts.values()}


def _groups(snapshot: Snapshot, changes: Sequence[Change], partners: Collection[str]) -> list[Change]:
    """The groups to make, and those whose name or place another hand changed: accounts are made in them by path."""
    lasting = [change for change in changes if change.action is not Action.CLOSE]
    joined = {code for change in lasting for code in (change.partner, *change.groups)}
    missing = {code for code in partners if code in joined and snapshot.groups.get(code) is None}
    moved = {code for code in partners if _is_moved(snapshot, code)}
    return [
        Change(action=Action.GROUP, partner=code, rule="A1", by_hand=code in moved)
        for code in sorted(missing | moved)
    ]


def _is_moved(snapshot: Snapshot, code: str) -> bool:
    group = snapshot.groups.get(code)
    return group is not None and group.is_moved


def _unknown_members(
    records: Records,
    snapshot: Snapshot,
    ours: Mapping[EmailAddress, RemoteAccount],
    partners: Collection[str],
) -> list[Drift]:
    """Members of a partner's group whom no annexe asked for: told, never touched."""
    asked = {(h.partner, ours[h.email].id) for h in records.habilitations if h.email in ours}
    return [
        Drift(DriftKind.UNKNOWN_IN_GROUP, code, snapshot.accounts[member].email)
        for code in partners
        if (group := snapshot.groups.get(code)) is not None
        for member in group.members
        if member in snapshot.accounts and (code, member) not in asked
    ]
