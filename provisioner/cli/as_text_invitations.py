"""The e-mails with the link, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from provisioner.cli.as_text import new_console, new_table, plain
from provisioner.texts.explanation import INVITATIONS

if TYPE_CHECKING:
    from provisioner.operations.inviting import Invited


def invited(found: Sequence[Invited]) -> None:
    """A line for each open access that was or is owed the link."""
    console = new_console()
    if not found:
        console.print("Aucun courriel d'activation n'a été envoyé ni n'est dû.")
        return
    table = new_table("Courriels d'activation", "N°", "Partenaire", "Personne", "État", "Envois", "Dernier envoi")
    for one in found:
        each = one.round
        person = f"{each.one.person.first_names} {each.one.person.last_name}\n{each.one.email}"
        sent_on = f"{each.sent_on:%d/%m/%Y}" if each.sent_on else ""
        count = str(len(each.begun))
        table.add_row(*plain(str(each.one.id), each.one.partner, person, INVITATIONS[one.state], count, sent_on))
    console.print(table)
