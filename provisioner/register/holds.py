"""What waits: plans that a limit holds, pauses, suspensions by name, containments, and what is in quarantine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from provisioner.domain.access.change import Change, Line
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import add_months
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import Blocked
from provisioner.domain.hold import Hold, HoldKind, StillOpen
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Reopening
from provisioner.domain.retention import KeptRecords
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper, among
from provisioner.register.work import Work

_h = t.hold.c
_HOLD = Mapper(Hold, t.hold, email=t.account.c.email)
_LASTS = _h.released_at.is_(None)
_KEPT = (
    select(*_HOLD.columns)
    .select_from(t.hold.outerjoin(t.account, t.account.c.id == _h.account))
    .where(_LASTS)
    .order_by(_h.id)
)
# Made once: the new suspensions are read before each opening, what follows by each read of the register.
_KEPT_OF_KIND = {kind: _KEPT.where(_h.kind == kind) for kind in HoldKind}
_SUSPENDED_SINCE = _KEPT_OF_KIND[HoldKind.SUSPENSION].where(_h.since_number > bindparam("number"))
#: The accounts that are suspended by name.
SUSPENDED = select(_h.account).where(_h.kind == HoldKind.SUSPENSION, _LASTS)
_KEPT_WAITING = _KEPT.where(_h.kind.in_([kind for kind in HoldKind if kind is not HoldKind.RETENTION]))
_KEPT_OF_NO_ACCOUNT = _KEPT_WAITING.where(_h.account.is_(None))

_LET_GO = select(_h.partner, _h.plan_id).where(_h.kind == HoldKind.LIMIT, ~_LASTS)
_ENDS_LET_GO = select(_h.covers).where(~_LASTS)
_KEPT_FROM_DESTRUCTION = select(_h.partner, _h.account).where(_h.kind == HoldKind.RETENTION, _LASTS)

#: After how many months a hold on destruction is looked at again by a person (D7).
LOOKED_AT_AFTER_MONTHS = 6

_HELD = (_h.kind == HoldKind.LIMIT) & _LASTS


def kept(connection: Connection, kind: HoldKind | None = None) -> tuple[Hold, ...]:
    """What nobody has let go yet, oldest first: of that kind, or all that keeps a change waiting."""
    return tuple(map(_HOLD.of, connection.execute(_KEPT_WAITING if kind is None else _KEPT_OF_KIND[kind])))


def kept_about(connection: Connection, partners: Collection[str], accounts: Collection[int]) -> tuple[Hold, ...]:
    """Of all that keeps a change waiting, oldest first, what is about these partners as a whole, the accounts with
    these numbers, or everybody (`Hold.is_about`).
    """
    of_no_account = map(_HOLD.of, connection.execute(_KEPT_OF_NO_ACCOUNT))
    of_partners = [hold for hold in of_no_account if hold.is_about(partners, ())]
    of_accounts = map(_HOLD.of, among(connection, _KEPT_WAITING, _h.account, accounts))
    return tuple(sorted((*of_partners, *of_accounts), key=lambda hold: hold.id or 0))


def suspensions(connection: Connection, emails: Collection[EmailAddress]) -> dict[EmailAddress, Hold]:
    """Those of these accounts that a named person suspended, at this moment."""
    rows = among(connection, _KEPT_OF_KIND[HoldKind.SUSPENSION], t.account.c.email, emails)
    return _by_email(rows)


def suspensions_since(connection: Connection, number: int) -> dict[EmailAddress, Hold]:
    """The accounts that a named person suspended after that write of the register, and that still are."""
    return _by_email(connection.execute(_SUSPENDED_SINCE, {"number": number}))


def _by_email(rows: Iterable[Any]) -> dict[EmailAddress, Hold]:
    return {hold.email: hold for hold in map(_HOLD.of, rows) if hold.email is not None}


def suspensions_among(connection: Connection, accounts: Collection[int]) -> tuple[Hold, ...]:
    """The suspensions by name of the accounts with these numbers, at this moment."""
    return tuple(map(_HOLD.of, among(connection, _KEPT_OF_KIND[HoldKind.SUSPENSION], _h.account, accounts)))


def suspensions_of(connection: Connection, email: EmailAddress) -> tuple[Mapping[str, Any], ...]:
    """Every suspension of that account by name, those that are over included."""
    told = (_h.since, _h.reason, _h.effective_at, _h.released_at, _h.released_by, _h.release_reason)
    asked = select(*told).join(t.account, t.account.c.id == _h.account).order_by(_h.id)
    rows = connection.execute(asked.where(t.account.c.email == email, _h.kind == HoldKind.SUSPENSION))
    return tuple(dict(row) for row in rows.mappings())


def cut_since(connection: Connection, since: datetime) -> tuple[Hold, ...]:
    """The containments and the suspensions by name recorded after that moment, those that are over included."""
    joined = t.hold.outerjoin(t.account, t.account.c.id == _h.account)
    asked = select(*_HOLD.columns).select_from(joined).where(_h.since > since)
    meant = _h.kind.in_((HoldKind.CONTAINMENT, HoldKind.SUSPENSION))
    return tuple(map(_HOLD.of, connection.execute(asked.where(meant))))


def containments(connection: Connection) -> dict[str, Hold]:
    """The partners of which every access is cut, at this moment."""
    return {hold.partner: hold for hold in kept(connection, HoldKind.CONTAINMENT) if hold.partner is not None}


def is_contained(connection: Connection, partner: str) -> bool:
    """Whether every access of that partner is cut."""
    return partner in containments(connection)


def let_go(connection: Connection, partners: Collection[str] | None = None) -> frozenset[tuple[str | None, str]]:
    """The plans, as (partner, id), that a named person let go beyond a limit: these partners', or all."""
    rows = among(connection, _LET_GO, _h.partner, partners)
    return frozenset((row.partner, row.plan_id) for row in rows)


