"""What a use case works with, what it answers, and that nobody decides without a name and a reason (A10, D8)."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from provisioner.documents import read_annexe
from provisioner.domain.annexe.decisions import Decisions, decider_said, reason_said

if TYPE_CHECKING:  # what needs no Keycloak does not load its library
    from provisioner.clock import Clock
    from provisioner.domain.access.change import Change
    from provisioner.domain.access.habilitation import Habilitation
    from provisioner.domain.access.plan import Plan
    from provisioner.domain.annexe.document import Annexe, Check, Row
    from provisioner.domain.annexe.enter import RefusedRename
    from provisioner.domain.annexe.kept import KeptAnnexe
    from provisioner.domain.gates import Limits
    from provisioner.domain.password import RealmFault
    from provisioner.keycloak.directory import Directory
    from provisioner.operations.check import Reader
    from provisioner.operations.notice_delivery import Delivered
    from provisioner.operations.pool import Failure
    from provisioner.register import Register, Work
    from provisioner.settings import Settings

#: Shows how far a run is: given the number of changes, gives what to call for each that is settled.
ProgressBar = Callable[[int], AbstractContextManager[Callable[[], None]]]

#: Is told how many seconds something took, by its name.
Measure = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a use case works with, made once by its caller. `read` reads a document.

    `by` is who acts where an operation is given no name: the command, the service, or the person of `acting`. Once
    `stop` is set, the effect in hand is the last one. `measure` is for whoever keeps figures.
    """

    settings: Settings
    clock: Clock
    register: Register
    directory: Directory
    by: str
    read: Reader = read_annexe
    stop: threading.Event = field(default_factory=threading.Event)
    measure: Measure = lambda _what, _seconds: None

    def acting(self, by: str) -> Self:
        """The same in that person's name: others may act through the first one meanwhile."""
        return replace(self, by=by)

    def having_read(self, annexe: Annexe) -> Self:
        """The same for a document that was read already and gave that."""
        return replace(self, read=lambda *_: annexe)

    def work(self) -> AbstractContextManager[Work]:
        """A unit of work in the name of `by` (`Register.work`)."""
        return self.register.work(self.by)

    @property
    def limits(self) -> Limits:
        """The safety limits that are set."""
        return limits_of(self.settings)


def limits_of(settings: Settings) -> Limits:
    """The safety limits that are set."""
    from provisioner.domain.gates import Limits

    limits = settings.limits
    return Limits(limits.closures, limits.closures_percent, limits.destructions)


class Ending(StrEnum):
    """How a request about a document ended."""

    REFUSED = "refused"  #: the document, or a decision beside it, has errors
    UNDECIDED = "undecided"  #: a decision about an absent person lacks (A5)
    DECLINED = "declined"  #: the person who was asked said no
    CHANGED = "changed"  #: its plan is another one than the one that was seen or approved
    DIFFERENT = "different"  #: it waits with other decisions than those that are given now
    HELD = "held"  #: approved, and a limit or a pause keeps it waiting
    UNKNOWN_REALM = "unknown-realm"  #: the realm is another one than the register's
    APPLIED = "applied"


@dataclass(slots=True, kw_only=True)
class RunResult:
    """What a run would do (`plan`), what it did of it, and what the document has to do with that.

    `quarantined` are the failures that are one person's or one partner's alone and are tried again by themselves
    (docs/safety.md). `undecided` are the absent persons for whom a decision lacks, `kept` those whose access goes on
    unchanged, `left_out` the rows of list 2 that could not be approved alone. `offers_list_2`: a refused document has
    closures that can be approved alone (A4). `sent_back` are the approved annexes whose plan is another one by now,
    `broken` the partners that a defect of ours kept from being looked at, `without_contact` those that nobody can be
    told for. `notices` is how the e-mails to officers and contacts went, `journal` what is wanting in the journal.
    """

    as_of: date
    plan: Plan | None = None
    done: list[Change] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    quarantined: list[Failure] = field(default_factory=list)
    check: Check | None = None
    undecided: tuple[Habilitation, ...] = ()
    refused_renames: tuple[RefusedRename, ...] = ()
    kept: tuple[Habilitation, ...] = ()
    left_out: tuple[Row, ...] = ()
    offers_list_2: bool = False
    sent_back: tuple[KeptAnnexe, ...] = ()
    notices: Delivered | None = None
    broken: frozenset[str] = frozenset()
    without_contact: tuple[str, ...] = ()
    journal: str | None = None
    ending: Ending | None = None

    @property
    def held(self) -> tuple[Change, ...]:
        """The changes that something keeps waiting."""
        return () if self.plan is None else self.plan.held

    @property
    def is_refused(self) -> bool:
        """Whether the document, or a decision about it, keeps it from being applied at all."""
        return self.ending is Ending.REFUSED or bool(self.refused_renames)

    @property
    def realm_faults(self) -> tuple[RealmFault, ...]:
        """What of the realm kept something from being done, each told once."""
        from provisioner.keycloak.errors import RealmUnfit

        faults = (failure.cause.fault for failure in self.failed if isinstance(failure.cause, RealmUnfit))
        return tuple(dict.fromkeys(faults))


P = ParamSpec("P")
R = TypeVar("R")


def decided(operation: Callable[P, R]) -> Callable[P, R]:
    """An operation whose `by`, `second`, `reason`, `decisions` and `request` are read as a person wrote them, first
    of all.

    It raises WrongUsage when one of them is blank: nothing is read and nothing recorded.
    """
    signature = inspect.signature(operation)

    @wraps(operation)
    def operation_of_somebody(*arguments: P.args, **named: P.kwargs) -> R:
        given = signature.bind(*arguments, **named)
        for name in given.arguments.keys() & _AS_SAID.keys():
            given.arguments[name] = _AS_SAID[name](given.arguments[name])
        return operation(*given.args, **given.kwargs)

    return operation_of_somebody


def _decisions(decisions: Decisions) -> Decisions:
    waived = decisions.waive.items()
    return replace(decisions, waive={row: reason_said(why, row) for row, why in waived})


def _request(request: Any) -> Any:
    return replace(request, by=decider_said(request.by), decisions=_decisions(request.decisions))


_AS_SAID: Mapping[str, Callable[[Any], Any]] = {
    "by": decider_said,
    "reason": reason_said,
    "second": lambda name: None if name is None else decider_said(name),
    "decisions": _decisions,
    "request": _request,
}
