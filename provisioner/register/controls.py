"""What the connection controls saw: raised once for the same facts, mended, settled by a named person."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.connections.control import Observation, RaisedControl
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper
from provisioner.register.work import Work

_r = t.control.c
_RAISED = Mapper(RaisedControl, t.control)
_STANDS = _r.settled_at.is_(None) & _r.mended_at.is_(None)


def raised(connection: Connection, *, all_: bool = False) -> list[RaisedControl]:
    """Those that stand, oldest first; with `all_` the settled and the mended ones too."""
    asked = select(*_RAISED.columns).order_by(_r.id)
    return list(map(_RAISED.of, connection.execute(asked if all_ else asked.where(_STANDS))))


def by_id(connection: Connection, id_: int) -> RaisedControl | None:
    """The one with that number."""
    row = connection.execute(select(*_RAISED.columns).where(_r.id == id_)).first()
    return None if row is None else _RAISED.of(row)


def record(work: Work, seen: Iterable[Observation]) -> list[RaisedControl]:
    """Raises what is new; gives those. The same facts, be they settled, are never raised again; a state that was
    mended and is there again is.
    """
    new: list[RaisedControl] = []
    for observation in seen:
        same = (_r.code == observation.control.code) & (_r.key == observation.key)
        known = work.connection.execute(select(*_RAISED.columns).where(same)).first()
        if known is None:
            number = work.connection.execute(
                insert(t.control).values(_row(work, observation)).returning(_r.id)
            ).scalar()
        elif observation.control.is_state and (was := _RAISED.of(known)).mended_at is not None:
            again = {"mended_at": None, "told_at": None, "raised_at": work.now, "settled_at": None}
            work.connection.execute(update(t.control).where(_r.id == was.id).values(again))
            number = was.id
        else:
            continue
        control = by_id(work.connection, int(number or 0))
        assert control is not None
        new.append(control)
    return new


def mend(work: Work, codes: Collection[str], seen: Iterable[Observation]) -> list[RaisedControl]:
    """States of these codes that stand and are seen no more are over; gives those. `codes` were judged whole."""
    present = {(observation.control.code, observation.key) for observation in seen}
    unmended = _r.code.in_(codes) & _r.mended_at.is_(None)
    stand = map(_RAISED.of, work.connection.execute(select(*_RAISED.columns).where(unmended)))
    over = [control for control in stand if (control.code, control.key) not in present]
    for control in over:
        work.connection.execute(update(t.control).where(_r.id == control.id).values(mended_at=work.now))
    return over


def settle(work: Work, control: RaisedControl, by: str, reason: str) -> bool:
    """A named person has looked at it; False when somebody settled it before, or its state is over."""
    details = {"control": control.id, "code": control.code, "by": by, "reason": reason}
    this_one = (_r.id == control.id) & _STANDS
    settled = {"settled_at": work.now, "settled_by": by, "settle_reason": reason}
    if work.connection.execute(update(t.control).where(this_one).values(settled)).rowcount == 0:
        return False
    about = {"partner": control.partner, "habilitation": control.habilitation, "rule": control.rule}
    entry = work.journal("control.settled", details=details, by=by, **about)  # type: ignore[arg-type]
    work.connection.execute(update(t.control).where(_r.id == control.id).values(settle_decision=entry))
    return True


def _row(work: Work, observation: Observation) -> dict[str, object]:
    names = ("key", "since", "partner", "habilitation", "account", "user", "facts")
    control = observation.control
    severity = observation.severity or control.severity
    fixed = {"code": control.code, "rule": control.rule, "severity": severity, "raised_at": work.now}
    return fixed | {name: getattr(observation, name) for name in names}
