"""`review ask`, `asked`, `answered`, `withdraw`: what is asked of a partner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Self

from pydantic import Field

from provisioner.domain.convention_life import AskedDocument, RequestState
from provisioner.views.answers import Answer, Code, Count, Day, ListAnswer, Number, RowAnswer, Sha256, beside
from provisioner.views.dates import french_date, short
from provisioner.views.requests import STATES, what_words
from provisioner.views.sentences import counted
from provisioner.views.shown import Line, Part, Tone


class AskedAnswer(Answer):
    """`review ask`: the number of the request."""

    request: Number
    what: str = beside("")
    due_on: date | None = beside(None)
    is_new: bool = beside(True)

    def shown(self) -> Iterator[Part]:
        before = "" if self.is_new else ", déjà enregistrée"
        day = french_date(self.due_on) if self.due_on else ""
        yield Line(f"Demande n° {self.request}{before} : {self.what}, attendu pour le {day}.", Tone.GOOD)


class AnsweredAnswer(Answer):
    """`review answered`: the digest of the document that is recorded."""

    request: Number
    sha256: Sha256
    is_new: bool = beside(True)

    def shown(self) -> Iterator[Part]:
        recorded = "document enregistré" if self.is_new else "ce document est déjà enregistré"
        yield Line(f"Demande n° {self.request} : {recorded}.", Tone.GOOD)
        yield Line(f"Empreinte SHA-256 du fichier : {self.sha256}", Tone.FAINT)


class RequestLine(RowAnswer):
    """A request, and how it stands."""

    request: Number
    partner: Code
    kind: str = Field(description="`destruction-certificate` (C5) or `other`.")
    what: str | None = Field(description="Null for a certificate of destruction.")
    asked_on: Day
    due_on: Day
    state: RequestState
    days_late: Count
    answered_on: Day | None = Field(description="The date of the document.")
    signatory: str | None
    sha256: Sha256 | None
    words: str = beside("")

    @classmethod
    def of(cls, request: AskedDocument, today: date) -> Self:
        return cls.read(
            request,
            request=request.id,
            kind="destruction-certificate" if request.is_certificate else "other",
            state=request.state_on(today),
            days_late=request.days_late(today),
            words=what_words(request),
        )

    def cells(self) -> tuple[str, ...]:
        late = f" ({counted(self.days_late, 'jour')})" if self.days_late else ""
        signed = f", signé par {self.signatory}" if self.signatory else ""
        answer = f"{french_date(self.answered_on)}{signed}" if self.answered_on else ""
        days = map(short, (self.asked_on, self.due_on))
        return str(self.request), self.partner, self.words, *days, f"{STATES[self.state]}{late}", answer


class RequestsAnswer(ListAnswer[RequestLine]):
    """`review asked`: what partners still have to send, or every request; oldest first."""

    TITLE = "Documents demandés aux partenaires"
    COLUMNS = ("N°", "Partenaire", "Document", "Demandé le", "Attendu le", "État", "Document daté du")
    EMPTY = "Aucun document n'est attendu."