def destructions_let_go(connection: Connection) -> frozenset[tuple[str, Line]]:
    """The destructions that a named person let go beyond the limit, each by its partner and line: what one run leaves
    of such a plan, the next one does. Whoever leaves the register (D2) leaves it here too.
    """
    of_everybody = (_h.kind == HoldKind.LIMIT) & _h.partner.is_(None) & ~_LASTS & _h.changes.is_not(None)
    plans = connection.execute(select(_h.changes).where(of_everybody)).scalars()
    return frozenset((change.partner, change.line) for plan in plans for change in plan)


def released_ends(connection: Connection, partners: Collection[str] | None = None) -> frozenset[tuple[int, date]]:
    """The ends, as (habilitation, last day), that a named person let go beyond a limit: at these partners, or all."""
    rows = among(connection, _ENDS_LET_GO, _h.partner, partners)
    return frozenset().union(*(row.covers for row in rows))


def held_partner(connection: Connection, plan_id: str) -> tuple[str | None, str] | None:
    """Whose plan that is, nobody's where it is one of destructions, and which limit holds it; None when no such plan
    is held.
    """
    row = connection.execute(select(_h.partner, _h.reason).where(_HELD, _h.plan_id == plan_id)).first()
    return (row.partner, row.reason) if row else None


def everybodys_pause(connection: Connection) -> str | None:
    """The reason of the pause that concerns everybody; None when there is none. Its last day is not looked at."""
    everybodys = (_h.kind == HoldKind.PAUSE) & _LASTS & _h.partner.is_(None)
    return connection.execute(select(_h.reason).where(everybodys)).scalar()


def hold_plan(
    work: Work,
    blocked: Blocked,
    covers: Iterable[tuple[int, date]],
    changes: Sequence[Change],
) -> None:
    """A plan that a limit holds, told once; it takes the place of any other of that partner. One that a person let go
    since this run began is held no more.
    """
    partner, plan_id, limit = blocked.partner, blocked.plan_id, blocked.limit
    drop_plan(work, partner, but=plan_id)
    is_known = _h.kind == HoldKind.LIMIT if limit.can_be_released else _HELD
    same = select(_h.id).where(is_known, _h.partner == partner, _h.plan_id == plan_id)
    if work.connection.execute(same).first() is not None:
        return
    figures = {"figure": blocked.figure, "allowed": blocked.allowed}
    plan = {"partner": partner, "plan_id": plan_id, "covers": frozenset(covers), "changes": changes}
    _insert(work, HoldKind.LIMIT, reason=limit.value, **figures, **plan)
    work.journal("hold", partner=partner, details={"reason": limit.value, **figures, "plan": plan_id})


