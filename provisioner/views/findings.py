"""The French words of every finding: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from provisioner.domain.annexe.details import BothLists, Flaw, OtherRow, ReadAs, Said, WhyUnreadable
from provisioner.domain.annexe.document import Finding
from provisioner.views import layout_findings, register_findings
from provisioner.views.dates import french_date
from provisioner.views.details import column_title, day, flaw, of, or_waiver
from provisioner.views.unreadable import why_unreadable


def message(finding: Finding) -> str:
    """The sentence for a finding: what was found and what to do.

    Raises:
        KeyError: the code is not one of the contract's.
    """
    words = _WORDS[finding.code]
    if isinstance(finding.details, Said):
        return finding.details.sentence
    if finding.waived:
        return "Adresse acceptée : dérogation accordée pour cette ligne."
    return words if isinstance(words, str) else words(finding)


def _unreadable(finding: Finding) -> str:
    why = of(finding, WhyUnreadable)
    reason, folder = why.reason, why.folder
    if reason == "unknown-partner":
        where = f"Le code partenaire « {folder} » n'est pas connu" if folder else "Le partenaire n'est pas indiqué"
        return (
            f"{where} : ce document n'a pas été lu. Merci de le déposer de nouveau dans le dossier qui porte le code "
            "du partenaire."
        )
    return f"Ce document ne peut pas être lu : {why_unreadable(reason)}"


def _cell_missing(finding: Finding) -> str:
    if flaw(finding) == "refers":
        return f"La cellule {column_title(finding)} renvoie à une autre : écrivez la valeur en toutes lettres."
    return f"La cellule {column_title(finding)} est vide : complétez-la."


def _email_invalid(finding: Finding) -> str:
    if flaw(finding) == "several":
        return "Cette cellule contient plusieurs adresses : indiquez-en une seule, propre à la personne."
    if finding.suggestion:
        return f"Ceci n'est pas une adresse électronique valide. Peut-être « {finding.suggestion} » ?"
    return "Ceci n'est pas une adresse électronique valide : corrigez-la (forme attendue : prenom.nom@domaine.fr)."


_SUSPICIOUS = {
    "too-long": "Ce texte est trop long (plus de 255 caractères) : raccourcissez-le.",
    "formula": "Cette cellule contient une formule : remplacez-la par le texte lui-même.",
    "line-break": "Cette adresse est coupée par un retour à la ligne : écrivez-la d'un seul tenant.",
    "refused-in-name": "Un nom ou un prénom ne peut pas contenir ce caractère",
    "refused-in-function": (
        "Une fonction ne peut ni contenir « < » ou « > », ni commencer par « = », « + » ou « @ » : écrivez-la en "
        "toutes lettres."
    ),
    "cut": "Ce nom finit par un trait d'union, il semble coupé : complétez-le.",
}


def _suspicious(finding: Finding) -> str:
    kind, characters = of(finding, Flaw).what, of(finding, Flaw).characters
    if kind == "refused-in-name":
        return f"{_SUSPICIOUS[kind]}{f' : {characters}' if characters else ''}. Retirez-le."
    if kind in _SUSPICIOUS:
        return _SUSPICIOUS[kind]
    return (
        "Cette cellule contient des caractères invisibles ou trompeurs"
        f"{f' ({characters})' if characters else ''} : effacez-la et saisissez-la de nouveau au clavier."
    )


def _garbled(finding: Finding) -> str:
    start = "Des lettres de cette cellule ont été abîmées à l'enregistrement du fichier"
    if finding.suggestion:
        return f"{start}. Peut-être « {finding.suggestion} » ? Saisissez-la de nouveau."
    return f"{start} : saisissez-la de nouveau."


def _date_invalid(finding: Finding) -> str:
    if flaw(finding) == "ditto":
        return "Cette cellule reprend la date du dessus, qui n'a pas pu être lue : écrivez la date (jour/mois/année)."
    if flaw(finding) == "month_first":
        return (
            "Cette date peut se lire de deux façons, car une autre date du document est écrite mois/jour/année : "
            "écrivez-la avec le mois en lettres, par exemple 10 juin 2026."
        )
    return (
        "Aucune date certaine ne peut être lue ici : écrivez-la sous la forme jour/mois/année, avec une année à "
        "quatre chiffres entre 2000 et 2100, par exemple 10/06/2026."
    )


def _date_repaired(finding: Finding) -> str:
    return f"Date lue comme le {_read_as(finding)} : vérifiez."


def _read_as(finding: Finding) -> str:
    value = of(finding, ReadAs).value
    return french_date(value) if isinstance(value, date) else value


def _date_future(finding: Finding) -> str:
    if finding.list == 2:
        return f"Date à venir : l'accès sera clôturé à la fin de la journée du {day(finding)}."
    return f"Date à venir : l'accès sera ouvert le {day(finding)}."


def _ditto(finding: Finding) -> str:
    return f"Signe de répétition lu comme « {_read_as(finding)} » (cellule du dessus)."


def _struck_or_hidden(finding: Finding) -> str:
    is_hidden = flaw(finding) == "hidden"
    how, mend = ("masquée", "affichez-la en entier") if is_hidden else ("barrée", "récrivez-la sans rien de barré")
    return (
        f"Cette ligne est {how}, au moins en partie : la personne est-elle à conserver ou à retirer ? "
        f"Supprimez la ligne ou {mend}, puis envoyez de nouveau l'annexe."
    )


def _repaired(finding: Finding) -> str:
    read = finding.suggestion
    return (
        f"Espaces, tirets, puces, majuscules ou caractères invisibles corrigés{f' : lu « {read} »' if read else ''}."
    )


def _duplicate(finding: Finding) -> str:
    row = of(finding, OtherRow).row
    where = f" (ligne {row})" if row else ""
    return f"Cette adresse figure déjà dans la même liste{where} : supprimez la ligne en trop ou corrigez l'adresse."


def _possible_duplicate(finding: Finding) -> str:
    other = of(finding, OtherRow)
    where = f" (liste {other.list}, ligne {other.row})" if other.row else ""
    return (
        f"Le même nom, ou presque, existe avec une autre adresse : {other.email}{where}. S'agit-il d'un changement "
        "d'adresse ?"
    )


def _both(finding: Finding) -> str:
    both = of(finding, BothLists)
    return (
        f"Cette personne figure aussi dans la liste 1 (ligne {both.other_row}), sans que les dates l'expliquent. "
        f"Demande : {french_date(both.requested_on)} ; fin : {french_date(both.ended_on)}. Laissez-la dans une seule "
        "des deux listes, ou corrigez les dates."
    )


def _too_old(finding: Finding) -> str:
    return (
        f"Cette fin d'habilitation ({day(finding)}) date de plus de 2 ans à la date de transmission : "
        "la ligne ne doit plus figurer dans la liste 2."
    )


_WORDS: Mapping[str, str | Callable[[Finding], str]] = {
    **register_findings.WORDS,
    **layout_findings.WORDS,
    "unreadable-document": _unreadable,
    "cell-missing": _cell_missing,
    "email-invalid": _email_invalid,
    "email-consumer": lambda finding: (
        "Cette adresse est celle d'une messagerie grand public : indiquez l'adresse professionnelle de la personne"
        f"{or_waiver(finding)}."
    ),
    "email-shared-mailbox": lambda finding: (
        "Cette adresse semble partagée par plusieurs personnes : indiquez l'adresse nominative de la personne"
        f"{or_waiver(finding)}."
    ),
    "suspicious-characters": _suspicious,
    "letters-garbled": _garbled,
    "words-joined": (
        "Le texte de cette cellule va à la ligne dans le PDF : des mots ont pu y être collés. Vérifiez, ou envoyez "
        "l'annexe 1 dans son format d'origine."
    ),
    "date-invalid": _date_invalid,
    "date-repaired": _date_repaired,
    "date-future": _date_future,
    "ditto-expanded": _ditto,
    "struck-or-hidden": _struck_or_hidden,
    "pending-revisions": (
        "Ce document contient des modifications suivies : les ajouts ont été lus, les passages supprimés ne l'ont "
        "pas été. Acceptez ou refusez les modifications avant l'envoi."
    ),
    "text-repaired": _repaired,
    "duplicate-person": _duplicate,
    "possible-duplicate": _possible_duplicate,
    "in-both-lists": _both,
    "closure-too-old": _too_old,
}

#: Every code that has words: the contract's table.
CODES = frozenset(_WORDS)
