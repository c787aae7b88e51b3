"""`explain` and `person show`: one person, why and what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from pydantic import Field, InstanceOf

from provisioner.domain.access.account import Failures
from provisioner.domain.access.change import Change
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import InvitationState
from provisioner.domain.access.person_file import PersonFile, PersonState
from provisioner.domain.annexe.kept import Status
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.incident import Incident
from provisioner.domain.hold import HoldKind
from provisioner.domain.journal import JournalLine
from provisioner.domain.people import EmailAddress
from provisioner.views.answers import Answer, Day, ListNumber, Moment, Number, Rule, Sha256, beside
from provisioner.views.answers.journal import CauseAnswer
from provisioner.views.answers.person_connections import PersonConnections
from provisioner.views.answers.plans import ChangeLine
from provisioner.views.dates import french_date, short
from provisioner.views.explanation import STATES, Step, retention
from provisioner.views.holds import hold_reason
from provisioner.views.person_tables import person_tables
from provisioner.views.sentences import Sentence, counted
from provisioner.views.shown import Line, Part, Table, Tone
from provisioner.views.template import template


class StepLine(Answer):
    """One thing told of the person: a sentence, with its rule, its partner and its day where it has one."""

    fact: str
    rule: Rule | None
    partner: str | None
    on: Day | None


class ExplainedAnswer(Answer):
    """`explain`: where the person stands, how that came about, and what the next `sync` would do for them."""

    email: EmailAddress
    state: PersonState
    steps: tuple[StepLine, ...]
    would: tuple[ChangeLine, ...]
    who: str = beside("")

    @classmethod
    def of(cls, person: PersonFile, steps: Iterable[Step], would: Iterable[Change]) -> Self:
        return cls(
            email=person.email,
            state=person.state,
            steps=tuple(map(StepLine.read, steps)),
            would=tuple(map(ChangeLine.of, would)),
            who=who(person),
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"{self.who} : {STATES[self.state]}", Tone.TITLE)
        steps = [(short(step.on), step.fact, step.rule, step.partner) for step in self.steps]
        yield Table("Pas à pas", ("Le", "Constat", "Règle", "Partenaire"), steps)
        would = [(short(change.due_on), change.to_do, change.why) for change in self.would]
        yield Table("Ce que ferait la synchronisation", ("Le", "À faire", "Pourquoi"), would)


class AccountAnswer(Answer):
    """The Keycloak user who has the person's address; `managed`: it is ours. `groups` are partners' codes."""

    id: str
    email: str
    enabled: bool
    last_name: str
    first_names: str
    attributes: Mapping[str, tuple[str, ...]]
    email_verified: bool | None
    created_at: Moment | None
    managed: bool
    groups: tuple[str, ...]
    has_password: bool
    locked_until: Moment | None = Field(description="Nobody logs in by it before, after failed logins in a row.")

    @classmethod
    def of(cls, person: PersonFile) -> Self | None:
        """The account that was found, if any."""
        if (user := person.user) is None:
            return None
        return cls.read(user.account, user, user.failures, managed=user.is_ours, groups=user.groups)


class ListedRow(Answer):
    """A row of a kept annexe that names the person."""

    annexe: Number
    status: Status
    list: ListNumber
    row: Number


class HeldHabilitation(Answer):
    """One of the person's accesses, with the rule that ends it and what was waived for it."""

    habilitation: Number | None
    partner: str
    last_name: str
    first_names: str
    function: str
    email: EmailAddress
    state: State
    requested_on: Day
    transmitted_on: Day
    adopted_on: Day | None
    opened_at: Moment | None
    ended_on: Day | None
    end_rule: Rule | None
    closed_on: Day | None
    waived: tuple[str, ...]
    annexes: tuple[ListedRow, ...]

    @classmethod
    def of(cls, habilitation: Habilitation, file: PersonFile) -> Self:
        return cls.read(
            habilitation,
            habilitation.person,
            habilitation=habilitation.id,
            state=file.records.state_of(habilitation),
            end_rule=habilitation.end.rule if habilitation.end else None,
            waived=tuple(sorted(habilitation.waived)),
            annexes=tuple(
                ListedRow.read(row, annexe=row.annexe.id, status=row.annexe.status)
                for row in file.listed
                if row.annexe.partner == habilitation.partner
            ),
        )


class HeldInvitation(Answer):
    """One attempt at the e-mail with the link."""

    habilitation: Number | None
    partner: str
    attempt: Number
    sent_on: Day | None
    state: InvitationState


