"""What `invitation list` answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.cli.answers.values import day, short, who
from provisioner.cli.printing import Answer, table
from provisioner.operations.invitations import Invited
from provisioner.views.explanation import INVITATIONS


def invitations(found: Sequence[Invited]) -> Answer:
    """`invitation list`: what became of the link of each open access that was or is owed one."""
    columns = ("N°", "Partenaire", "Personne", "État", "Envois", "Dernier envoi")
    nobody = "Aucun courriel d'activation n'a été envoyé ni n'est dû."
    rows = map(_row, found)
    return Answer([_json(one) for one in found], table("Courriels d'activation", columns, rows, empty=nobody))


def _json(found: Invited) -> dict[str, Any]:
    """`attempts` counts those that failed too, `sent_on` is the day of the last one that left."""
    each = found.round
    return {
        "habilitation": each.one.id,
        "partner": each.one.partner,
        "email": each.one.email,
        "state": found.state.value,
        "attempts": len(each.begun),
        "sent_on": day(each.sent_on),
    }


def _row(found: Invited) -> tuple[str, ...]:
    each, one = found.round, found.round.one
    sent = (str(len(each.begun)), short(each.sent_on))
    return str(one.id), one.partner, who(one), INVITATIONS[found.state], *sent