def release_plan(
    work: Work, partner: str | None, plan_id: str, by: str, reason: str, covers: Iterable[tuple[int, date]] = ()
) -> None:
    """A named person lets that plan go; the ends that it covers count in no limit any more.

    `covers` is needed for a plan that was never held: it was let go before anything stood against it. Of destructions
    the plan stays, for what a run leaves of it (`destructions_let_go`).
    """
    released = _released(work, by, reason) | ({} if partner is None else {"changes": None})
    this_one = (_h.partner == partner) & (_h.plan_id == plan_id)
    if work.connection.execute(update(t.hold).where(_HELD, this_one).values(**released)).rowcount == 0:
        plan = {"partner": partner, "plan_id": plan_id, "covers": frozenset(covers)}
        _insert(work, HoldKind.LIMIT, reason="", **plan, **released)
    drop_plan(work, partner)
    work.journal("release", partner=partner, details={"plan": plan_id, "by": by, "reason": reason}, by=by)


def drop_plan(work: Work, partner: str | None, but: str | None = None) -> None:
    """The partner's plans, or those of destructions, but that one, are held no more: another one took their place, or
    nothing is left.
    """
    others: ColumnElement[bool] = _h.partner == partner
    if but is not None:
        others &= _h.plan_id != but
    if work.connection.execute(delete(t.hold).where(_HELD, others)).rowcount and but is None:
        work.journal("hold.dropped", partner=partner)


def told(work: Work, hold: Hold) -> bool:
    """Records that the contacts are told of it now; False when they were since it was read, or it was let go."""
    as_seen = (_h.id == hold.id, _LASTS, _h.told_at.is_not_distinct_from(hold.told_at))
    return work.connection.execute(update(t.hold).where(*as_seen).values(told_at=work.now)).rowcount == 1


def pause(work: Work, partner: str | None, reason: str, until: date | None, by: str) -> None:
    """Nothing is written for that partner, or for anybody, until further notice or that day's end."""
    resume(work, partner, by, journal=False)
    details = {"reason": reason, "by": by, "until": until.isoformat() if until else None}
    decision = work.journal("pause", partner=partner, details=details, by=by)
    _insert(work, HoldKind.PAUSE, partner=partner, reason=reason, until=until, decision=decision)


def resume(work: Work, partner: str | None, by: str, *, journal: bool = True) -> bool:
    """Ends the partner's pause, or everybody's; whether there was one."""
    same = _h.partner.is_(None) if partner is None else _h.partner == partner
    pauses = (_h.kind == HoldKind.PAUSE) & _LASTS & same
    ended = _released(work, by, "resume")
    was_paused = work.connection.execute(update(t.hold).where(pauses).values(**ended)).rowcount > 0
    if was_paused and journal:
        work.journal("resume", partner=partner, details={"by": by}, by=by)
    return was_paused


def suspend(
    work: Work,
    email: EmailAddress,
    by: str,
    reason: str,
    containment: int | None = None,
    second: str | None = None,
) -> bool:
    """The account is suspended from now on, until it is reopened by name; a reopening not done yet is dropped.

    `containment` is the containment of a partner that suspends it, and lets it go again. One that a containment
    suspends and that is then suspended by name stays so after it. `second` is who confirmed it, if somebody had to.

    False when it was suspended already: then nothing is recorded.
    """
    account = _account_id(work, email)
    suspension = work.connection.execute(select(_h.id, _h.containment).where(*_suspends(account))).first()
    if suspension is not None and (suspension.containment is None or containment is not None):
        return False
    now = work.now
    none = {"reopening": None, "reopening_number": None, "reopening_decision": None}
    work.connection.execute(update(t.account).where(t.account.c.id == account).values(**none))
    details = {"by": by, "reason": reason} | ({"second": second} if second else {})
    entries = [
        work.journal("suspension", partner=code, habilitation=id_, rule="A4", details=details, by=by, at=now)
        for code, id_ in _live(work, account)
    ]
    values = {"reason": reason, "decision": next(iter(entries), None), "containment": containment, "second": second}
    if suspension is None:
        _insert(work, HoldKind.SUSPENSION, account=account, **values)
    else:
        own = update(t.hold).where(_h.id == suspension.id)
        work.connection.execute(own.values(since=now, since_number=work.number, **values))
    return True


