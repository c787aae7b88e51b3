"""The French words of every finding: what is wrong, and what to do about it. One catalogue, by code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import (
    Absent,
    ConventionDates,
    Count,
    Flaw,
    ListGuess,
    OtherRow,
    ReadAs,
    Said,
    Sender,
    WhyUnreadable,
)
from provisioner.domain.annexe.document import Column, Finding
from provisioner.domain.people import EmailAddress
from provisioner.views import hints
from provisioner.views.dates import french_date

#: The columns' titles, as the form prints them.
COLUMNS: Mapping[Column, str] = {
    Column.LAST_NAME: "Nom",
    Column.FIRST_NAMES: "Prénom(s)",
    Column.FUNCTION: "Fonction/qualité",
    Column.EMAIL: "Adresse électronique",
    Column.REQUESTED_ON: "Date de demande d'habilitation",
    Column.ENDED_ON: "Date de fin d'habilitation",
}

#: Those of both lists, before the date.
PERSON_COLUMNS = (Column.LAST_NAME, Column.FIRST_NAMES, Column.FUNCTION, Column.EMAIL)

#: The lists' titles, in short.
LISTS: Mapping[int, str] = {
    1: "Liste 1 : accès demandés ou ouverts",
    2: "Liste 2 : accès à clôturer ou clôturés depuis moins de 2 ans",
}


def message(finding: Finding) -> str:
    """The sentence for a finding: what was found and what to do.

    Raises:
        KeyError: the code is not one of the contract's.
    """
    words = SENTENCES[next(key for key in _keys(finding) if key in SENTENCES or key == finding.code)]
    if isinstance(finding.details, Said):
        return finding.details.sentence
    if finding.waived:
        return "Adresse acceptée : dérogation accordée pour cette ligne."
    return words.format_map(_values(finding))


def _keys(finding: Finding) -> Iterator[str]:
    """Where its sentence may stand, the one that says most first: `cell-missing/refers`, then `cell-missing`."""
    for variant in _variants(finding):
        yield f"{finding.code}/{variant}"
    yield finding.code


def _variants(finding: Finding) -> Iterator[str]:
    match finding.details:
        case Flaw(what=what, characters=characters):
            yield from (f"{what}-shown", what, "shown") if characters else (what,)
        case WhyUnreadable(reason=reason, folder=folder):
            yield from (f"{reason}-folder", reason) if folder else (reason,)
        case ListGuess(number=number):
            yield f"list-{number}-guessed"
        case ConventionDates(ended_on=ended_on, signed_on=signed_on):
            yield "ended" if ended_on else "signed" if signed_on else "unsigned"
        case Sender(is_named=is_named):
            yield "named" if is_named else "unnamed"
        case ReadAs(day=None):
            yield "text"
        case OtherRow(row=None):
            yield "no-row"
        case Count(count=1):
            yield from (f"{finding.severity}-one", "one")
    if finding.suggestion:
        yield "suggestion"
    if finding.value:
        yield "value"
    yield from (f"list-{finding.list}", finding.severity)


def _values(finding: Finding) -> Mapping[str, object]:
    """What may stand in a sentence: what the finding says, then its details by their names."""
    details = finding.details
    given = {field.name: getattr(details, field.name) for field in fields(details)} if details is not None else {}
    return {
        "list": finding.list,
        "suggestion": finding.suggestion,
        "column": f"« {COLUMNS[finding.column]} »" if finding.column else "demandée",
        "who": _who(finding),
        "why": REASONS.get(details.reason, REASONS["failed"]) if isinstance(details, WhyUnreadable) else None,
        "waiver": " ou demandez une dérogation" if finding.list == 1 else "",  # only list 1's are waived (A7)
        **{name: french_date(value) if isinstance(value, date) else value for name, value in given.items()},
    }


def _who(finding: Finding) -> str:
    """The person that a finding is about, with their address."""
    if not isinstance(finding.details, Absent):
        return finding.value or "Une personne"
    person = finding.details.person
    return f"{person.name} ({person.email})".strip()


def place(finding: Finding) -> str:
    """Where a finding stands: « liste 1, ligne 2 (Petit Jean), adresse électronique », or « document »."""
    whose = f" ({finding.who})" if finding.who else ""
    parts = (
        f"liste {finding.list}" if finding.list else "",
        f"ligne {finding.row}{whose}" if finding.row else "",
        f"ligne {finding.sheet_row} de la feuille" if finding.sheet_row else "",
        COLUMNS[finding.column].lower() if finding.column else "",
    )
    return ", ".join(part for part in parts if part) or "document"


def unaccounted_for_the_partner(finding: Finding, decisions: Decisions | None) -> str:
    """A5 as the partner reads it: what to write in the next annexe 1, or what the Caf decided."""
    if decisions is None:
        return (
            f"{_who(finding)} a un accès ouvert et ne figure dans aucune des deux listes : inscrivez cette personne "
            "dans la liste 1 si elle garde son accès, dans la liste 2, avec la date de fin, s'il est à clôturer."
        )
    is_closed = finding.value is not None and decisions.closes(EmailAddress(finding.value))
    decided = "son accès est clôturé" if is_closed else "son accès est conservé"
    return f"{_who(finding)} ne figure dans aucune des deux listes : {decided} par décision de la Caf."


_SEND = "Envoyez l'annexe 1 au format .docx, .odt, .xlsx, .xls, .ods, .csv ou .pdf (non numérisé)."
_SAVE_AGAIN = "Ouvrez-le dans votre suite bureautique, enregistrez-le de nouveau et renvoyez-le."
#: Why a document cannot be read, by the reader's reason.
REASONS: Mapping[str, str] = {
    "empty": f"le fichier est vide. {_SEND}",
    "too-large": f"le fichier est trop volumineux. N'envoyez que l'annexe 1, sans image. {_SEND}",
    "damaged": f"le fichier est incomplet ou endommagé. {_SAVE_AGAIN}",
    "other-format": "son contenu n'est pas celui qu'annonce l'extension de son nom. " + _SAVE_AGAIN,
    "unsupported": f"ce type de fichier n'est pas pris en charge. {_SEND}",
    "old-word": "c'est un ancien document Word (.doc). Enregistrez-le au format .docx et renvoyez-le.",
    "old-office": "c'est un ancien format bureautique. " + _SEND,
    "password": "il est protégé par un mot de passe. Retirez la protection et renvoyez-le.",
    "scan": "c'est une numérisation, sans texte lisible. Saisissez l'annexe 1 dans le modèle et renvoyez-la.",
    "sideways": (
        "le texte d'une de ses pages est tourné sur le côté. Remettez cette page à l'endroit, ou enregistrez "
        "l'annexe 1 au format .docx, et renvoyez-la."
    ),
    "pdf-form": (
        "ses champs de formulaire ou ses annotations ne font pas partie du texte de la page. "
        "Imprimez-le en PDF, ou enregistrez l'annexe 1 au format .docx, et renvoyez-la."
    ),
    "too-many-pages": "il contient beaucoup trop de pages. N'envoyez que l'annexe 1.",
    "image": "c'est une image ou une numérisation. Saisissez l'annexe 1 dans le modèle et renvoyez-la.",
    "encoding": "ses caractères ne sont pas lisibles. Enregistrez-le en CSV UTF-8 ou au format .xlsx.",
    "dtd": f"il contient des définitions externes qui ne sont pas admises. {_SAVE_AGAIN}",
    "archive": f"sa structure interne n'est pas celle d'un document bureautique sain. {_SAVE_AGAIN}",
    "bomb": "son contenu décompressé est démesuré. " + _SAVE_AGAIN,
    "too-many-rows": "il contient beaucoup trop de lignes remplies. Ne gardez que celles de l'annexe 1.",
    "too-long": f"sa lecture demande trop de temps ou de mémoire. {_SAVE_AGAIN}",
    "not-opened": "les droits d'accès au fichier ne permettent pas de l'ouvrir. Déposez-le de nouveau.",
    "failed": f"sa lecture s'est interrompue. {_SAVE_AGAIN}",
}

#: What the report says of A8's findings: it goes to the partner, who must not learn who else has an account.
_NOT_AS_IT_IS = "Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera."

#: The sentence of each code of the contract, with one for each of its variants that says more.
SENTENCES: Mapping[str, str] = {
    "unreadable-document": "Ce document ne peut pas être lu : {why}",
    "unreadable-document/unknown-partner": (
        "Le partenaire n'est pas indiqué : ce document n'a pas été lu. Merci de le déposer de nouveau dans le "
        "dossier qui porte le code du partenaire."
    ),
    "unreadable-document/unknown-partner-folder": (
        "Le code partenaire « {folder} » n'est pas connu : ce document n'a pas été lu. Merci de le déposer de "
        "nouveau dans le dossier qui porte le code du partenaire."
    ),
    "list-missing": (
        "La liste 1 (accès demandés ou ouverts) est introuvable : reprenez le modèle de l'annexe 1, avec le titre "
        "« 1 - Liste des personnes… » au-dessus du tableau."
    ),
    "list-missing/list-2": (
        "La liste 2 (accès à clôturer ou clôturés depuis moins de 2 ans) est introuvable : reprenez le modèle de "
        "l'annexe 1, même si la liste reste vide."
    ),
    "column-missing": "La colonne {column} manque dans la liste {list} : ajoutez-la, avec ce titre.",
    "column-ambiguous": (
        "Plusieurs colonnes de la liste {list} peuvent être {column} : donnez exactement ce titre à la bonne et "
        "retirez l'autre du tableau."
    ),
    "column-ambiguous/list-1-guessed": (
        "Ce tableau semble être la liste 1, mais sa colonne « Date » ne dit pas s'il s'agit de demandes ou de fins : "
        f"intitulez-la « {COLUMNS[Column.REQUESTED_ON]} », ou reprenez au-dessus le titre du modèle."
    ),
    "column-ambiguous/list-2-guessed": (
        "Ce tableau semble être la liste 2, mais sa colonne « Date » ne dit pas s'il s'agit de demandes ou de fins : "
        f"intitulez-la « {COLUMNS[Column.ENDED_ON]} », ou reprenez au-dessus le titre du modèle."
    ),
    "transmission-date-missing": (
        "La date de transmission manque : indiquez-la en tête de l'annexe 1, sous la forme jour/mois/année."
    ),
    "transmission-date-missing/value": (
        "La date de transmission n'est pas lisible : écrivez-la sous la forme jour/mois/année."
    ),
    "transmission-date-future": "La date de transmission ({day}) est à venir : corrigez-la.",
    "transmission-date-ambiguous": "Plusieurs dates de transmission sont indiquées : n'en laissez qu'une.",
    "transmission-date-ambiguous/suggestion": (
        "Plusieurs dates de transmission sont indiquées : n'en laissez qu'une (par exemple {suggestion}, la plus "
        "récente)."
    ),
    "table-not-understood": (
        "Ces lignes ne peuvent être rattachées ni à la liste 1, ni à la liste 2 : elles n'ont pas été lues. Si elles "
        "font partie de l'une des deux, mettez-les dans un tableau, sous le titre du modèle (« 1 - Liste des "
        "personnes… » ou « 2 - Liste des personnes… ») et les titres des colonnes ; sinon, retirez-les de l'annexe 1."
    ),
    "table-not-understood/warning": (
        "Ces mots ne sont dans aucune des deux listes (signatures, personne nommée à part) : ils n'ont pas été lus."
    ),
    "row-not-understood": (
        "On ne reconnaît dans cette ligne ni un titre, ni une personne avec chaque valeur dans sa colonne, ni une "
        "simple note : elle n'a pas été lue. Complétez-la, récrivez-la ou supprimez-la."
    ),
    "row-not-understood/several": (
        "Cette ligne semble contenir plusieurs personnes : écrivez une seule personne par ligne."
    ),
    "row-not-understood/in_doubt": (
        "Les cellules de cette ligne ne se lisent pas avec certitude (guillemets ou séparateurs en trop, zone de "
        "texte, texte coupé au bord d'une cellule) : elle n'a pas été lue. Saisissez-la de nouveau, ou envoyez "
        "l'annexe 1 au format .xlsx ou .docx."
    ),
    "row-not-understood/contrary": (
        "Cette ligne contredit sa liste (« à supprimer » dans la liste 1, par exemple) ou la met en doute "
        "(« à confirmer ») : mettez la personne dans la bonne liste, ou effacez ces mots."
    ),
    "row-not-understood/has_end": (
        "Cette ligne de la liste 1 porte aussi une date de fin : si l'accès est à clôturer, mettez la personne dans "
        "la liste 2 ; sinon, effacez cette date."
    ),
    "row-skipped": "Ligne d'exemple laissée dans le formulaire : elle n'a pas été lue.",
    "too-many-findings": "{count} autres constats de même nature ne sont pas affichés.",
    "too-many-findings/one": "Un autre constat de même nature n'est pas affiché.",
    "too-many-findings/error": (
        "Ce document contient trop d'erreurs. {count} autres ne sont pas affichées : corrigez celles-ci, puis "
        "envoyez-le de nouveau."
    ),
    "too-many-findings/error-one": (
        "Ce document contient trop d'erreurs. Une autre n'est pas affichée : corrigez-les et renvoyez-le."
    ),
    "cell-missing": "La cellule {column} est vide : complétez-la.",
    "cell-missing/refers": "La cellule {column} renvoie à une autre : écrivez la valeur en toutes lettres.",
    "email-invalid": (
        "Ceci n'est pas une adresse électronique valide : corrigez-la (forme attendue : prenom.nom@domaine.fr)."
    ),
    "email-invalid/several": (
        "Cette cellule contient plusieurs adresses : indiquez-en une seule, propre à la personne."
    ),
    "email-invalid/suggestion": "Ceci n'est pas une adresse électronique valide. Vouliez-vous écrire « "
    "{suggestion} » ?",
    "email-domain": (
        "Le domaine de cette adresse n'est pas l'un de ceux que le partenaire a déclarés : corrigez "
        "l'adresse{waiver}."
    ),
    "email-domain/suggestion": (
        "Le domaine de cette adresse n'est pas l'un de ceux que le partenaire a déclarés. Vouliez-vous écrire "
        "« {suggestion} » ? Corrigez l'adresse{waiver}."
    ),
    "email-consumer": (
        "Cette adresse est celle d'une messagerie grand public : indiquez l'adresse professionnelle de la "
        "personne{waiver}."
    ),
    "email-shared-mailbox": (
        "Cette adresse semble partagée par plusieurs personnes : indiquez l'adresse nominative de la "
        "personne{waiver}."
    ),
    "suspicious-characters": (
        "Cette cellule contient des caractères invisibles ou trompeurs : effacez-la et saisissez-la de nouveau au "
        "clavier."
    ),
    "suspicious-characters/shown": (
        "Cette cellule contient des caractères invisibles ou trompeurs ({characters}) : effacez-la et saisissez-la "
        "de nouveau au clavier."
    ),
    "suspicious-characters/too-long": "Ce texte est trop long (plus de 255 caractères) : raccourcissez-le.",
    "suspicious-characters/formula": "Cette cellule contient une formule : remplacez-la par le texte lui-même.",
    "suspicious-characters/line-break": (
        "Cette adresse est coupée par un retour à la ligne : écrivez-la d'un seul tenant."
    ),
    "suspicious-characters/refused-in-name": "Un nom ou un prénom ne peut pas contenir ce caractère. Retirez-le.",
    "suspicious-characters/refused-in-name-shown": (
        "Un nom ou un prénom ne peut pas contenir ce caractère : {characters}. Retirez-le."
    ),
    "suspicious-characters/refused-in-function": (
        "Une fonction ne peut ni contenir « < » ou « > », ni commencer par « = », « + » ou « @ » : écrivez-la en "
        "toutes lettres."
    ),
    "suspicious-characters/cut": "Ce nom finit par un trait d'union, il semble coupé : complétez-le.",
    "letters-garbled": (
        "Des lettres de cette cellule ont été abîmées à l'enregistrement du fichier : saisissez-la de nouveau."
    ),
    "letters-garbled/suggestion": (
        "Des lettres de cette cellule ont été abîmées à l'enregistrement du fichier. Vouliez-vous écrire "
        "« {suggestion} » ? Saisissez-la de nouveau."
    ),
    "words-joined": (
        "Le texte de cette cellule va à la ligne dans le PDF : des mots ont pu y être collés. Vérifiez, ou envoyez "
        "l'annexe 1 dans son format d'origine."
    ),
    "date-invalid": (
        "Aucune date certaine ne peut être lue ici : écrivez-la sous la forme jour/mois/année, avec une année à "
        "quatre chiffres entre 2000 et 2100, par exemple 10/06/2026."
    ),
    "date-invalid/ditto": (
        "Cette cellule reprend la date du dessus, qui n'a pas pu être lue : écrivez la date (jour/mois/année)."
    ),
    "date-invalid/month_first": (
        "Cette date peut se lire de deux façons, car une autre date du document est écrite mois/jour/année : "
        "écrivez-la avec le mois en lettres, par exemple 10 juin 2026."
    ),
    "date-repaired": "Date lue comme le {day} : vérifiez.",
    "date-future": "Date à venir : l'accès sera ouvert le {day}.",
    "date-future/list-2": "Date à venir : l'accès sera clôturé à la fin de la journée du {day}.",
    "ditto-expanded": "Signe de répétition lu comme « {day} » (cellule du dessus).",
    "ditto-expanded/text": "Signe de répétition lu comme « {text} » (cellule du dessus).",
    "struck-or-hidden": (
        "Cette ligne est barrée, au moins en partie : la personne est-elle à conserver ou à retirer ? Supprimez la "
        "ligne ou récrivez-la sans rien de barré, puis envoyez de nouveau l'annexe."
    ),
    "struck-or-hidden/hidden": (
        "Cette ligne est masquée, au moins en partie : la personne est-elle à conserver ou à retirer ? Supprimez la "
        "ligne ou affichez-la en entier, puis envoyez de nouveau l'annexe."
    ),
    "pending-revisions": (
        "Ce document contient des modifications suivies : les ajouts ont été lus, les passages supprimés ne l'ont "
        "pas été. Acceptez ou refusez les modifications avant l'envoi."
    ),
    "text-repaired": "Espaces, tirets, puces, majuscules ou caractères invisibles corrigés.",
    "text-repaired/suggestion": (
        "Espaces, tirets, puces, majuscules ou caractères invisibles corrigés : lu « {suggestion} »."
    ),
    "duplicate-person": (
        "Cette adresse figure déjà dans la même liste (ligne {row}) : supprimez la ligne en trop ou corrigez "
        "l'adresse."
    ),
    "duplicate-person/no-row": (
        "Cette adresse figure déjà dans la même liste : supprimez la ligne en trop ou corrigez l'adresse."
    ),
    "possible-duplicate": (
        "Le même nom, ou presque, existe avec une autre adresse : {email} (liste {list}, ligne {row}). S'agit-il "
        "d'un changement d'adresse ?"
    ),
    "possible-duplicate/no-row": (
        "Le même nom, ou presque, existe avec une autre adresse : {email}. S'agit-il d'un changement d'adresse ?"
    ),
    "in-both-lists": (
        "Cette personne figure aussi dans la liste 1 (ligne {other_row}), sans que les dates l'expliquent. Demande : "
        "{requested_on} ; fin : {ended_on}. Laissez-la dans une seule des deux listes, ou corrigez les dates."
    ),
    "closure-too-old": (
        "Cette habilitation a pris fin le {day}, plus de 2 ans avant la date de transmission : la ligne ne doit plus "
        "figurer dans la liste 2."
    ),
    "stale-annexe": (
        "Cette annexe 1, datée du {transmitted_on}, est antérieure à celle qui est en vigueur (transmise le "
        "{current}) : envoyez une annexe 1 à jour, datée du jour."
    ),
    "same-date": (
        "L'annexe 1 en vigueur porte la même date de transmission ({current}) avec un autre contenu : vérifiez que "
        "celle-ci est bien la plus récente."
    ),
    "sender-unknown": (
        "Aucun responsable des habilitations du partenaire n'est enregistré (annexe 2) : vérifiez auprès du "
        "partenaire que cette annexe 1 vient de lui."
    ),
    "sender-unknown/named": (
        "Cette annexe 1 n'a pas été envoyée depuis l'adresse du responsable des habilitations désigné à l'annexe 2 : "
        "vérifiez auprès du partenaire qu'elle vient de lui."
    ),
    "convention-not-active": "La convention n'est pas encore signée : aucun accès ne peut être ouvert.",
    "convention-not-active/ended": ("La convention a pris fin le {ended_on} : aucun accès ne peut être ouvert."),
    "convention-not-active/signed": (
        "La convention ne prend effet que le {signed_on} : aucun accès ne peut être ouvert avant cette date."
    ),
    "request-older-than-closure": (
        "L'accès de cette personne a été clôturé (fin le {day}) depuis cette demande : s'agit-il d'un ancien "
        "formulaire ? Retirez la ligne, ou indiquez la date de la nouvelle demande."
    ),
    "returning": "L'accès de cette personne avait pris fin le {day} : il sera ouvert de nouveau.",
    "closure-missing": (
        "{who} : accès clôturé depuis moins de 2 ans (fin le {ended_on}), absent de la liste 2. Ajoutez-y la ligne."
    ),
    "closure-unknown": ("Aucun accès n'a jamais été ouvert à cette adresse pour ce partenaire : vérifiez l'adresse."),
    "closure-unknown/suggestion": (
        "Aucun accès n'a jamais été ouvert à cette adresse pour ce partenaire. Vouliez-vous écrire "
        "« {suggestion} » ? Vérifiez l'adresse."
    ),
    "account-made-again": (
        "Le compte de cette personne a été supprimé dans la console, puis recréé à la main avec la même adresse : le "
        "nouveau compte est actif et n'est pas géré par ce logiciel, la clôture échouera. Désactivez-le ou "
        f"supprimez-le dans la console, ou reprenez-le ({hints.ADOPT})."
    ),
    "closes-everyone": (
        "Cette annexe ne laisse aucun accès ouvert au partenaire ({count} accès ouverts aujourd'hui) : vérifiez que "
        "c'est bien voulu."
    ),
    "closes-everyone/one": (
        "Cette annexe ne laisse aucun accès ouvert au partenaire (1 accès ouvert aujourd'hui) : vérifiez que c'est "
        "bien voulu."
    ),
    "unaccounted-for": (
        "{who} a un accès ouvert et ne figure dans aucune des deux listes : décidez de conserver ou de clôturer cet "
        "accès."
    ),
    "late-departure": (
        "Ce départ a été signalé à la Caf {count} jours après la fin de l'habilitation : les départs sont à signaler "
        "sans délai."
    ),
    "late-departure/one": (
        "Ce départ a été signalé à la Caf 1 jour après la fin de l'habilitation : les départs sont à signaler sans "
        "délai."
    ),
    "address-of-other-partner": _NOT_AS_IT_IS,
    "address-not-managed": _NOT_AS_IT_IS,
}

#: Every code that has words: the contract's table.
CODES = frozenset(key.partition("/")[0] for key in SENTENCES)
