"""`review …`: the partners' yearly reviews, who is late and since when (V1, V2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal, Self

from pydantic import Field

from provisioner.domain.convention import Role
from provisioner.domain.people import EmailAddress
from provisioner.domain.review import OwnAccess, Review, Standing, next_reminder
from provisioner.views.answers import Answer, Code, Count, Day, ListAnswer, Moment, Number, RowAnswer, Sha256, beside
from provisioner.views.dates import french_date, french_moment, in_cell
from provisioner.views.reviews import CONTACTS, OWN
from provisioner.views.sentences import counted, of_name
from provisioner.views.shown import Line, Part, Table, Tone


class ReviewLine(RowAnswer):
    """How a partner stands. `due_on` is null where no review is due: nobody has an access, or the convention ends
    before.
    """

    partner: Code
    last_on: Day | None
    due_on: Day | None
    days_late: Count

    def cells(self) -> tuple[str, ...]:
        late = counted(self.days_late, "jour") if self.days_late else ""
        return self.partner, in_cell(self.last_on) or "aucune", in_cell(self.due_on) or "aucune", late


class ReviewsAnswer(ListAnswer[ReviewLine]):
    """`review list`: every partner whose convention is in force, who is late first."""

    TITLE = "Revues annuelles"
    COLUMNS = ("Partenaire", "Dernière revue", "Échéance", "Retard")
    EMPTY = "Aucune convention n'est en vigueur."

    @classmethod
    def latest_first(cls, standings: Iterable[Standing]) -> Self:
        """The partners, the latest first, then by the day on which the review is due."""
        return cls.of(
            sorted(standings, key=lambda s: (-s.days_late, s.due_on is None, s.due_on or date.max, s.partner))
        )


class PastReview(Answer):
    """A review that is done, or the first annexe (`due_on` null), from which the first one is counted. The accesses
    `opened_since` and `closed_since` the last reminder are numbers of habilitations.
    """

    review: Number
    due_on: Day | None
    settled_on: Day
    settled_at: Moment
    how: Literal["annexe", "confirmed"]
    sha256: Sha256
    signatory: str | None
    confirmed_by: str | None
    opened_since: tuple[Number, ...]
    closed_since: tuple[Number, ...]
    unchanged_within_minutes: bool

    @classmethod
    def of(cls, review: Review) -> Self:
        return cls.read(
            review,
            review=review.id,
            how="confirmed" if review.document_sha256 else "annexe",
            sha256=review.document_sha256 or review.annexe_sha256,
            unchanged_within_minutes=bool(review.is_hasty),
        )

    def cells(self) -> tuple[str, ...]:
        by = f", enregistrée par {self.confirmed_by}" if self.confirmed_by else ""
        signed = f", signée par {self.signatory}" if self.signatory else ""
        how = f"liste inchangée{signed}{by}" if self.how == "confirmed" else "annexe 1"
        if self.due_on is None:
            how = "première annexe 1"
        if self.unchanged_within_minutes:
            how += ", revenue sans changement en quelques minutes"
        return french_date(self.settled_on), in_cell(self.due_on), how


class ReviewAnswer(Answer):
    """`review show`: the review that is to be done, what has changed since its reminder, and those that are done.

    `doubtful` are the accesses that Keycloak did not hold open when the list was frozen, `absent` those that the
    annexe in force leaves out. `own_access`: whether a contact of the partner stands in the list.
    """

    partner: Code
    last_on: Day | None
    due_on: Day | None
    days_late: Count
    accesses: Count
    reminded_at: Moment | None
    next_reminder_on: Day | None
    population: Count | None = Field(description="How many accesses the list of the last reminder has.")
    digest: Sha256 | None = Field(description="SHA-256 of that list, with a salt.")
    opened: tuple[EmailAddress, ...]
    closed: tuple[EmailAddress, ...]
    doubtful: tuple[EmailAddress, ...]
    absent: tuple[EmailAddress, ...]
    bounced: tuple[str, ...]
    own_access: OwnAccess | None
    done: tuple[PastReview, ...]

    @classmethod
    def of(cls, standing: Standing, reviews: Iterable[Review], today: date, **more: Any) -> Self:
        """`more`: the accesses, those of them that are named, and `own_access`."""
        current = standing.current
        return cls.read(
            standing,
            reminded_at=current.frozen_at if current else None,
            next_reminder_on=next_reminder(standing, today),
            population=len(current.population) if current and current.frozen_at else None,
            digest=current.digest if current else None,
            bounced=tuple(sorted(current.bounced)) if current else (),
            done=tuple(PastReview.of(review) for review in reviews if review.settled_on),
            **more,
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"Revue annuelle {of_name(self.partner)}", Tone.TITLE)
        if self.due_on is None:
            yield Line("Aucune revue n'est à faire.")
        elif self.days_late:
            late = counted(self.days_late, "jour")
            yield Line(f"À faire depuis le {french_date(self.due_on)} : {late} de retard.", Tone.WARNING)
        else:
            yield Line(f"À faire pour le {french_date(self.due_on)}.")
        yield Line(f"Accès ouverts : {self.accesses}.")
        if self.reminded_at is not None:
            yield Line(f"Dernier rappel : {french_moment(self.reminded_at)}, liste de {self.population} accès.")
        for role in self.bounced:
            yield Line(f"Dernier rappel non distribué : {CONTACTS[Role(role)]}.", Tone.WARNING)
        if self.next_reminder_on is not None:
            yield Line(f"Prochain rappel : {french_date(self.next_reminder_on)}.")
        if self.own_access is not None:
            yield Line(OWN[self.own_access], Tone.WARNING if self.own_access is OwnAccess.ALONE else Tone.PLAIN)
        for title, emails in (
            ("Ouverts depuis le dernier rappel", self.opened),
            ("Clôturés depuis le dernier rappel", self.closed),
            ("Non confirmés par Keycloak lors du dernier rappel", self.doubtful),
            ("Absents de l'annexe 1 en vigueur, qui ne vaut donc pas revue", self.absent),
        ):
            yield Table(title, ("Adresse",), [(email,) for email in emails])
        yield Table("Revues faites", ("Date", "Échéance", "Comment"), [review.cells() for review in self.done])


class ConfirmedAnswer(Answer):
    """`review confirm`: the review that it settles, when the next one is due, and what to look at. `opened` and
    `closed` are who got or lost an access since the reminder whose form was signed.
    """

    review: Number
    partner: Code
    settled_on: Day
    document_sha256: Sha256
    next_due_on: Day | None
    opened: tuple[EmailAddress, ...]
    closed: tuple[EmailAddress, ...]
    own_access: OwnAccess | None
    unchanged_within_minutes: bool
    is_new: bool = beside(True)
    signatory: str | None = beside(None)

    @classmethod
    def of(cls, review: Review, **more: Any) -> Self:
        """`more`: what is not the review's own."""
        return cls.read(review, review=review.id, unchanged_within_minutes=bool(review.is_hasty), **more)

    def shown(self) -> Iterator[Part]:
        known = "" if self.is_new else " déjà"
        yield Line(
            f"{self.partner} : liste inchangée du {french_date(self.settled_on)}{known} enregistrée.", Tone.GOOD
        )
        yield Line(f"Signée par {self.signatory}." if self.signatory else "Signataire non indiqué (--signatory NOM).")
        if self.next_due_on is not None:
            yield Line(f"Prochaine revue : {french_date(self.next_due_on)}.")
        yield Line(f"Empreinte SHA-256 du document : {self.document_sha256}", Tone.FAINT)
        if self.unchanged_within_minutes:
            yield Line("La liste est revenue quelques minutes après le rappel : a-t-elle été relue ?", Tone.WARNING)
        if self.own_access is not None:
            yield Line(OWN[self.own_access], Tone.WARNING if self.own_access is OwnAccess.ALONE else Tone.PLAIN)
        yield Table("Ouverts depuis le rappel", ("Adresse",), [(email,) for email in self.opened])
        yield Table("Clôturés depuis le rappel", ("Adresse",), [(email,) for email in self.closed])