def contain(
    work: Work, partner: str, figure: int, by: str, reason: str, second: str | None, incident: int | None
) -> Hold:
    """Every access of the partner is cut from now on, of so many accounts, until `partner reopen`."""
    details = {"by": by, "reason": reason, "second": second, "incident": incident, "accounts": figure}
    decision = work.journal("containment", partner=partner, rule="L2", details=details, by=by)
    said = {"reason": reason, "second": second, "incident": incident, "figure": figure, "decision": decision}
    _insert(work, HoldKind.CONTAINMENT, partner=partner, **said)
    return next(hold for hold in kept(work.connection, HoldKind.CONTAINMENT) if hold.partner == partner)


def end_containment(work: Work, containment: Hold, by: str, reason: str) -> int | None:
    """The partner is contained no more; gives the journal's entry. None where somebody ended it before: then nothing
    is recorded.
    """
    ended = update(t.hold).where(_h.id == containment.id, _LASTS).values(**_released(work, by, reason))
    if work.connection.execute(ended).rowcount == 0:
        return None
    details = {"by": by, "reason": reason}
    return work.journal("containment.released", partner=containment.partner, rule="L2", details=details, by=by)


def hand_over(work: Work, email: EmailAddress, containment: Hold) -> None:
    """An account that another partner's containment cut stays suspended by this one."""
    suspensions = _suspends(_account_id(work, email))
    work.connection.execute(update(t.hold).where(*suspensions).values(containment=containment.id))


def tried(work: Work, suspension: Hold) -> None:
    """The account is about to be cut: found disabled after that, it may have been us."""
    this_one = (_h.id == suspension.id) & _h.tried_at.is_(None)
    work.connection.execute(update(t.hold).where(this_one).values(tried_at=work.now))


def keep_from_release(work: Work, suspension: Hold) -> None:
    """An account that another hand cut before the containment did is not given back with the others."""
    work.connection.execute(update(t.hold).where(_h.id == suspension.id).values(containment=None))


def suspended(work: Work, habilitation: Habilitation, seen: Hold, cause: int | None = None) -> None:
    """The suspension that was seen is true in Keycloak. `cause`: the journal's entry of the decision."""
    this_one = (_h.id == seen.id, _h.effective_at.is_(None), _LASTS)
    work.connection.execute(update(t.hold).where(*this_one).values(effective_at=work.now))
    work.journal("suspend", partner=habilitation.partner, habilitation=habilitation.id, rule="A4", cause=cause)


def reopen(
    work: Work, email: EmailAddress, by: str, reason: str, how: Reopening | None, suspension: Hold | None
) -> None:
    """The suspension that was seen, if any, is lifted. `how` the account is to be reopened: None if it has no access
    to reopen.

    Raises:
        Refused: it is suspended by another decision than the one that was seen, or a partner through which it is open
            is contained; nothing is recorded.
    """
    account = _account_id(work, email)
    if (partner := _containing(work, account)) is not None:
        raise Refused(Refusal.PARTNER_CONTAINED, partner=partner)
    if _suspension(work, account) != (suspension.id if suspension is not None else None):
        raise Refused(Refusal.SUSPENDED_MEANWHILE, email=email)
    lifted = update(t.hold).where(*_suspends(account)).values(**_released(work, by, reason))
    work.connection.execute(lifted)
    details = {"by": by, "reason": reason, "how": how}
    entries = [
        work.journal("reopening", partner=code, habilitation=id_, rule="A4", details=details, by=by)
        for code, id_ in _live(work, account) or _last(work, account)
    ]
    number, decision = (work.number, next(iter(entries), None)) if how else (None, None)
    decided = {"reopening": how, "reopening_number": number, "reopening_decision": decision}
    work.connection.execute(update(t.account).where(t.account.c.id == account).values(**decided))


