"""The French words of every finding: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from provisioner.domain.annexe import Column, Finding
from provisioner.domain.people import Person
from provisioner.texts.dates import french_date
from provisioner.texts.unreadable import why_unreadable

#: The columns' titles, as the form prints them.
COLUMNS: Mapping[Column, str] = {
    Column.LAST_NAME: "Nom",
    Column.FIRST_NAMES: "Prénom(s)",
    Column.FUNCTION: "Fonction/qualité",
    Column.EMAIL: "Adresse électronique",
    Column.REQUESTED_ON: "Date de demande d'habilitation",
    Column.ENDED_ON: "Date de fin d'habilitation",
}

#: What the report says of A8's findings: it goes to the partner, who must not learn who else has an account.
_NOT_AS_IT_IS = "Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera."


def message(finding: Finding) -> str:
    """The sentence for a finding: what was found and what to do.

    Raises:
        KeyError: the code is not one of the contract's.
    """
    words = _WORDS[finding.code]
    sentence = words if isinstance(words, str) else words(finding)
    return f"{sentence} Dérogation accordée pour cette ligne." if finding.details.get("waived") else sentence


def _day(finding: Finding, key: str) -> str | None:
    value = finding.details.get(key)
    return french_date(value) if isinstance(value, date) else None


def _number(finding: Finding, key: str) -> int | None:
    value = finding.details.get(key)
    return value if isinstance(value, int) else None


def _text(finding: Finding, key: str) -> str | None:
    value = finding.details.get(key)
    return value if isinstance(value, str) and value else None


def _who(finding: Finding) -> str:
    person = finding.details.get("person")
    if isinstance(person, Person):
        return f"{person.first_names} {person.last_name} ({person.email})".strip()
    return finding.value or "Une personne"


def _column(finding: Finding) -> str:
    return f"« {COLUMNS[finding.column]} »" if finding.column else "demandée"


def _unreadable(finding: Finding) -> str:
    return f"Ce document ne peut pas être lu : {why_unreadable(_text(finding, 'reason'))}"


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
    return f"La colonne {_column(finding)} manque dans la liste {finding.list} : ajoutez-la, avec ce titre."


def _transmission_missing(finding: Finding) -> str:
    if finding.value:
        return "La date de transmission n'est pas lisible : écrivez-la sous la forme jour/mois/année."
    return "La date de transmission manque : indiquez-la en tête de l'annexe 1, sous la forme jour/mois/année."


def _transmission_future(finding: Finding) -> str:
    on = _day(finding, "transmitted_on")
    return f"La date de transmission{f' ({on})' if on else ''} n'est pas encore arrivée : corrigez-la."


def _stale(finding: Finding) -> str:
    on, current = _day(finding, "transmitted_on"), _day(finding, "current")
    return (
        f"Cette annexe 1{f', datée du {on},' if on else ''} est antérieure à celle qui est en vigueur"
        f"{f' (transmise le {current})' if current else ''} : envoyez une annexe à jour, avec sa date du jour."
    )


def _same_date(finding: Finding) -> str:
    current = _day(finding, "current")
    return (
        f"L'annexe 1 en vigueur porte la même date de transmission{f' ({current})' if current else ''} "
        "avec un autre contenu : vérifiez que celle-ci est bien la plus récente."
    )


def _not_active(finding: Finding) -> str:
    ended, signed = _day(finding, "ended_on"), _day(finding, "signed_on")
    if ended:
        return f"La convention a pris fin le {ended} : aucun accès ne peut être ouvert."
    if signed:
        return f"La convention ne prend effet que le {signed} : aucun accès ne peut être ouvert avant cette date."
    return "La convention n'est pas encore signée : aucun accès ne peut être ouvert."


def _domain(finding: Finding) -> str:
    start = "Le domaine de cette adresse n'est pas l'un de ceux que le partenaire a déclarés"
    if finding.suggestion:
        return f"{start}. Peut-être « {finding.suggestion} » ? Corrigez l'adresse ou demandez une dérogation."
    return f"{start} : corrigez l'adresse ou demandez une dérogation."


def _email_invalid(finding: Finding) -> str:
    if finding.details.get("several"):
        return "Cette cellule contient plusieurs adresses : indiquez-en une seule, propre à la personne."
    if finding.suggestion:
        return f"Ceci n'est pas une adresse électronique valide. Peut-être « {finding.suggestion} » ?"
    return "Ceci n'est pas une adresse électronique valide : corrigez-la (forme attendue : prenom.nom@domaine.fr)."


_SUSPICIOUS = {
    "formula": "Cette cellule contient une formule : remplacez-la par le texte lui-même.",
    "line-break": "Cette adresse est coupée par un retour à la ligne : écrivez-la d'un seul tenant.",
    "refused-in-name": "Un nom ou un prénom ne peut pas contenir ce caractère",
}


def _suspicious(finding: Finding) -> str:
    kind, characters = _text(finding, "kind"), _text(finding, "characters")
    if kind == "refused-in-name":
        return f"{_SUSPICIOUS[kind]}{f' : {characters}' if characters else ''}. Retirez-le."
    if kind in _SUSPICIOUS:
        return _SUSPICIOUS[kind]
    return (
        "Cette cellule contient des caractères invisibles ou trompeurs"
        f"{f' ({characters})' if characters else ''} : effacez-la et saisissez-la de nouveau au clavier."
    )


def _date_invalid(finding: Finding) -> str:
    if finding.details.get("ditto"):
        return "Cette cellule reprend la date du dessus, qui n'a pas pu être lue : écrivez la date (jour/mois/année)."
    return "Aucune date ne peut être lue ici : écrivez-la sous la forme jour/mois/année, par exemple 10/06/2026."


def _date_repaired(finding: Finding) -> str:
    on = _day(finding, "read")
    return f"Date lue comme le {on} : vérifiez." if on else "Date lue malgré sa forme inhabituelle : vérifiez."


def _date_future(finding: Finding) -> str:
    on = _day(finding, "on")
    if finding.list == 2:
        when = f"à la fin de la journée du {on}" if on else "à cette date"
        return f"Date à venir : l'accès sera clôturé {when}."
    return f"Date à venir : l'accès sera ouvert {f'le {on}' if on else 'à cette date'}."


def _ditto(finding: Finding) -> str:
    read = _day(finding, "read") or _text(finding, "read")
    return f"Signe de répétition lu comme « {read} » (cellule du dessus)." if read else "Signe de répétition développé."


def _struck_or_hidden(finding: Finding) -> str:
    how = "masquée" if finding.details.get("how") == "hidden" else "barrée"
    return (
        f"Cette ligne est {how} : la personne est-elle à conserver ou à retirer ? "
        "Supprimez la ligne ou rétablissez-la, puis envoyez de nouveau l'annexe."
    )


def _repaired(finding: Finding) -> str:
    read = finding.suggestion or _text(finding, "read")
    return f"Espaces, tirets, majuscules ou caractères invisibles corrigés{f' : lu « {read} »' if read else ''}."


def _duplicate(finding: Finding) -> str:
    row = _number(finding, "row")
    where = f" (ligne {row})" if row else ""
    return f"Cette adresse figure déjà dans la même liste{where} : supprimez la ligne en trop ou corrigez l'adresse."


def _possible_duplicate(finding: Finding) -> str:
    other, row, number = _text(finding, "other"), _number(finding, "row"), _number(finding, "list")
    where = f" (liste {number}, ligne {row})" if row and number else ""
    return (
        "Le même nom, ou presque, existe avec une autre adresse"
        f"{f' : {other}' if other else ''}{where}. S'agit-il d'un changement d'adresse ?"
    )


def _both(finding: Finding) -> str:
    row = _number(finding, "row")
    requested, ended = _day(finding, "requested_on"), _day(finding, "ended_on")
    dates = f" Demande : {requested} ; fin : {ended}." if requested and ended else ""
    return (
        f"Cette personne figure aussi dans la liste 1{f' (ligne {row})' if row else ''}, sans que les dates "
        f"l'expliquent.{dates} Laissez-la dans une seule des deux listes, ou corrigez les dates."
    )


def _older_request(finding: Finding) -> str:
    ended = _day(finding, "ended_on")
    return (
        f"L'accès de cette personne a été clôturé{f' (fin le {ended})' if ended else ''} depuis cette demande : "
        "s'agit-il d'un ancien formulaire ? Retirez la ligne, ou indiquez la date de la nouvelle demande."
    )


def _returning(finding: Finding) -> str:
    ended = _day(finding, "ended_on")
    return f"L'accès de cette personne avait pris fin{f' le {ended}' if ended else ''} : il sera ouvert de nouveau."


def _too_old(finding: Finding) -> str:
    ended = _day(finding, "ended_on")
    return (
        f"Cette fin d'habilitation{f' ({ended})' if ended else ''} date de plus de 2 ans à la date de transmission : "
        "la ligne ne doit plus figurer dans la liste 2."
    )


def _closure_missing(finding: Finding) -> str:
    ended = _day(finding, "ended_on")
    return (
        f"{_who(finding)} : accès clôturé depuis moins de 2 ans{f' (fin le {ended})' if ended else ''}, "
        "absent de la liste 2. Ajoutez-y la ligne."
    )


def _closure_unknown(finding: Finding) -> str:
    start = "Aucun accès n'a jamais été ouvert à cette adresse pour ce partenaire"
    if finding.suggestion:
        return f"{start}. Peut-être « {finding.suggestion} » ? Vérifiez l'adresse."
    return f"{start} : vérifiez l'adresse."


def _closes_everyone(finding: Finding) -> str:
    count = _number(finding, "count")
    opened = f" ({count} {'accès ouverts' if count > 1 else 'accès ouvert'} aujourd'hui)" if count else ""
    return f"Cette annexe ne laisse aucun accès ouvert au partenaire{opened} : vérifiez que c'est bien voulu."


def _unaccounted(finding: Finding) -> str:
    return (
        f"{_who(finding)} a un accès ouvert et ne figure dans aucune des deux listes : "
        "décidez de conserver ou de clôturer cet accès."
    )


def _late(finding: Finding) -> str:
    days = _number(finding, "days")
    lag = f" {days} jour{'s' if days > 1 else ''} après" if days else " après"
    return f"Ce départ est parvenu à la Caf{lag} la fin de l'habilitation : les départs sont à signaler sans délai."


_WORDS: Mapping[str, str | Callable[[Finding], str]] = {
    "unreadable-document": _unreadable,
    "list-missing": _list_missing,
    "column-missing": _column_missing,
    "transmission-date-missing": _transmission_missing,
    "transmission-date-future": _transmission_future,
    "stale-annexe": _stale,
    "same-date": _same_date,
    "convention-not-active": _not_active,
    "cell-missing": lambda finding: f"La cellule {_column(finding)} est vide : complétez-la.",
    "email-invalid": _email_invalid,
    "email-domain": _domain,
    "email-consumer": (
        "Cette adresse est celle d'une messagerie personnelle : indiquez l'adresse professionnelle de la personne, "
        "ou demandez une dérogation."
    ),
    "email-shared-mailbox": (
        "Cette adresse semble partagée par plusieurs personnes : indiquez l'adresse nominative de la personne, "
        "ou demandez une dérogation."
    ),
    "suspicious-characters": _suspicious,
    "date-invalid": _date_invalid,
    "date-repaired": _date_repaired,
    "date-future": _date_future,
    "ditto-expanded": _ditto,
    "struck-or-hidden": _struck_or_hidden,
    "pending-revisions": (
        "Ce document contient des modifications en suivi : les ajouts ont été lus, les suppressions ne l'ont pas été. "
        "Acceptez ou refusez les modifications avant l'envoi."
    ),
    "text-repaired": _repaired,
    "duplicate-person": _duplicate,
    "possible-duplicate": _possible_duplicate,
    "in-both-lists": _both,
    "request-older-than-closure": _older_request,
    "returning": _returning,
    "closure-too-old": _too_old,
    "closure-missing": _closure_missing,
    "closure-unknown": _closure_unknown,
    "closes-everyone": _closes_everyone,
    "unaccounted-for": _unaccounted,
    "address-of-other-partner": _NOT_AS_IT_IS,
    "address-not-managed": _NOT_AS_IT_IS,
    "late-departure": _late,
}

#: Every code that has words: the contract's table.
CODES = frozenset(_WORDS)
