"""`invitation list`: who was sent the link, and who has not used it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from provisioner.domain.access.invitations import Invitation, InvitationState
from provisioner.domain.people import EmailAddress
from provisioner.views.answers import Answer, Count, Day, ListAnswer, Number, beside
from provisioner.views.answers.plans import person
from provisioner.views.dates import short
from provisioner.views.explanation import INVITATIONS
from provisioner.views.shown import Part, Table


class InvitationLine(Answer):
    """The link of an open access. `attempts` counts those that failed too, `sent_on` is when the last one left."""

    habilitation: Number
    partner: str
    email: EmailAddress
    state: InvitationState
    attempts: Count
    sent_on: Day | None
    who: str = beside("")

    @classmethod
    def of(cls, invited: Invitation, state: InvitationState) -> Self:
        """What became of it, with its words."""
        habilitation = invited.habilitation
        assert habilitation.id is not None
        return cls(
            habilitation=habilitation.id,
            partner=habilitation.partner,
            email=habilitation.email,
            state=state,
            attempts=len(invited.attempts),
            sent_on=invited.sent_on,
            who=person(habilitation),
        )


class InvitationsAnswer(ListAnswer[InvitationLine]):
    """`invitation list`: what became of the link of each open access that was or is owed one."""

    @classmethod
    def of(cls, invited: Iterable[tuple[Invitation, InvitationState]]) -> Self:
        """A line each."""
        return cls(tuple(InvitationLine.of(invitation, state) for invitation, state in invited))

    def shown(self) -> Iterator[Part]:
        rows = [
            (
                str(line.habilitation),
                line.partner,
                line.who,
                INVITATIONS[line.state],
                str(line.attempts),
                short(line.sent_on),
            )
            for line in self.rows
        ]
        columns = ("N°", "Partenaire", "Personne", "État", "Envois", "Dernier envoi")
        nobody = "Aucun courriel d'activation n'a été envoyé ni n'est dû."
        yield Table("Courriels d'activation", columns, rows, empty=nobody)
