"""`held list` and `status`: what waits, since when, and how things are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Self

from pydantic import Field, InstanceOf

from provisioner.domain.access.change import suspension_of
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.calendar import day_of
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Records
from provisioner.views.annexes import STATUSES
from provisioner.views.answers import Answer, Code, Count, ListAnswer, Moment, PlanId, RowAnswer, beside
from provisioner.views.answers.annexes import AnnexeLine
from provisioner.views.answers.plans import ChangeLine
from provisioner.views.dates import Written, french_date
from provisioner.views.holds import KINDS, contained_sentence, hold_reason
from provisioner.views.journal import not_whole
from provisioner.views.shown import Line, Part, Table, Tone

#: The kinds whose changes are what they cut, not what waits.
_CUTS = (HoldKind.SUSPENSION, HoldKind.CONTAINMENT)


class HeldLine(RowAnswer):
    """Something that waits. `plan_id` is null unless a limit holds it; the changes of a suspension, or of a partner's
    containment, are what it cuts.
    """

    plan_id: PlanId | None
    partner: str | None
    kind: HoldKind
    since: Moment
    reason: str
    changes: tuple[ChangeLine, ...]
    hold: InstanceOf[Hold] = beside(None)
    age_days: int = beside(0)

    @classmethod
    def of(cls, hold: Hold, records: Records, now: datetime) -> Self:
        theirs = [access for access in records.habilitations if access.email == hold.email]
        live = [access for access in theirs if access.state is not State.CLOSED]
        if hold.kind is HoldKind.CONTAINMENT:
            emails = records.cut_by(hold)
            live = [h for h in records.habilitations if h.email in emails and h.state is not State.CLOSED]
        cut = live if hold.kind in _CUTS else []
        return cls.read(
            hold,
            partner=hold.partner or next((access.partner for access in cut), None),
            reason=hold_reason(hold),
            changes=(
                *map(ChangeLine.of, hold.changes),
                *(ChangeLine.of(suspension_of(access)) for access in cut),
            ),
            hold=hold,
            age_days=(now - hold.since).days,
        )

    def cells(self) -> tuple[str | None, ...]:
        nobodys = "destructions" if self.plan_id else "tous les partenaires"
        whose = self.hold.email or self.hold.partner or nobodys
        since = Written(f"{french_date(day_of(self.since))} ({self.age_days} j)", day_of(self.since).isoformat())
        return self.plan_id, KINDS[self.kind], whose, since, self.reason

    def waiting(self) -> Table:
        """Every change that it keeps waiting; whom a suspension cuts is told already."""
        what = f"En suspens, plan {self.plan_id}" if self.plan_id else f"Mis à l'écart, {self.partner}"
        changes = self.changes if self.kind not in _CUTS else ()
        rows = [(change.to_do, change.email or change.partner, change.reason) for change in changes]
        return Table(what, ("À faire", "Qui", "Pourquoi"), rows)


class HeldAnswer(ListAnswer[HeldLine]):
    """`held list`: what waits until somebody decides, or is tried again by itself."""

    TITLE = "En suspens"
    COLUMNS = ("Plan", "Quoi", "Qui", "Depuis", "Pourquoi")
    EMPTY = "Rien n'est en suspens."

    @classmethod
    def at(cls, now: datetime, records: Records) -> Self:
        """What is held now, with its words."""
        return cls.of(records.holds_on(day_of(now)), records, now)

    def shown(self) -> Iterator[Part]:
        yield self.table()
        yield from (line.waiting() for line in self.rows)


class StatusAnswer(Answer):
    """`status`: how things are. `held` counts what waits for a person, `quarantined` what is tried again."""

    last_good_sync: Moment | None
    partners: Count
    open: Count
    waiting: tuple[AnnexeLine, ...] = Field(description="Annexes to decide upon, or that the next `sync` applies.")
    held: Count
    quarantined: Count
    invitations_owed: Count
    invitations_uncertain: Count
    controls: Count = Field(description="What the connection controls found and nobody has looked at.")
    controls_grave: Count
    incidents_open: Count
    late_reviews: Count = Field(description="Partners that are late with their yearly review (V1).")
    journal: str | None = Field(description="What the last verification of the journal found wanting.")
    contained: tuple[Code, ...] = Field(description="The partners of which every access is cut (`partner suspend`).")
    now: InstanceOf[datetime] = beside(None)

    @classmethod
    def of(cls, status: object, waiting: Iterable[KeptAnnexe], holds: Sequence[Hold], now: datetime) -> Self:
        aside = sum(hold.kind is HoldKind.QUARANTINE for hold in holds)
        return cls.read(
            status,
            waiting=tuple(map(AnnexeLine.of, waiting)),
            held=len(holds) - aside,
            quarantined=aside,
            contained=tuple(hold.partner for hold in holds if hold.kind is HoldKind.CONTAINMENT),
            now=now,
        )

    def shown(self) -> Iterator[Part]:
        if self.journal is not None:
            yield Line(not_whole(self.journal), Tone.ERROR)
        for code in self.contained:
            yield Line(contained_sentence(code), Tone.WARNING)
        last = self.last_good_sync
        ago = f"{french_date(day_of(last))}, il y a {_age(last, self.now)}" if last else "jamais"
        yield Line(f"Dernière synchronisation sans échec : {ago}.")
        yield Line(f"Partenaires : {self.partners} ; accès ouverts : {self.open}.")
        for annexe in self.waiting:
            transmitted = f", transmise le {french_date(annexe.transmitted_on)}" if annexe.transmitted_on else ""
            whose = f"{annexe.partner}{transmitted}"
            yield Line(f"Annexe {annexe.annexe} ({whose}) : à traiter ({STATUSES[annexe.status]}).")
        held = f"En suspens : {self.held}. Mis à l'écart et retentés automatiquement : {self.quarantined}."
        yield Line(f"{held} Courriels d'activation à envoyer : {self.invitations_owed}.")
        if self.controls:
            tone = Tone.ERROR if self.controls_grave else Tone.WARNING
            found = f"Contrôle des connexions : {self.controls} à examiner, dont graves : {self.controls_grave}."
            yield Line(f"{found} Pour les voir : provisioner controls list", tone)
        if self.incidents_open:
            yield Line(
                f"Incidents ouverts : {self.incidents_open}. Pour les voir : provisioner incident list", Tone.WARNING
            )
        if self.late_reviews:
            yield Line(
                f"Revues annuelles en retard : {self.late_reviews}. Pour les voir : provisioner review list",
                Tone.WARNING,
            )
        if self.invitations_uncertain:
            yield Line(
                f"Courriels d'activation dont l'envoi est incertain : {self.invitations_uncertain}. Pour savoir "
                "lesquels : provisioner invitation list ; pour renvoyer le lien : "
                'provisioner invitation repeat ADRESSE --by "NOM"'
            )


def _age(moment: datetime, now: datetime) -> str:
    hours = int((now - moment).total_seconds() // 3600)
    if hours < 1:
        return "moins d'une heure"
    return f"{hours} h" if hours < 48 else f"{hours // 24} jours"