class HeldHold(Answer):
    """What waits for a person's decision, or waited. Only a suspension is kept when it is over."""

    kind: HoldKind
    partner: str | None
    since: Moment
    reason: str
    effective_at: Moment | None = None
    released_at: Moment | None = None
    released_by: str | None = None
    release_reason: str | None = None


class HeldEntry(Answer):
    """An entry of the journal about the person, with the personal data that still stand beside it."""

    entry: Number
    at: Moment
    by: str
    os_user: str
    host: str
    action: str
    partner: str | None
    habilitation: Number | None
    rule: str | None
    sudo_user: str | None
    sha256: Sha256
    details: Mapping[str, Any]
    cause: CauseAnswer | None

    @classmethod
    def of(cls, line: JournalLine) -> Self:
        is_caused = line.annexe is not None or line.decided_by is not None
        return cls.read(line, cause=CauseAnswer.read(line) if is_caused else None)


class HeldIncident(Answer):
    """An incident that names the person: what it was is not told here, it may be about others too."""

    incident: Number
    declared_on: Day
    closed_on: Day | None

    @classmethod
    def of(cls, incident: Incident) -> Self:
        closed = incident.closed_at
        return cls(
            incident=incident.id,
            declared_on=day_of(incident.declared_at),
            closed_on=day_of(closed) if closed else None,
        )


class PersonAnswer(Answer):
    """`person show`: everything that the register, Keycloak and the journal hold on one person (D5)."""

    email: EmailAddress
    account: AccountAnswer | None
    habilitations: tuple[HeldHabilitation, ...]
    invitations: tuple[HeldInvitation, ...]
    holds: tuple[HeldHold, ...]
    journal: tuple[HeldEntry, ...] = Field(description="Oldest first.")
    connections: PersonConnections
    incidents: tuple[HeldIncident, ...]
    file: InstanceOf[PersonFile] = beside(None)
    others: frozenset[str] | None = beside(None)

    @classmethod
    def of(cls, file: PersonFile, others: frozenset[str] | None = None) -> Self:
        """`others`: the names of everybody else, which only the page needs."""
        return cls(
            email=file.email,
            account=AccountAnswer.of(file),
            habilitations=tuple(HeldHabilitation.of(habilitation, file) for habilitation in file.accesses),
            invitations=tuple(
                HeldInvitation(
                    habilitation=habilitation.id,
                    partner=habilitation.partner,
                    attempt=attempt.attempt,
                    sent_on=day_of(attempt.sent_at) if attempt.sent_at else None,
                    state=file.attempt_state(habilitation, attempt),
                )
                for habilitation in file.accesses
                for attempt in file.records.attempts_of(habilitation)
            ),
            holds=(
                *(HeldHold(kind=HoldKind.SUSPENSION, partner=None, **row) for row in file.suspensions),
                *(
                    HeldHold(kind=hold.kind, partner=hold.partner, since=hold.since, reason=hold_reason(hold))
                    for hold in file.holds
                    if hold.kind is not HoldKind.SUSPENSION
                ),
            ),
            journal=tuple(map(HeldEntry.of, file.journal)),
            connections=PersonConnections.of(file),
            incidents=tuple(map(HeldIncident.of, file.incidents)),
            file=file,
            others=others,
        )

    def shown(self) -> Iterator[Part]:
        yield Line(who(self.file), Tone.TITLE)
        yield from person_tables(self, without=None)

    def page(self) -> str:
        """The page to hand to the person as HTML: no script, nothing from outside, every value shown as text."""
        if self.others is None:
            raise ValueError("a page for the person is made without the names of everybody else, which were not read")
        names = (access.person.name for access in reversed(self.file.accesses))
        return template("person.html").render(
            name=next(names, ""),
            email=self.email,
            on=french_date(self.file.today),
            tables=tuple(person_tables(self, without=self.others)),
            kept=[step.fact for step in retention(self.file)],
        )


def who(file: PersonFile) -> str:
    """« Zoé Durand <zoe.durand@…> »; only the address of somebody who has no access."""
    names = [f"{access.person.name} " for access in file.accesses[-1:]]
    return f"{''.join(names)}<{file.email}>"


class UnlockedAnswer(Answer):
    """`person unlock`: how many failed logins in a row count no more, and until when they locked the account."""

    email: EmailAddress
    failures: Number
    locked_until: Moment | None

    @classmethod
    def of(cls, email: EmailAddress, failures: Failures) -> Self:
        return cls.read(failures, email=email, failures=failures.count)

    def shown(self) -> Iterator[Part]:
        said = Sentence.NOT_LOCKED
        if self.failures:
            said = Sentence.FAILURES_FORGOTTEN if self.locked_until is None else Sentence.UNLOCKED
        yield Line(said.of(email=self.email, failures=counted(self.failures, "échec")))
