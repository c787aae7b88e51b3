"""What every use case works with, and what it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from provisioner.clock import Clock
from provisioner.documents import read_annexe
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.document import Check, Row
from provisioner.domain.annexe.enter import RefusedRename
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.gates import Limits
from provisioner.operations.checking import Reader
from provisioner.operations.pool import Done
from provisioner.operations.ports import DirectoryPort
from provisioner.operations.sending import Delivered
from provisioner.register import Register
from provisioner.settings import Settings

#: Shows how far a run is: given the number of changes, gives what to call for each that is settled.
ProgressBar = Callable[[int], AbstractContextManager[Callable[[], None]]]

#: Is told how many seconds something took, by its name.
Measure = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a use case works with, made once by its caller. `read` reads a document.

    Once `stop` is set, the effect in hand is the last one. `measure` is for whoever keeps figures.
    """

    settings: Settings
    clock: Clock
    register: Register
    directory: DirectoryPort
    read: Reader = read_annexe
    stop: threading.Event = field(default_factory=threading.Event)
    measure: Measure = lambda _what, _seconds: None

    @property
    def limits(self) -> Limits:
        """The safety limits that are set."""
        return Limits(self.settings.limits.closures, self.settings.limits.closures_percent)


class Verdict(StrEnum):
    """How a request ended."""

    REFUSED = "refused"
    UNDECIDED = "undecided"
    DECLINED = "declined"
    CHANGED = "changed"
    DIFFERENT = "different"
    HELD = "held"
    UNKNOWN_REALM = "unknown-realm"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a use case answers: the plan, what was done of it, and what the document has to do with it.

    `undecided` are the absent persons for whom a decision lacks, `kept` those whose access goes on unchanged,
    `left_out` the rows of list 2 that could not be approved alone, `offers_list_2` whether a refused document has
    closures that can be (A4), `sent_back` the approved annexes whose plan is
    another one by now, `notices` how the e-mails to officers and contacts went, `broken` the partners that a
    defect of ours kept from being looked at, `journal` what is wanting in the journal.
    """

    as_of: date
    plan: Plan | None
    outcome: Done = field(default_factory=Done)
    check: Check | None = None
    undecided: tuple[Habilitation, ...] = ()
    refused_renames: tuple[RefusedRename, ...] = ()
    kept: tuple[Habilitation, ...] = ()
    left_out: tuple[Row, ...] = ()
    offers_list_2: bool = False
    sent_back: tuple[KeptAnnexe, ...] = ()
    notices: Delivered | None = None
    broken: frozenset[str] = frozenset()
    journal: str | None = None
    verdict: Verdict | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the document, or a decision about it, keeps it from being applied at all."""
        return self.verdict is Verdict.REFUSED or bool(self.refused_renames)
