"""What keeps a change waiting: limits, pauses, containments, another realm, a weak password policy, quarantines
(docs/safety.md).

`gates_of` says what stands before each partner's plan, `decide` whether one change goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import Action, Change, destroying, plan_id
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import by_partner
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.password import RealmFault
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import Destruction

#: How many partners one run may close accesses of: so many, or this share of all if that is more.
MOST_PARTNERS, MOST_PARTNERS_PERCENT = 5, 10

#: The window in which closures are counted together, so that slices of a mass closure add up.
WINDOW = timedelta(hours=24)


class Limit(StrEnum):
    """What may hold a partner's plan, or a part of it; its sentences are in `views.holds`."""

    CLOSURES = "closures"  #: the document ends too many of the partner's accesses within 24 hours
    PARTNERS = "partners"  #: the documents of one run end accesses at too many partners
    CONTAINMENT = "containment"  #: every access of the partner is cut; `partner reopen` ends it
    DESTRUCTIONS = "destructions"  #: too many on one day, or not announced by a run of an earlier day
    PAUSE = "pause"  #: a named person paused the partner, or everybody; `resume` ends it
    UNKNOWN_REALM = "unknown-realm"  #: the realm is another one than the register's; put right, or `realm accept`
    PASSWORD_POLICY = "password-policy"  # noqa: S105 - no link could lead to a password as P1 asks; put right there

    @property
    def can_be_released(self) -> bool:
        """Whether a named person may let one plan go beyond it."""
        return self in (Limit.CLOSURES, Limit.PARTNERS, Limit.DESTRUCTIONS)

    @property
    def is_kept(self) -> bool:
        """Whether the plan that it holds is kept for a person to look at, and told to the contacts."""
        return self.can_be_released or self is Limit.UNKNOWN_REALM


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A limit that stands before a partner's plan, with its figures where it has any; `fault` is what makes links
    useless, where the limit is `password-policy`. Destructions are one plan without a partner.
    """

    partner: str | None
    plan_id: str
    limit: Limit
    figure: int | None = None
    allowed: int | None = None
    fault: RealmFault | None = None

    @property
    def can_be_allowed(self) -> bool:
        """Whether a named person may let this plan go."""
        return self.figure is not None

    def holds(self, change: Change) -> bool:
        """The policy and a containment hold what opens an access or sends a link, any other limit the partner's whole
        plan; but the number of closures never holds a suspension, which is one person's and urgent. Destructions wait
        for their own limit, and for a pause of a partner that they touch.
        """
        if change.action is Action.DESTROY or self.limit is Limit.DESTRUCTIONS:
            return change.action is Action.DESTROY and self._holds_destruction(change)
        if self.partner != change.partner or (self.can_be_allowed and change.is_suspension):
            return False
        return self.is_of_whole_plan or change.needs_link

    def _holds_destruction(self, change: Change) -> bool:
        touched = change.destruction.partners if change.destruction is not None else (change.partner,)
        return self.limit is Limit.DESTRUCTIONS or (self.limit is Limit.PAUSE and self.partner in touched)

    @property
    def is_of_whole_plan(self) -> bool:
        """Whether it holds closures too, and so the annexe that brings them."""
        return self.limit not in (Limit.PASSWORD_POLICY, Limit.CONTAINMENT)


#: What a change may wait for: a limit, or its own failure.
Gate = Blocked | Hold


def decide(change: Change, gates: Iterable[Gate]) -> Gate | None:
    """Whether the change goes: None, or else what it waits for."""
    return next((gate for gate in gates if gate.holds(change)), None)


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings of the limits: a number of closures, and a percentage of the open accounts; how many destructions
    on one day.
    """

    closures: int = 5
    closures_percent: int = 20
    destructions: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """A document that is about to enter the register: its partner, and the register as it is without it.

    `ends` are the open accesses that it ends, whatever the date. `closing` are all the partners whose documents, in
    the same run, end an access.
    """

    partner: str
    before: Records
    ends: tuple[Habilitation, ...] = ()
    closing: frozenset[str] = frozenset()


def gates_of(
    records: Records,
    snapshot: Snapshot,
    plans: Mapping[str, Sequence[Change]],
    now: datetime,
    limits: Limits,
    allowed: Collection[str],
    entering: Entering | None = None,
) -> tuple[Blocked, ...]:
    """What stands before each partner's plan, checked before its first effect.

    The numbers of closures are judged when a document brings them: what it brought is judged no more.
    """
    blocked: list[Blocked] = []
    for code, changes in plans.items():
        name = plan_id(code, changes)
        blocked += _whatever_is_let_go(records, snapshot, code, name, changes, day_of(now))
        if name in allowed or (code, name) in records.let_go:
            continue
        if entering is not None and entering.partner == code:
            blocked += _by_numbers(records, name, now, limits, entering)
        elif _ends_unseen(records, changes):
            blocked += [_held_before(hold, code, name) for hold in _for_partners(records, code)]
    return tuple(blocked)


