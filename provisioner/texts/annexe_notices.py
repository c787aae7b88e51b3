"""The e-mails about an annexe 1: refused, rejected, applied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.texts.dates import french_date
from provisioner.texts.letters import Notice, write_notice
from provisioner.texts.report import Report


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


def refused(report: Report, received_on: date, answer_to: EmailAddress | None) -> Notice:
    """Says that an annexe has errors and what to do next; the report goes with it as a file.

    Args:
        report: on the annexe, with the partner's name.
        received_on: the day on which the Caf received it.
        answer_to: where the corrected annexe goes, if known.
    """
    return write_notice(
        "annexe-refused",
        "Coopération : annexe 1 à corriger",
        **_annexe(report, received_on, answer_to),
        errors=report.error_count,
        caf_will_call=report.leaves_something_to_the_caf,
    )


def rejected(report: Report, received_on: date, answer_to: EmailAddress | None) -> Notice:
    """Says that the Caf will not apply an annexe; why is the Caf's to say. Arguments as for `refused`."""
    subject = "Coopération : annexe 1 non retenue"
    return write_notice("annexe-rejected", subject, **_annexe(report, received_on, answer_to))


def _annexe(report: Report, received_on: date, answer_to: EmailAddress | None) -> dict[str, object]:
    transmitted_on = report.annexe.transmitted_on
    dates = f"reçue le {french_date(received_on)}"
    if transmitted_on == received_on:
        dates = f"transmise et {dates}"
    elif transmitted_on:
        dates = f"transmise le {french_date(transmitted_on)} et {dates}"
    return {"partner": report.partner, "dates": dates, "answer_to": answer_to}


def applied(
    partner: str, transmitted_on: date, effects: Effects, answer_to: EmailAddress | None, *, list_2_only: bool
) -> Notice:
    """Says what an annexe does now that it is applied, or its list 2 alone (A4): figures, no names.

    Args:
        partner: the partner's name.
        transmitted_on: the annexe's date.
        effects: the figures.
        answer_to: where the next annexe goes, if known.
        list_2_only: whether only its closures were applied.
    """
    return write_notice(
        "annexe-applied",
        _applied_subject(list_2_only=list_2_only),
        **_applied(partner, transmitted_on, effects, list_2_only=list_2_only),
        answer_to=answer_to,
    )


def applied_copy(
    partner: Partner, transmitted_on: date, effects: Effects, *, list_2_only: bool, partner_is_told: bool
) -> Notice:
    """The same for the Caf, which learns whether the partner could be told. Other arguments as for `applied`."""
    return write_notice(
        "annexe-applied-copy",
        f"{_applied_subject(list_2_only=list_2_only)} ({partner.code})",
        **_applied(partner.name, transmitted_on, effects, list_2_only=list_2_only),
        code=partner.code,
        partner_is_told=partner_is_told,
        answer_to=None,
    )


def _applied_subject(*, list_2_only: bool) -> str:
    return "Coopération : clôtures de l'annexe 1 appliquées" if list_2_only else "Coopération : annexe 1 appliquée"


def _applied(partner: str, transmitted_on: date, effects: Effects, *, list_2_only: bool) -> dict[str, object]:
    closed = ("Accès clôturés", effects.closed)
    whole = (
        ("Accès ouverts", effects.opened),
        closed,
        ("Accès mis à jour", effects.updated),
        ("Accès inchangés", effects.kept),
    )
    more = (
        ("Ouvertures à venir, à la date demandée", effects.opened_later),
        ("Clôtures à venir, à la date demandée", effects.closed_later),
        ("Ouvertures en attente d'une vérification technique de la Caf", effects.waiting),
    )
    figures = (closed,) if list_2_only else (*whole, *((what, figure) for what, figure in more if figure))
    return {
        "partner": partner,
        "transmitted_on": french_date(transmitted_on),
        "figures": figures,
        "opened": 0 if list_2_only else effects.opened,
        "list_2_only": list_2_only,
    }
