"""The words of the findings about how the document is laid out: its date, its lists, its tables, its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.domain.annexe.details import Count, ListGuess
from provisioner.domain.annexe.document import Column, Finding, Severity
from provisioner.views.details import COLUMNS, column_title, day, flaw, of


def _list_missing(finding: Finding) -> str:
    if finding.list == 2:
        return (
            "La liste 2 (accès à clôturer ou clôturés depuis moins de 2 ans) est introuvable : "
            "reprenez le modèle de l'annexe 1, même si la liste reste vide."
        )
    return (
        "La liste 1 (accès demandés ou ouverts) est introuvable : reprenez le modèle de l'annexe 1, "
        "avec le titre « 1 - Liste des personnes… » au-dessus du tableau."
    )


def _column_missing(finding: Finding) -> str:
    return f"La colonne {column_title(finding)} manque dans la liste {finding.list} : ajoutez-la, avec ce titre."


def _transmission_missing(finding: Finding) -> str:
    if finding.value:
        return "La date de transmission n'est pas lisible : écrivez-la sous la forme jour/mois/année."
    return "La date de transmission manque : indiquez-la en tête de l'annexe 1, sous la forme jour/mois/année."


def _transmission_future(finding: Finding) -> str:
    return f"La date de transmission ({day(finding)}) n'est pas encore arrivée : corrigez-la."


def _transmission_ambiguous(finding: Finding) -> str:
    newest = f" (par exemple {finding.suggestion}, la plus récente)" if finding.suggestion else ""
    return f"Plusieurs dates de transmission sont indiquées : n'en laissez qu'une{newest}."


def _column_ambiguous(finding: Finding) -> str:
    if isinstance(finding.details, ListGuess):
        read_as = finding.details.number
        title = COLUMNS[Column.REQUESTED_ON if read_as == 1 else Column.ENDED_ON]
        return (
            f"Ce tableau semble être la liste {read_as}, mais sa colonne « Date » ne dit pas s'il s'agit de demandes "
            f"ou de fins : intitulez-la « {title} », ou reprenez au-dessus le titre du modèle."
        )
    return (
        f"Plusieurs colonnes de la liste {finding.list} peuvent être {column_title(finding)} : donnez exactement ce "
        "titre à la bonne et retirez l'autre du tableau."
    )


def _row_not_understood(finding: Finding) -> str:
    if flaw(finding) == "several":
        return "Cette ligne semble contenir plusieurs personnes : écrivez une seule personne par ligne."
    if flaw(finding) == "in_doubt":
        return (
            "Les colonnes de cette ligne ne se distinguent pas avec certitude (guillemets ou séparateurs en trop, "
            "zone de texte) : elle n'a pas été lue. Saisissez-la de nouveau, ou envoyez l'annexe 1 au format .xlsx "
            "ou .docx."
        )
    if flaw(finding) == "contrary":
        return (
            "Cette ligne dit le contraire de sa liste (« à supprimer » dans la liste 1, par exemple) : mettez la "
            "personne dans l'autre liste, ou effacez ces mots."
        )
    if flaw(finding) == "has_end":
        return (
            "Cette ligne de la liste 1 porte aussi une date de fin : si l'accès est à clôturer, mettez la personne "
            "dans la liste 2 ; sinon, effacez cette date."
        )
    return (
        "On ne reconnaît dans cette ligne ni un titre, ni une personne avec chaque valeur dans sa colonne, ni une "
        "simple note : elle n'a pas été lue. Complétez-la, récrivez-la ou supprimez-la."
    )


def _table_not_understood(finding: Finding) -> str:
    if finding.severity is Severity.WARNING:
        return "Ce tableau semble servir aux signatures : il n'a pas été lu."
    return (
        "Ces lignes ne peuvent être rattachées ni à la liste 1, ni à la liste 2 : elles n'ont pas été lues. Si elles "
        "font partie de l'une des deux, mettez-les dans un tableau, sous le titre du modèle (« 1 - Liste des "
        "personnes… » ou « 2 - Liste des personnes… ») et les titres des colonnes ; sinon, retirez-les de l'annexe 1."
    )


def _too_many(finding: Finding) -> str:
    count = of(finding, Count).count
    if finding.severity is not Severity.ERROR:
        if count == 1:
            return "Un autre constat de même nature n'est pas affiché."
        return f"{count} autres constats de même nature ne sont pas affichés."
    if count == 1:
        return "Ce document contient trop d'erreurs. Une autre n'est pas affichée : corrigez-les et renvoyez-le."
    more = f"{count} autres ne sont pas affichées :"
    return f"Ce document contient trop d'erreurs. {more} corrigez celles-ci, puis envoyez-le de nouveau."


WORDS: Mapping[str, str | Callable[[Finding], str]] = {
    "list-missing": _list_missing,
    "column-missing": _column_missing,
    "column-ambiguous": _column_ambiguous,
    "transmission-date-missing": _transmission_missing,
    "transmission-date-future": _transmission_future,
    "transmission-date-ambiguous": _transmission_ambiguous,
    "table-not-understood": _table_not_understood,
    "row-not-understood": _row_not_understood,
    "row-skipped": "Ligne d'exemple laissée dans le formulaire : elle n'a pas été lue.",
    "too-many-findings": _too_many,
}
