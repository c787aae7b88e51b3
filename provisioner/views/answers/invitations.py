"""`invitation list`: who was sent the link, and who has not used it."""

from __future__ import annotations

from typing import Self

from provisioner.domain.access.invitations import Invitation, InvitationState
from provisioner.domain.people import EmailAddress
from provisioner.views.access import person
from provisioner.views.answers import Count, Day, ListAnswer, Number, RowAnswer, beside
from provisioner.views.dates import short
from provisioner.views.explanation import INVITATIONS


class InvitationLine(RowAnswer):
    """The link of an open access. `attempts` counts those that failed too, `sent_on` is when the last one left."""

    habilitation: Number
    partner: str
    email: EmailAddress
    state: InvitationState
    attempts: Count
    sent_on: Day | None
    who: str = beside("")

    @classmethod
    def of(cls, link: tuple[Invitation, InvitationState]) -> Self:
        invited, state = link
        habilitation = invited.habilitation
        return cls.read(
            invited,
            habilitation,
            habilitation=habilitation.id,
            state=state,
            attempts=len(invited.attempts),
            who=person(habilitation),
        )

    def cells(self) -> tuple[str, ...]:
        state, attempts, sent_on = INVITATIONS[self.state], str(self.attempts), short(self.sent_on)
        return str(self.habilitation), self.partner, self.who, state, attempts, sent_on


class InvitationsAnswer(ListAnswer[InvitationLine]):
    """`invitation list`: what became of the link of each open access that was or is owed one."""

    TITLE = "Courriels d'activation"
    COLUMNS = ("N°", "Partenaire", "Personne", "État", "Envois", "Dernier envoi")
    EMPTY = "Aucun courriel d'activation n'a été envoyé ni n'est à envoyer."
