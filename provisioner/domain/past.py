"""What happened to one person, in its order: requests, links, ends, and what was decided by name."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.domain.days import day_of
from provisioner.domain.dossier import Dossier, JournalLine
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.links import InvitationState, link_expiry, since_due
from provisioner.domain.retention import account_due_on, habilitation_due_on
from provisioner.domain.steps import Fact, Step, step


def past(person: Dossier) -> list[Step]:
    """What the register and the journal tell, by date, then until when what is closed is kept."""
    told = [*_accesses(person), *_decisions(person)]
    return [*sorted(told, key=lambda one: one.on or person.today), *_retention(person)]


def renames(person: Dossier) -> list[JournalLine]:
    """The entries about the person's changed addresses, oldest first."""
    return [line for line in person.journal if line.action == "account.renamed"]


def _accesses(person: Dossier) -> Iterator[Step]:
    """What the register says of each habilitation."""
    for place, one in enumerate(person.accesses):
        is_return = any(each.state is State.CLOSED for each in person.accesses[:place])
        yield _request(person, one, is_return=is_return)
        if one.waived:
            rule = "A8" if "address-of-other-partner" in one.waived else "A7"
            codes, why = sorted(one.waived), _waiver_reason(person, one)
            yield step(Fact.WAIVED, rule, one.partner, one.transmitted_on, codes=codes, reason=why)
        if one.opened_at is not None and one.adopted_on is None:
            yield step(Fact.OPENED, "A4" if is_return else "A1", one.partner, day_of(one.opened_at))
        yield from _links(person, one)
        if one.end is not None:
            by = _end_said_by(person, one)
            yield step(Fact.END_SAID, one.end.rule, one.partner, one.end.on, end=one.end, by=by)
        if one.closed_on is not None:
            yield step(Fact.CLOSED, one.end.rule if one.end else None, one.partner, one.closed_on)


def _request(person: Dossier, one: Habilitation, *, is_return: bool) -> Step:
    if one.adopted_on is not None:
        line = _line(person, "adoption", one)
        by, reason = (line.decided_by, line.details.get("reason")) if line else (None, None)
        return step(Fact.ADOPTED, "A8", one.partner, one.adopted_on, by=by, reason=reason)
    fact, rule = (Fact.REQUESTED_AGAIN, "A4") if is_return else (Fact.REQUESTED, "A1")
    values = {"transmitted_on": one.transmitted_on, "person": one.person}
    return step(fact, rule, one.partner, one.requested_on, **values)


def _links(person: Dossier, one: Habilitation) -> Iterator[Step]:
    """The e-mails with the link, and what became of the last one."""
    for each in person.records.invitations_of(one):
        if each.sent_at is not None:
            fact, at = Fact.LINK_SENT, each.sent_at
        else:
            fact = Fact.LINK_FAILED if each.failed_at else Fact.LINK_IN_DOUBT
            at = each.failed_at or each.intended_at
        yield step(fact, "P2", one.partner, day_of(at), attempt=each.attempt, expiry=link_expiry(each))
    state = person.link_state(one)
    if one.state is State.CLOSED or state is None or one.link_due_at is None:
        return
    expiry = max((found for each in since_due(one, person.sent) if (found := link_expiry(each))), default=None)
    told_at = {
        InvitationState.OWED: one.link_due_at,
        InvitationState.EXPIRED: expiry,
        InvitationState.GIVEN_UP: expiry,
    }.get(state)
    on = day_of(told_at) if told_at is not None else None
    yield step(Fact.LINK_STATE, "P2", one.partner, on, state=state, expiry=expiry)


def _decisions(person: Dossier) -> Iterator[Step]:
    """What the journal alone knows: suspensions and reopenings by name, changed addresses."""
    facts = {"suspension": Fact.SUSPENDED, "reopening": Fact.REOPENED}
    for line in person.journal:
        if line.action in facts:
            values = {name: line.details.get(name) for name in ("reason", "how")}
            on = day_of(line.at)
            yield step(facts[line.action], line.rule, line.partner, on, **values, by=line.decided_by)
    for line in renames(person):
        old, new = line.details.get("old"), line.details.get("new")
        yield step(Fact.RENAMED, "A7", line.partner, day_of(line.at), old=old, new=new, by=line.decided_by)


def _retention(person: Dossier) -> Iterator[Step]:
    """Until when what is closed is kept (D1, D2)."""
    if (due_on := account_due_on(person.accesses)) is not None and person.found is not None:
        yield step(Fact.KEPT_UNTIL, "D1", on=due_on)
    for one in person.accesses:
        if (due_on := habilitation_due_on(one, person.accesses)) is not None:
            yield step(Fact.KEPT_UNTIL, "D2", one.partner, due_on)


def _line(person: Dossier, action: str, one: Habilitation) -> JournalLine | None:
    """The newest entry of that kind about that habilitation."""
    lines = [line for line in person.journal if line.action == action and line.habilitation == one.id]
    return lines[-1] if lines else None


def _end_said_by(person: Dossier, one: Habilitation) -> str | None:
    """Who approved the end: by the annexe that said so while it is kept, else by the journal."""
    annexe = person.current.get(one.partner)
    if annexe is not None and one.end is not None and annexe.transmitted_on == one.end.transmitted_on:
        return annexe.approved_by
    line = _line(person, "habilitation.ended", one)
    return line.by if line is not None and line.by != "sync" else None


def _waiver_reason(person: Dossier, one: Habilitation) -> str | None:
    annexe = person.current.get(one.partner)
    rows = [each.row for each in person.listed if each.annexe == annexe and each.list == 1]
    waived = annexe.decisions.waive if annexe is not None and annexe.decisions is not None else {}
    return next((waived[row] for row in rows if row in waived), None)