def gates_of_destructions(
    records: Records, due_now: Sequence[Destruction], today: date, limits: Limits
) -> tuple[Blocked, ...]:
    """What stands before the destructions of that day: a pause of a partner that they touch; their number, or one
    among them that no run of an earlier day announced: then all of them wait.
    """
    changes = tuple(map(destroying, due_now))
    name = plan_id("", changes)
    paused = sorted({code for d in due_now for code in d.partners if records.is_paused(code, today)})
    blocked = [Blocked(partner=code, plan_id=name, limit=Limit.PAUSE) for code in paused]
    going = [destruction for destruction in due_now if not set(paused).intersection(destruction.partners)]
    if not going or records.destructions_let_go.issuperset((change.partner, change.line) for change in changes):
        return tuple(blocked)
    distance = destructions_distance(records, going, today, limits)
    are_announced = all(records.forecast.announced(destruction, today) for destruction in going)
    if distance.figure > distance.allowed or not are_announced:
        figure, most = distance.figure, distance.allowed
        blocked.append(Blocked(partner=None, plan_id=name, limit=Limit.DESTRUCTIONS, figure=figure, allowed=most))
    return tuple(blocked)


def gates_of_links(
    records: Records, snapshot: Snapshot, changes: Sequence[Change], today: date
) -> tuple[Blocked, ...]:
    """What stands before changes that no number limits: a pause, another realm, a weak policy."""
    plans = by_partner(changes)
    return tuple(
        gate
        for code in sorted(plans)
        for gate in _whatever_is_let_go(records, snapshot, code, plan_id(code, plans[code]), plans[code], today)
    )


def _whatever_is_let_go(
    records: Records, snapshot: Snapshot, code: str, name: str, changes: Sequence[Change], today: date
) -> Iterator[Blocked]:
    """What no release of a plan lifts."""
    if records.is_paused(code, today):
        yield Blocked(partner=code, plan_id=name, limit=Limit.PAUSE)
    if not records.is_for_realm(snapshot.realm_id):
        yield Blocked(partner=code, plan_id=name, limit=Limit.UNKNOWN_REALM)
    needs_link = any(change.needs_link for change in changes)
    if code in records.contained and needs_link:
        yield Blocked(partner=code, plan_id=name, limit=Limit.CONTAINMENT)
    if snapshot.link_fault and needs_link:
        yield Blocked(partner=code, plan_id=name, limit=Limit.PASSWORD_POLICY, fault=snapshot.link_fault)


def _by_numbers(records: Records, name: str, now: datetime, limits: Limits, entering: Entering) -> Iterator[Blocked]:
    """How many accesses the document ends, and at how many partners the documents of its run do."""
    code = entering.partner
    brought = {habilitation.id for habilitation in entering.ends if not records.is_released(habilitation)}
    if not brought:
        return
    figure = len(brought | _ended_lately(records, code, now))
    most = allowed_closures(entering.before, code, now, limits)
    if figure > most:
        yield Blocked(partner=code, plan_id=name, limit=Limit.CLOSURES, figure=figure, allowed=most)
    closing, most = entering.closing | {code}, most_partners(records)
    if len(closing) > most:
        yield Blocked(partner=code, plan_id=name, limit=Limit.PARTNERS, figure=len(closing), allowed=most)
    else:  # that others were let go does not make it less of a mass closure
        held = (hold for hold in _for_partners(records, code) if hold.plan_id == name)
        yield from (_held_before(hold, code, name) for hold in held)


def _for_partners(records: Records, code: str) -> list[Hold]:
    return [hold for hold in records.holds_of(code) if hold.limit == Limit.PARTNERS]


def _held_before(hold: Hold, code: str, name: str) -> Blocked:
    return Blocked(partner=code, plan_id=name, limit=Limit.PARTNERS, figure=hold.figure, allowed=hold.allowed)


def _ends_unseen(records: Records, changes: Iterable[Change]) -> bool:
    """Whether closures are due that nobody let go. Where the partner's plan was held before these were judged on
    entering (version 0.2), a person lets them go.
    """
    ended = (c.habilitation for c in changes if c.action is Action.CLOSE and not c.is_suspension)
    return any(h is not None and h.closed_at is None and not records.is_released(h) for h in ended)


def _ended_lately(records: Records, code: str, now: datetime) -> set[int | None]:
    """The accesses that documents ended within the window, be they closed since or not, so that slices of a mass
    closure add up. An end of the convention does not count, nor does one that a named person let go.
    """
    return {
        h.id
        for h in records.of_partner(code)
        if h.opened_at is not None and h.end is not None and h.end.rule != "C3"
        if h.end.recorded_at is not None and h.end.recorded_at > now - WINDOW
        if not records.is_released(h)
    }


