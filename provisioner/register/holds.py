"""What waits: plans that a limit holds and pauses, until a named person lets them go, and what is in quarantine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.hold import Hold, StillOpen
from provisioner.register import tables as t
from provisioner.register.database import Work

_h = t.hold.c
_HELD = (_h.kind == "limit") & _h.released_at.is_(None)


def hold_plan(
    work: Work,
    partner: str,
    plan_id: str,
    reason: str,
    covers: Sequence[tuple[int, date]],
    changes: Sequence[Mapping[str, Any]],
    *,
    can_be_released: bool,
) -> None:
    """A plan that a limit holds, told once; it takes the place of any other of that partner. One that a person let go
    since this run began is held no more.
    """
    drop_plan(work, partner, but=plan_id)
    is_known = _HELD if not can_be_released else _h.kind == "limit"
    known = select(_h.id).where(is_known, _h.partner == partner, _h.plan_id == plan_id)
    if work.connection.execute(known).first() is not None:
        return
    work.connection.execute(
        insert(t.hold).values(
            kind="limit",
            partner=partner,
            reason=reason,
            plan_id=plan_id,
            covers=_covers(covers),
            changes=json.dumps(list(changes), ensure_ascii=False),
            **_since(work),
        )
    )
    work.journal("hold", partner=partner, details={"reason": reason, "plan": plan_id})


def release_plan(
    work: Work, partner: str, plan_id: str, by: str, reason: str, covers: Iterable[tuple[int, date]] = ()
) -> None:
    """A named person lets that plan go; the ends that it covers count in no limit any more.

    `covers` is needed for a plan that was never held: it was let go before anything stood against it.
    """
    released = {**_released(work, by, reason), "changes": None}
    this_one = (_h.partner == partner) & (_h.plan_id == plan_id)
    if work.connection.execute(update(t.hold).where(_HELD, this_one).values(**released)).rowcount == 0:
        row = {"kind": "limit", "partner": partner, "reason": "", "plan_id": plan_id, **_since(work)}
        work.connection.execute(insert(t.hold).values(**row, covers=_covers(covers), **released))
    drop_plan(work, partner)
    work.journal("release", partner=partner, details={"plan": plan_id, "by": by, "reason": reason}, by=by)


def drop_plan(work: Work, partner: str, but: str | None = None) -> None:
    """The partner's plans, but that one, are held no more: another one took their place, or nothing is left."""
    others: ColumnElement[bool] = _h.partner == partner
    if but is not None:
        others &= _h.plan_id != but
    work.connection.execute(delete(t.hold).where(_HELD, others))


def told(work: Work, one: Hold) -> bool:
    """Records that the contacts are told of it now; False when they were since it was read, or it was let go."""
    as_seen = (_h.id == one.id, _h.released_at.is_(None), _h.told_at.is_not_distinct_from(one.told_at))
    return work.connection.execute(update(t.hold).where(*as_seen).values(told_at=work.now)).rowcount == 1


def held_partner(connection: Connection, plan_id: str) -> tuple[str, str] | None:
    """Whose plan that is, and which limit holds it; None when no such plan is held."""
    row = connection.execute(select(_h.partner, _h.reason).where(_HELD, _h.plan_id == plan_id)).first()
    return (row.partner, row.reason) if row else None


def pause(work: Work, partner: str | None, reason: str, until: date | None, by: str) -> None:
    """Nothing is written for that partner, or for anybody, until further notice or that day's end."""
    resume(work, partner, by, journal=False)
    details = {"reason": reason, "by": by, "until": until.isoformat() if until else None}
    decision = work.journal("pause", partner=partner, details=details, by=by)
    row = {"kind": "pause", "partner": partner, "reason": reason, "until": until, "covers": "[]", **_since(work)}
    work.connection.execute(insert(t.hold).values(**row, decision=decision))


def resume(work: Work, partner: str | None, by: str, *, journal: bool = True) -> bool:
    """Ends the partner's pause, or everybody's; whether there was one."""
    same = _h.partner.is_(None) if partner is None else _h.partner == partner
    pauses = (_h.kind == "pause") & _h.released_at.is_(None) & same
    ended = _released(work, by, "resume")
    was_paused = work.connection.execute(update(t.hold).where(pauses).values(**ended)).rowcount > 0
    if was_paused and journal:
        work.journal("resume", partner=partner, details={"by": by}, by=by)
    return was_paused


def everybodys_pause(connection: Connection) -> str | None:
    """The reason of the pause that concerns everybody; None when there is none. Its last day is not looked at."""
    everybodys = (_h.kind == "pause") & _h.released_at.is_(None) & _h.partner.is_(None)
    return connection.execute(select(_h.reason).where(everybodys)).scalar()


def set_aside(
    work: Work,
    partner: str,
    whose: Habilitation | None,
    reason: str,
    changes: Sequence[Mapping[str, Any]],
    *,
    tried: bool,
    still_open: StillOpen | None = None,
) -> None:
    """What cannot be done for a person, or without one for a partner, is in quarantine from now on or still is.

    `tried`: it was just tried, and rests before it is again. `still_open`: why an access is open that should be
    closed; the contacts are told of that even if they were told of another failure before.
    """
    account = None
    if whose is not None:
        account = work.connection.execute(select(t.account.c.id).where(t.account.c.email == whose.email)).scalar_one()
    row = {
        "reason": reason,
        "changes": json.dumps(list(changes), ensure_ascii=False),
        "tried_at": work.now if tried else None,
    }
    same = (_h.kind == "quarantine") & _h.account.is_not_distinct_from(account)
    same &= _h.partner == partner if account is None else _h.account.is_not(None)
    row["still_open"] = still_open
    if still_open is not None:
        work.connection.execute(update(t.hold).where(same, _h.still_open.is_(None)).values(told_at=None))
    if work.connection.execute(update(t.hold).where(same).values(**row)).rowcount == 0:
        work.connection.execute(
            insert(t.hold).values(kind="quarantine", partner=partner, account=account, **_since(work), **row)
        )
        work.journal(
            "quarantine", partner=partner, habilitation=whose.id if whose else None, details={"reason": reason}
        )


def end_quarantine(work: Work, one: Hold, habilitation: int | None) -> None:
    """It went well, or is not to be done any more."""
    if work.connection.execute(delete(t.hold).where(_h.id == one.id)).rowcount:
        work.journal("quarantine.ended", partner=one.partner, habilitation=habilitation)


def _covers(ends: Iterable[tuple[int, date]]) -> str:
    return json.dumps([[id_, last_day.isoformat()] for id_, last_day in sorted(ends)])


def _since(work: Work) -> dict[str, Any]:
    return {"since": work.now, "since_number": work.number}


def _released(work: Work, by: str, reason: str) -> dict[str, Any]:
    return {
        "released_at": work.now,
        "released_by": by,
        "release_reason": reason,
    }