def quarantine(
    work: Work,
    partner: str,
    whose: Habilitation | None,
    reason: str,
    changes: Sequence[Change],
    *,
    tried: bool,
    still_open: StillOpen | None = None,
) -> None:
    """What cannot be done for a person, or without one for a partner, is in quarantine from now on or still is.

    `tried`: it was just tried, and rests before it is again. `still_open`: why an access is open that should be
    closed; the contacts are told of that even if they were told of another failure before.
    """
    account = None if whose is None else _account_id(work, whose.email)
    values = {"reason": reason, "changes": changes, "tried_at": work.now if tried else None, "still_open": still_open}
    same = (_h.kind == HoldKind.QUARANTINE) & _h.account.is_not_distinct_from(account)
    same &= _h.partner == partner if account is None else _h.account.is_not(None)
    if still_open is not None:
        work.connection.execute(update(t.hold).where(same, _h.still_open.is_(None)).values(told_at=None))
    if work.connection.execute(update(t.hold).where(same).values(**values)).rowcount == 0:
        _insert(work, HoldKind.QUARANTINE, partner=partner, account=account, **values)
        id_ = whose.id if whose else None
        work.journal("quarantine", partner=partner, habilitation=id_, details={"reason": reason})


def end_quarantine(work: Work, hold: Hold, habilitation: int | None) -> None:
    """It went well, or is not to be done any more."""
    if work.connection.execute(delete(t.hold).where(_h.id == hold.id)).rowcount:
        work.journal("quarantine.ended", partner=hold.partner, habilitation=habilitation)


def kept_from_destruction(connection: Connection) -> KeptRecords:
    """What a hold on destruction keeps at this moment."""
    rows = connection.execute(_KEPT_FROM_DESTRUCTION).all()
    partners = frozenset(row.partner for row in rows if row.partner is not None)
    accounts = frozenset(row.account for row in rows if row.account is not None)
    theirs = among(connection, select(t.habilitation.c.partner), t.habilitation.c.account, accounts)
    return KeptRecords(
        all=any(row.partner is None and row.account is None for row in rows),
        partners=partners,
        accounts=accounts,
        touched=partners.union(code for (code,) in theirs),
    )


def keep(work: Work, partner: str | None, email: EmailAddress | None, by: str, reason: str, review_on: date) -> int:
    """Nothing of the partner, of the person, or of anybody is destroyed until a named person releases it (D7); gives
    the hold's number. On `review_on` somebody looks at it again.

    Raises:
        Refused: nobody has that address.
    """
    account = _account_id(work, email) if email is not None else None
    scope = {"partner": partner, "account": account}
    number = _insert(work, HoldKind.RETENTION, reason=reason, until=review_on, **scope)
    about: Sequence[tuple[str | None, int | None]] = [(partner, None)]
    if account is not None:
        about = (_live(work, account) or _last(work, account))[:1]
    details = {"hold": number, "by": by, "reason": reason, "until": review_on.isoformat()}
    for code, habilitation in about:
        decision = work.journal(
            "retention.hold", partner=code, habilitation=habilitation, rule="D7", details=details, by=by
        )
        work.connection.execute(update(t.hold).where(_h.id == number).values(decision=decision))
    return number


def release_keeping(work: Work, number: int, by: str, reason: str) -> bool:
    """What that hold keeps is destroyed when its day has come; False when there is no such hold, or it is an
    incident's, which ends with the incident.
    """
    this_one = (_h.id == number) & (_h.kind == HoldKind.RETENTION) & _LASTS & _h.incident.is_(None)
    row = work.connection.execute(select(_h.partner, _h.account).where(this_one)).first()
    if row is None:
        return False
    work.connection.execute(update(t.hold).where(this_one).values(**_released(work, by, reason)))
    about: Sequence[tuple[str | None, int | None]] = [(row.partner, None)]
    if row.account is not None:
        about = (_live(work, row.account) or _last(work, row.account))[:1]
    details = {"hold": number, "by": by, "reason": reason}
    for code, habilitation in about:
        work.journal("retention.released", partner=code, habilitation=habilitation, rule="D7", details=details, by=by)
    return True