def allowed_closures(records: Records, code: str, now: datetime, limits: Limits) -> int:
    """max(closures, closures_percent % of the accesses open 24 hours ago, rounded down)."""
    since = now - WINDOW
    was_open = sum(
        1
        for h in records.of_partner(code)
        if h.opened_at is not None and h.opened_at <= since and (h.closed_at is None or h.closed_at > since)
    )
    return max(limits.closures, was_open * limits.closures_percent // 100)


def most_partners(records: Records) -> int:
    """How many partners one run may end accesses of."""
    return max(MOST_PARTNERS, records.partner_count * MOST_PARTNERS_PERCENT // 100)


#: How many partners, and which share of all open accounts, one person may contain within the window (L2).
CONTAINED_PARTNERS, CONTAINED_PERCENT = 2, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Containing:
    """What a containment would cut: the accounts `emails`, of which `also_of` other partners too.

    `partners` and `accounts` count what was cut by name within the last 24 hours, this included, so that slices add
    up; `open` are all open accounts. `is_one_person`: it names no partner and cuts one account.
    """

    emails: frozenset[EmailAddress]
    also_of: Mapping[EmailAddress, tuple[str, ...]]
    partners: int
    accounts: int
    open: int
    is_one_person: bool = False

    @property
    def needs_second(self) -> bool:
        """Whether a second person has to confirm it; never for one person, like `person suspend`."""
        if self.is_one_person:
            return False
        return self.partners > CONTAINED_PARTNERS or self.accounts * 100 > self.open * CONTAINED_PERCENT


def containing(
    records: Records,
    codes: Collection[str],
    now: datetime,
    lately: Iterable[Hold],
    persons: Collection[EmailAddress] = (),
    open_in_all: int | None = None,
) -> Containing:
    """What a containment of these partners, or of these persons where it names none, would cut now: the accounts
    whose access is open or about to be opened, and not suspended before. `lately` are the containments and the
    suspensions by name that were recorded of late, be they over or not; `open_in_all` counts the open accounts of the
    whole register, where the records are a part of it.
    """
    if open_in_all is None:
        open_in_all = len({h.email for h in records.habilitations if h.opened_at is not None and h.closed_at is None})
    today, recent = day_of(now), [hold for hold in lately if hold.since > now - WINDOW]
    live = [h for h in records.habilitations if h.closed_at is None and h.requested_on <= today]
    emails = {h.email for h in live if (h.partner in codes if codes else h.email in persons)}
    new = {code for code in codes if code not in records.contained}
    emails -= records.suspended.keys()
    return Containing(
        emails=frozenset(emails),
        also_of=also_of(records, emails, codes) if codes else {},
        partners=len({hold.partner for hold in recent if hold.kind is HoldKind.CONTAINMENT} | new),
        accounts=sum(hold.kind is HoldKind.SUSPENSION for hold in recent) + len(emails),
        is_one_person=not codes and len(emails) == 1,
        open=open_in_all,
    )


def also_of(
    records: Records, emails: Collection[EmailAddress], codes: Collection[str]
) -> dict[EmailAddress, tuple[str, ...]]:
    """Those of these accounts that other partners' accesses hang on too (A8), with the other partners."""
    others: dict[EmailAddress, tuple[str, ...]] = {}
    for h in records.habilitations:
        if h.email in emails and h.closed_at is None and h.partner not in codes:
            others[h.email] = (*others.get(h.email, ()), h.partner)
    return others


@dataclass(frozen=True, slots=True)
class Distance:
    """How near a limit is: what counts now, and what is allowed."""

    figure: int
    allowed: int


def closures_distance(records: Records, code: str, now: datetime, limits: Limits) -> Distance:
    """How many ends documents brought for the partner within the last 24 hours."""
    return Distance(len(_ended_lately(records, code, now)), allowed_closures(records, code, now, limits))


def partners_distance(records: Records, now: datetime) -> Distance:
    """At how many partners documents brought ends within the last 24 hours."""
    closing = [code for code in records.partners if _ended_lately(records, code, now)]
    return Distance(len(closing), most_partners(records))


#: The share of all persons whose data may be destroyed on one day without a look, in percent.
MOST_DESTROYED_PERCENT = 2


def destructions_distance(records: Records, due_now: Sequence[Destruction], today: date, limits: Limits) -> Distance:
    """How many destructions that day has, those that are done already included, of how many it may have."""
    figure = len(due_now) + records.forecast.done_on(today)
    return Distance(figure, max(limits.destructions, records.account_count * MOST_DESTROYED_PERCENT // 100))
