"""What the connection controls saw: raised once for the same facts, mended, settled by a named person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from provisioner.domain.connections.control import ControlState, Observation, RaisedControl, Severity
from provisioner.domain.retention import KeptRecords
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper, among, in_parts
from provisioner.register.work import Work

_r = t.control.c
_RAISED = Mapper(RaisedControl, t.control, email=t.account.c.email)
_ASKED = select(*_RAISED.columns).select_from(t.control.outerjoin(t.account, t.account.c.id == _r.account))
_STANDS = _r.settled_at.is_(None) & _r.mended_at.is_(None)
#: What a control that is raised anew has not.
_ANEW = dict.fromkeys(("mended_at", "settled_at", "settled_by", "settle_reason", "settle_decision"), None)


def raised(connection: Connection, *, partner: str | None = None, all_: bool = False) -> list[RaisedControl]:
    """Those that stand, oldest first; with `all_` the settled and the mended ones too. A partner's are those about
    its accounts too, be they told under another partner.
    """
    asked = _ASKED.order_by(_r.id)
    if partner is not None:
        habilitation = t.habilitation.c
        theirs = select(habilitation.account).where(habilitation.partner == partner)
        asked = asked.where((_r.partner == partner) | _r.account.in_(theirs))
    return list(map(_RAISED.of, connection.execute(asked if all_ else asked.where(_STANDS))))


def about(connection: Connection, account: int) -> list[RaisedControl]:
    """All that were ever raised about that account and are not destroyed, oldest first."""
    return list(map(_RAISED.of, connection.execute(_ASKED.where(_r.account == account).order_by(_r.id))))


def by_id(connection: Connection, id_: int) -> RaisedControl | None:
    """The one with that number."""
    row = connection.execute(_ASKED.where(_r.id == id_)).first()
    return None if row is None else _RAISED.of(row)


def counts(connection: Connection) -> Mapping[tuple[str, Severity, ControlState], int]:
    """How many there are, by code, severity and state."""
    is_settled, is_mended = _r.settled_at.is_not(None), _r.mended_at.is_not(None)
    asked = select(_r.code, _r.severity, is_settled, is_mended, func.count())
    counted: dict[tuple[str, Severity, ControlState], int] = {}
    for code, severity, settled, mended, count in connection.execute(
        asked.group_by(_r.code, _r.severity, is_settled, is_mended)
    ):
        otherwise = ControlState.MENDED if mended else ControlState.RAISED
        state = ControlState.SETTLED if settled else otherwise
        counted[code, severity, state] = counted.get((code, severity, state), 0) + count
    return counted


def unknown(connection: Connection, observations: Iterable[Observation]) -> list[Observation]:
    """What of it the register does not say yet: new, graver, a state that is there again, or with more facts."""
    by_key: dict[tuple[str, str], Observation] = {}
    for observation in observations:
        key = (observation.control.code, observation.key)
        by_key[key] = observation.after(by_key[key].facts) if key in by_key else observation
    known = _known(connection, by_key.values())
    told = {key: item.after(known[key].facts) if key in known else item for key, item in by_key.items()}
    return [observation for key, observation in told.items() if _is_news(observation, known.get(key))]


def record(work: Work, observations: Iterable[Observation]) -> list[RaisedControl]:
    """Raises what is new; gives those. The same facts, be they settled, are never raised again; what has become
    graver is, an act that came after the others were settled, and a state that was mended and is there again. More
    facts of what stands are kept beside it.
    """
    new: list[int] = []
    news = unknown(work.connection, observations)
    known = _known(work.connection, news)
    for observation in news:
        was = known.get((observation.control.code, observation.key))
        row = _row(work, observation)
        if was is None:
            new.append(work.connection.execute(insert(t.control).values(row).returning(_r.id)).scalar_one())
            continue
        is_anew = _is_raised_anew(observation, was)
        kept = row | _ANEW if is_anew else {"facts": observation.facts}
        work.connection.execute(update(t.control).where(_r.id == was.id).values(kept))
        new += [was.id] if is_anew else []
    asked = _ASKED.where(_r.id.in_(new)).order_by(_r.id)
    return list(map(_RAISED.of, work.connection.execute(asked)))


def _known(connection: Connection, observations: Iterable[Observation]) -> dict[tuple[str, str], RaisedControl]:
    keys = {observation.key for observation in observations}
    found = map(_RAISED.of, among(connection, _ASKED, _r.key, keys))
    return {(control.code, control.key): control for control in found}


def _is_news(observation: Observation, known: RaisedControl | None) -> bool:
    if known is None or _is_raised_anew(observation, known):
        return True
    return known.state is ControlState.RAISED and known.facts != observation.facts


def _is_raised_anew(observation: Observation, known: RaisedControl) -> bool:
    severity = observation.severity or observation.control.severity
    is_graver = severity.rank > known.severity.rank
    is_later_act = observation.control.is_act and known.facts != observation.facts and known.settled_at is not None
    return is_graver or is_later_act or (observation.control.is_state and known.mended_at is not None)


def unmended(connection: Connection, codes: Collection[str]) -> list[RaisedControl]:
    """The states of these codes that are not over, be they settled."""
    if not codes:
        return []
    lasting = _ASKED.where(_r.code.in_(codes), _r.mended_at.is_(None)).order_by(_r.id)
    return list(map(_RAISED.of, connection.execute(lasting)))


def over(connection: Connection, codes: Collection[str], observations: Iterable[Observation]) -> list[RaisedControl]:
    """The states of these codes that lasted and are seen no more. `codes` were judged whole."""
    present = {(observation.control.code, observation.key) for observation in observations}
    return [control for control in unmended(connection, codes) if (control.code, control.key) not in present]


def mend(work: Work, codes: Collection[str], observations: Iterable[Observation]) -> list[RaisedControl]:
    """The states of these codes that are seen no more are over; gives those. `codes` were judged whole."""
    mended = over(work.connection, codes, observations)
    for ids in in_parts(control.id for control in mended):
        work.connection.execute(update(t.control).where(_r.id.in_(ids)).values(mended_at=work.now))
    return mended


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


def destroy(
    work: Work,
    *,
    before: datetime,
    states: Sequence[str],
    kept: KeptRecords,
) -> int:
    """Facts go with the records that they rest on: what was raised before that moment. A state that lasts stays, and
    what is about an account or a partner that a hold keeps. Gives how many went.

    `states` are the codes of the controls of a state.
    """
    is_old = ((_r.since < before) & _r.code.not_in(states)) | (_r.mended_at < before)
    is_aged = is_old & (_r.account.is_(None) | _r.account.not_in(kept.accounts))
    is_aged &= _r.partner.is_(None) | _r.partner.not_in(kept.partners)
    return work.connection.execute(delete(t.control).where(is_aged)).rowcount


def _row(work: Work, observation: Observation) -> dict[str, object]:
    names = ("key", "since", "partner", "habilitation", "account", "user", "facts")
    control = observation.control
    severity = observation.severity or control.severity
    fixed = {"code": control.code, "rule": control.rule, "severity": severity, "raised_at": work.now}
    return fixed | {name: getattr(observation, name) for name in names}