def keep_for_incident(
    work: Work, incident: int, reason: str, partners: Collection[str], accounts: Collection[int]
) -> None:
    """The records of these partners and accounts, of everybody where none is named, are destroyed no more until the
    incident is closed (D7); a person looks at it again after 6 months.
    """
    fixed = {"reason": reason, "until": add_months(work.clock.today(), LOOKED_AT_AFTER_MONTHS), "incident": incident}
    whose: list[dict[str, Any]] = [{"partner": code} for code in sorted(partners)]
    whose += [{"account": number} for number in sorted(accounts)]
    for scope in whose or [{}]:
        _insert(work, HoldKind.RETENTION, **fixed, **scope)


def kept_for_incidents(connection: Connection) -> dict[int, list[str]]:
    """What is kept for each incident, as the journal's entries say it: `partner lys`, `account 3`, `all`."""
    its_own = (_h.kind == HoldKind.RETENTION) & _h.incident.is_not(None) & _LASTS
    kept_for: dict[int, list[str]] = {}
    for row in connection.execute(select(_h.incident, _h.partner, _h.account).where(its_own)):
        scope = f"partner {row.partner}" if row.partner else f"account {row.account}" if row.account else "all"
        kept_for.setdefault(row.incident, []).append(scope)
    return {incident: sorted(scopes) for incident, scopes in kept_for.items()}


def kept_by_decision(work: Work, incident: int, entry: int) -> None:
    """That entry of the journal is the decision of what is kept for the incident since then."""
    new = (_h.kind == HoldKind.RETENTION) & (_h.incident == incident) & _h.decision.is_(None)
    work.connection.execute(update(t.hold).where(new).values(decision=entry))


def end_keeping(work: Work, incident: int, by: str, reason: str) -> None:
    """The incident is closed: what it kept is destroyed when its day has come."""
    its_own = (_h.kind == HoldKind.RETENTION) & (_h.incident == incident) & _LASTS
    work.connection.execute(update(t.hold).where(its_own).values(**_released(work, by, reason)))


def _insert(work: Work, kind: HoldKind, **values: Any) -> int:
    since = {"since": work.now, "since_number": work.number}
    made = insert(t.hold).values(kind=kind, **since, **values).returning(_h.id)
    return int(work.connection.execute(made).scalar_one())


def _released(work: Work, by: str, reason: str) -> dict[str, Any]:
    return {"released_at": work.now, "released_by": by, "release_reason": reason}


def _account_id(work: Work, email: EmailAddress) -> int:
    account = work.connection.execute(select(t.account.c.id).where(t.account.c.email == email)).scalar()
    if account is None:  # or no more, since somebody looked
        raise Refused(Refusal.NO_SUCH_PERSON, email=email)
    return int(account)


def _suspends(account: int) -> tuple[ColumnElement[bool], ...]:
    return _h.account == account, _h.kind == HoldKind.SUSPENSION, _LASTS


def _suspension(work: Work, account: int) -> int | None:
    """The id of the account's suspension that nobody has lifted."""
    return work.connection.execute(select(_h.id).where(*_suspends(account))).scalar()


def _containing(work: Work, account: int) -> str | None:
    """A partner that is contained and through which the account is open, or about to be opened again."""
    live = {code for code, _ in _live(work, account)}
    is_meant = (_h.kind == HoldKind.CONTAINMENT) & _LASTS & _h.partner.in_(live)
    return work.connection.execute(select(_h.partner).where(is_meant).order_by(_h.partner)).scalar()


def _live(work: Work, account: int) -> list[tuple[str, int]]:
    """The account's accesses that are not closed, with their partners."""
    access = t.habilitation.c
    asked = select(access.partner, access.id).where(access.account == account, access.closed_at.is_(None))
    return [(row.partner, row.id) for row in work.connection.execute(asked.order_by(access.id))]


def _last(work: Work, account: int) -> list[tuple[str, int]]:
    """The account's last access, closed by now: a suspension may outlive it."""
    access = t.habilitation.c
    asked = select(access.partner, access.id).where(access.account == account).order_by(access.id.desc()).limit(1)
    return [(row.partner, row.id) for row in work.connection.execute(asked)]
