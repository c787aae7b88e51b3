"""The connection controls: judged after each reading, raised once, settled by a named person (L1).

What each source saw, what is over by it and how far it went are one unit of work. A judging that is killed is simply
done again: the same facts are never raised twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog

from provisioner.domain.connections.control import ControlState, Judgement, RaisedControl
from provisioner.domain.connections.record import Stream
from provisioner.domain.errors import Refusal, Refused, SystemFailed
from provisioner.operations import console_controls, person_controls
from provisioner.operations.context import Context, decided
from provisioner.operations.notice_delivery import deliver_urgent
from provisioner.register import Register, controls
from provisioner.register.connections import coverage
from provisioner.register.marks import mark, set_mark

log = structlog.get_logger()


#: Judges one kind of facts.
Source = Callable[[Context], Judgement]


#: In the order in which they are judged. What asks Keycloak comes last.
SOURCES: tuple[Source, ...] = (
    person_controls.judge_records,
    person_controls.judge_accesses,
    console_controls.judge_console,
    console_controls.judge_realm,
)

#: How long after a closure Keycloak is asked whether a session lives: at each judging, and each night.
_LATELY, _THIS_NIGHT = timedelta(hours=1), timedelta(hours=48)


def judge(context: Context, *, nightly: bool = False) -> list[RaisedControl]:
    """Judges everything; gives what is raised by it. A source that fails keeps no other from being judged.

    Raises:
        SystemFailed: Keycloak or the register failed; the others were judged, and the next judging goes on.
    """
    raised: list[RaisedControl] = []
    problems: list[SystemFailed] = []
    within = _THIS_NIGHT if nightly else _LATELY
    sources: list[Source] = [*SOURCES, partial(person_controls.judge_sessions, within=within)]
    for source in sources:
        try:
            raised += keep(context, source(context))
        except SystemFailed as problem:
            problems.append(problem)
    deliver_urgent(context.register, context.settings, context.by, context.stop)
    if problems:
        raise problems[0]
    return raised


def keep(context: Context, judgement: Judgement) -> list[RaisedControl]:
    """Raises what is new of it and mends what is over; gives what is raised. Nothing is written for nothing new."""
    with context.register.read() as connection:
        is_known = not (
            controls.unknown(connection, judgement.observations)
            or controls.over(connection, judgement.judged, judgement.observations)
            or any(mark(connection, name) != value for name, value in judgement.marks.items())
        )
    if is_known:
        return []
    with context.work() as work:
        raised = controls.record(work, judgement.observations)
        controls.mend(work, judgement.judged, judgement.observations)
        console_controls.tell_raised(work, context.settings, raised)
        for name, value in judgement.marks.items():
            set_mark(work, name, value)
    for control in raised:
        log.warning("control.raised", code=control.code, severity=control.severity, habilitation=control.habilitation)
    return raised


@decided
def settle(register: Register, id_: int, by: str, reason: str) -> RaisedControl:
    """A named person has looked at it and explains it: it is raised again only by new facts.

    Raises:
        Refused: there is none with that number, or nothing is left to be settled.
    """
    with register.work(by) as work:
        control = controls.by_id(work.connection, id_)
        if control is None:
            raise Refused(Refusal.NO_SUCH_CONTROL, number=id_)
        if control.state is ControlState.MENDED:
            raise Refused(Refusal.CONTROL_MENDED, number=id_)
        if not controls.settle(work, control, by, reason):
            raise Refused(Refusal.CONTROL_SETTLED, number=id_)
    return control


def is_begun(register: Register) -> bool:
    """Whether Keycloak's events were ever read: before that, no finding means nothing."""
    with register.read() as connection:
        return coverage(connection, Stream.CONNECTIONS).read_until is not None


def listed(register: Register, partner: str | None, *, all_: bool) -> list[RaisedControl]:
    """What stands, of that partner or of all, the gravest first; with `all_` what is settled or over too."""
    with register.read() as connection:
        raised = controls.raised(connection, partner=partner, all_=all_)
    return sorted(raised, key=lambda control: (-control.severity.rank, control.id))
