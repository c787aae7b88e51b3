"""The figures and dates in the e-mails about an annexe 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from provisioner.views.dates import french_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What an applied annexe does, in numbers of persons. `waiting` are openings that the realm's settings hold."""

    opened: int
    closed: int
    updated: int
    kept: int
    waiting: int = 0
    opened_later: int = 0
    closed_later: int = 0


def dates_of(transmitted_on: date | None, received_on: date) -> str:
    """When an annexe was transmitted, if it says so, and received."""
    received = f"reçue le {french_date(received_on)}"
    if transmitted_on is None:
        return received
    return f"transmise {'' if transmitted_on == received_on else f'le {french_date(transmitted_on)} '}et {received}"


def what_is_applied(*, list_2_only: bool) -> str:
    """The whole annexe, or its list 2 alone (A4)."""
    return "clôtures de l'annexe 1 appliquées" if list_2_only else "annexe 1 appliquée"


def figures_of(effects: Effects, *, list_2_only: bool) -> list[tuple[str, int]]:
    """What each figure counts; of list 2 alone, the closures."""
    closed = ("Accès clôturés", effects.closed)
    if list_2_only:
        return [closed]
    more = (
        ("Ouvertures à venir, à la date demandée", effects.opened_later),
        ("Clôtures à venir, à la date demandée", effects.closed_later),
        ("Ouvertures en attente d'une vérification technique de la Caf", effects.waiting),
    )
    return [
        ("Accès ouverts", effects.opened),
        closed,
        ("Accès mis à jour", effects.updated),
        ("Accès inchangés", effects.kept),
        *((what, figure) for what, figure in more if figure),
    ]
