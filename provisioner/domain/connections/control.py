"""What a connection control is, and what one has found (L1).

A control of a *state* (a setting is weaker, an account was never used) is raised while it lasts and is mended when it
is over. A control of an *event* (a login of a closed account) stays until a person settles it or its records are
destroyed. The same facts are never raised twice: `key` tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from provisioner.domain.people import EmailAddress


class Severity(StrEnum):
    """How much it matters."""

    INFO = "info"
    WARNING = "warning"
    GRAVE = "grave"

    @property
    def rank(self) -> int:
        """Orders them: the graver, the higher."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control: its code, the rule that it serves, how much it matters, and whether it is about a state.

    `is_act`: what it tells are acts that each stand alone, seen once. Those of a key are kept together, and one that
    comes after a person settled the others is told anew.

    Its French sentence and what to do stand in `views/controls.py` under its code.
    """

    code: str
    rule: str
    severity: Severity
    is_state: bool = False
    is_act: bool = False


#: How many records a control names at most; `Facts.count` tells them all.
MOST_RECORDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a control rests on; what it has nothing to do with stays empty.

    `records` are the ids of Keycloak's events. `actor` is who did it at the console, by Keycloak's ids
    (« realm/id »), `path` what was done to. `setting` is the name of a realm's setting, with what is `wanted` and
    `present`. `known_since` is the day before which nothing is known.
    """

    on: date | None = None
    since: datetime | None = None
    count: int | None = None
    addresses: tuple[str, ...] = ()
    outcome: str | None = None
    client: str | None = None
    actor: str | None = None
    actor_name: str | None = None
    operation: str | None = None
    path: str | None = None
    setting: str | None = None
    wanted: str | None = None
    present: str | None = None
    known_since: date | None = None
    records: tuple[str, ...] = ()

    def after(self, earlier: Facts) -> Facts:
        """These with those of earlier acts: which ones, how many, from where. The same where none of these is new."""
        new = tuple(record for record in self.records if record not in earlier.records)
        if not new:
            return earlier
        return replace(
            self,
            count=(earlier.count or len(earlier.records)) + len(new),
            addresses=tuple(dict.fromkeys((*earlier.addresses, *self.addresses))),
            records=(*earlier.records, *new)[-MOST_RECORDS:],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a control has seen. `key` is the same for the same facts, and another one for new facts.

    `account` is the register's number of the account, `user` Keycloak's id where it is none of ours, `habilitation`
    the one that it is told under. `severity` is that of the control unless these facts are graver.
    """

    control: Control
    key: str
    since: datetime
    severity: Severity | None = None
    partner: str | None = None
    habilitation: int | None = None
    account: int | None = None
    user: str | None = None
    facts: Facts = field(default=Facts())

    def after(self, earlier: Facts) -> Observation:
        """The same; of acts, with the earlier ones of its key."""
        return replace(self, facts=self.facts.after(earlier)) if self.control.is_act else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one source of controls saw. `judged` are the codes of states that it judged whole: what it saw no more of
    these is over. `marks` say how far it went.
    """

    observations: tuple[Observation, ...] = ()
    judged: frozenset[str] = frozenset()
    marks: Mapping[str, str] = field(default_factory=dict)


class ControlState(StrEnum):
    """How a raised control stands."""

    RAISED = "raised"
    SETTLED = "settled"  #: a named person has looked at it and explained it
    MENDED = "mended"  #: the state is over


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedControl:
    """A control as the register keeps it. `id` is the number by which a person names it, `email` the account's."""

    id: int
    code: str
    key: str
    severity: Severity
    rule: str
    since: datetime
    partner: str | None = None
    habilitation: int | None = None
    account: int | None = None
    email: EmailAddress | None = None
    user: str | None = None
    facts: Facts = field(default=Facts())
    raised_at: datetime
    mended_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    settle_reason: str | None = None

    @property
    def state(self) -> ControlState:
        """Raised, until a person settles it or its state is over."""
        if self.settled_at is not None:
            return ControlState.SETTLED
        return ControlState.RAISED if self.mended_at is None else ControlState.MENDED
