"""Words that stand in no list and name somebody: what they ask for is told, and who is named without a role.

Whoever writes an annexe names persons for other reasons too: whom it is addressed to, who signs it, whom to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from provisioner.documents.dates import read_date
from provisioner.documents.headings import (
    TITLE,
    Kind,
    any_of,
    is_general,
    is_place,
    list_of,
    read_words,
    without_names,
    words_of,
)
from provisioner.documents.odd_rows import takes_rows_back
from provisioner.documents.text import quoted
from provisioner.domain.annexe.details import Table
from provisioner.domain.annexe.document import Finding, Row, Severity

#: More words of a line are not looked at for a date.
_MOST_WORDS = 60

_WORD = r"[A-ZÀ-Þ][\w'’-]+"
_TITLED = rf"{TITLE}{_WORD}(?:\s{_WORD}){{0,3}}"
_ADDRESS = r"[\w.+-]+@[\w.-]+"
#: A name without its title, where other words show that it is one: no place's and no authority's.
_TWO_WORDS = (
    r"(?=[A-ZÀ-Þ][\w'’-]{1,30} ?[\w'’-]{0,30}[a-zß-ÿ])"
    r"(?!(?:L[ea]s?|Villes?|Commun\w+|Agglo\w+|Pays|Maire|Mairie|Centre|Conseil|Caisse|Caf"
    rf"|Convention|Saint\w*|Mon|Notre|Votre|Relais|Petite|Multi|Plateforme|Coop\w+)\b){_WORD} (?!Caf\b|CAF\b){_WORD}"
)
_AFTER_COLON = re.compile(rf":\s*{_TWO_WORDS}")
_INFINITIVE = r"\b(?i:\w+(?:er|ir|re))\b"

#: Somebody of whom an access is asked for, or its end.
_NAMED = re.compile(
    rf"@|{TITLE}[A-ZÀ-Þ]"
    rf"|\b(?i:acc[èe]s|comptes?|habilitations?|celui|celle|d[ée]part|arriv[ée]e)\s(?i:de\s|à\s|pour\s|d['’]){_TWO_WORDS}"
    rf"|{_INFINITIVE}\s(?i:aussi\s|[ée]galement\s)?(?:l['’]agent\s)?{_TWO_WORDS}|:\s*{_TWO_WORDS}"
    rf"|^\W*{_TWO_WORDS}\W+(?i:a quitt|nous quitt|quitt|part|remplac|est\s|à\s|acc)"
)
#: What asks for it beside the words of a list's heading. Here and below, without accents, capitals and signs.
_ASKS = re.compile(
    r"\b(?:demand\w*|souhait\w*|sollicit\w*|donner|attribuer|accorder|prevoir)"
    r" (?:\w+ ){0,3}(?:acces|compte|habilitation)s?\b"
    r"|\b(?:suspendre|retablir|partira|garde son|plus besoin)\b"
)

#: Who signs, where the form is to be sent, on whose word it is written, who is in charge of accesses.
_OF_THE_FORM = re.compile(
    rf"\b(?i:soussign[ée]e?s?)\W+{_TITLED}"
    r"|\b(?i:r?envo[iy]|adress(?:er|ez)|[ée]cri|transm|retourn|contacte[rz])\w*"
    rf"(?i:\s+(?:par|(?:e-?)?mail|courriel|à|a|l['’]adresse|suivante))*\s*:?\s*{_ADDRESS}"
    rf"|\b(?i:adresser à|envoyer à|transmettre à|pr[ée]venir|informer)\s{_TITLED}"
    rf"|(?i:\bavec|[àa] (?:la demande|l['’](?:attention|appel)) de|(?<!remplac[ée])(?<!remplac[ée]e) par)\s{_TITLED}"
    rf"|{_TITLED}(?:,| [-–])? \(?(?:de la )?C(?:af|AF)\b"
    rf"|(?i:merci à|remerci(?:ons|e))\s{_TITLED}"
    rf"|\b(?i:charg[ée]e?s?\s(?:de\s|d['’])|(?:habilit|autoris)[ée]e?s?\sà\s|contact\spour\s){_INFINITIVE}"
    rf"(?:\s(?:et|ou)\s(?:à\s|de\s|d['’])?{_INFINITIVE})*"
)
#: Whom a letter is addressed to: « Madame Durand, merci d'ouvrir les accès ci-dessous ».
_ADDRESSEE = re.compile(
    rf"^\W*(?:(?i:bonjour|ch[eè]re?|merci)\s)?{_TITLED}(?:\s?[,–-])?\s"
    r"(?=.*\b(?i:liste|tableau|ci-\w+|suivant(?:e?s)|(?:les|des|nos|ces)\s(?:agents|personnes))\b)"
)
#: Where a sentence ends; not after « M. ».
_SENTENCE_END = re.compile(r"(?<!\b[A-ZÀ-Þ])(?<!\bMr)(?<!\bMme)[.;!?]\s+")

#: Somebody who is named: with a title or an address, after a list's dash, by the row, or with a date.
_NAMES = re.compile(rf"@|{TITLE}[A-ZÀ-Þ]|^\s*[-•–*▪+]\s*{_TWO_WORDS}|\b(?i:ligne) (?:n ?° ?)?\d")
_STARTS_WITH_NAME = re.compile(rf"^\W*{_TWO_WORDS}(?![\w' -]*,? le \d)")
#: Nothing else than whom it is addressed to, or an address.
_ALONE = re.compile(rf"^\s*(?:(?i:bonjour|ch[eè]re?|à|a|attn\W*|p\W?o\W*)\s)?(?:{_TITLED}|{_ADDRESS})\W*")
#: How to reach somebody, whom something is for or from, a telephone.
_REACHES = re.compile(
    r"\b"
    + any_of(
        r"""
        (?:dossier_|affaire_)?suivie?_(?:par|du) contact\w* interlocut\w* correspond\w* destinatair\w* expedit\w*
        emetteur copies? cc signat\w* represent\w* attention_de adresse[rz] r?envo[iy]\w* transm\w* retourne\w*
        retour_a joindre aupres renseign\w* questions? rgpd dpo tel telephone portable fax agree[rz] cordialement
        rssi dsi visa 0\d(?:_?\d\d){4}
        """
    )
)
#: What begins a line that says who somebody is, or what stands there.
_ROLE = re.compile(
    r"(?:(?:l[ea]?|votre|notre|agente?|personne|(?:(?:noms?|prenoms?|qualite|fonction|et) )+d[eu](?: la)?"
    r"(?: personne)?) )?"
    + any_of(
        r"""
        maire president\w* direct\w* dgs drh secretaire adjointe? vice elue? chef\w* responsable referente?
        coordinat\w* chargee? gestionnaire administrat\w* deleg\w* redact\w* auteur demandeu\w* declarante?
        conseill\w* pilote? valid\w* en_charge assistante? tresori\w* signataire
        ayant_(?:complete|rempli|etabli|saisi|redige)
        """
    )
    + "|"
    + any_of(
        "pieces?_jointes? p_?j e_?mail mail mel courriel adresse site objet (?:[nv]|[nv]os)?_?ref pour_information"
    )
)
#: What follows the name of who signs: « Mme Roy, directrice du CCAS ».
_WITH_FUNCTION = re.compile(
    rf"^\W*{_TITLED}\W+(?:\w+\s)?(?i:maire|pr[ée]sident|direct(?:eur|rice)|dgs|drh|secr[ée]taire|adjoint|vice|[ée]lu"
    r"|coordinat(?:eur|rice)|responsable|charg[ée]e? de|tr[ée]sori[eè]re?)"
    r"[^,;:.]*"
)

#: Words of the letter round the lists, which can be nobody of a list's: who is in charge, what is enclosed, its date.
_OF_LETTER = re.compile(
    r"(?:affaire|dossier) suivie? par\b|pieces? jointes?\b|p ?j\b|copies? (?:a|pour)\b|a l attention\b"
    r"|(?:votre|vos|notre|nos) (?:interlocut|correspond|contact|referent)|personnes? (?:a contacter|referente)\b"
    r"|(?:bien )?cordialement\b|version (?:\d|du \d|definitive)|(?:etat|situation|liste arretee) au \d"
    r"|(?:derniere )?(?:mise a jour|maj) (?:le |du |au )?\d|(?:modifie|edite|imprime)e? le \d"
    r"|(?:(?:lun|mar|mercre|jeu|vendre)di |date |le )\d{1,2} \w+ \d{4}$"
)
#: Where and when a letter was written, or somebody with a date.
_PLACE_AND_DATE = re.compile(r"(?:[ÀA] )?[A-ZÀ-Þ][\w'’ -]{1,40}, ?le (?=\d)")

#: Each name in a text; two persons under one title.
_A_NAME = re.compile(rf"{_TITLED}|(?:^\W*|[,:;]\s*|\bet\s){_TWO_WORDS}")
_OF_SEVERAL = re.compile(r"\b(?:mmes|mm|mesdames|messieurs)\b", re.IGNORECASE)
#: By these, words say the contrary of their list, or may.
_CALLS_OFF = re.compile(
    r"\b(?:pas|non|sans|plus a|finalement|erreur|annul\w*|report\w*|rest\w+|revien\w*|suspen\w*|gard\w+|conserv\w+"
    r"|maint\w+)\b"
)


def told(text: str, number: int | None = None) -> Finding | None:
    """What is to be said of words that stand in no list: an error where they ask for somebody or take rows back, a
    warning where they only name somebody.

    `number`: the list of the rows above them, None where there are none.
    """
    if asks_for_somebody(text) or takes_rows_back(text, number):
        severity = Severity.ERROR
    elif names_somebody(text):
        severity = Severity.WARNING
    else:
        return None
    return in_no_list(text, severity)


def in_no_list(text: str, severity: Severity) -> Finding:
    """The words are told, quoted."""
    return Finding("table-not-understood", severity, value=quoted(text), details=Table(()))


def settled(finding: Finding, text: str, rows: Iterable[Row]) -> Finding:
    """What is to be said of words that ask for somebody, once every row is read: a warning where the rows say it too.

    « Suite au départ de M. Petit, voici l'annexe mise à jour », with M. Petit in list 2, or his namesake.
    """
    return replace(finding, severity=Severity.WARNING) if _is_asked_in(rows, text) else finding


def _is_asked_in(rows: Iterable[Row], text: str) -> bool:
    """Whether every name in words is the last name of a row in the list that they speak of; in words about both
    lists, whether each list has one of them.
    """
    plain = words_of(without_names(text))
    number = list_of(plain)
    if number is None or _OF_SEVERAL.search(text) or _CALLS_OFF.search(plain):
        return False
    spoken_of = [row for row in rows if number in (0, row.list)]
    named = [set(words_of(name[0]).split()) for name in _A_NAME.finditer(text)]
    lists_of_named = [
        {row.list for row in spoken_of if row.last_name and words.issuperset(words_of(row.last_name).split())}
        for words in named
    ]
    addresses = {row.email for row in spoken_of}
    return (
        all(lists_of_named)
        and len(set().union(*lists_of_named)) == (2 if number == 0 else 1)
        and addresses.issuperset(map(str.lower, re.findall(_ADDRESS, text)))
    )


def asks_for_somebody(text: str) -> bool:
    """Whether words outside a list ask for somebody's access or its end: « Merci de clôturer celui de M. Petit »."""
    if read_words(text).kind is Kind.SIGNATURE:
        return False
    return any(map(_asks, _SENTENCE_END.split(text)))


def _asks(sentence: str) -> bool:
    sentence = _OF_THE_FORM.sub("", _ADDRESSEE.sub("", sentence))
    plain = words_of(_AFTER_COLON.sub(":", without_names(sentence)))
    is_asking = list_of(plain) is not None or _ASKS.search(plain) is not None
    return is_asking and _NAMED.search(sentence) is not None and not is_general(plain)


def names_somebody(text: str) -> bool:
    """Whether words outside a list name somebody without a role in the document: « Mme Petit prend sa retraite »."""
    rest = _OF_THE_FORM.sub("", _ADDRESSEE.sub("", text))
    if _NAMES.search(rest) is None and not (_STARTS_WITH_NAME.match(rest) and has_date(rest)):
        return False
    if any(pattern.fullmatch(text) for pattern in (_ALONE, _WITH_FUNCTION)):
        return False
    plain = words_of(text)
    is_of_form = _REACHES.search(plain) or _ROLE.match(plain) or is_general(plain) or is_place(plain)
    return not is_of_form and read_words(text).kind is not Kind.SIGNATURE


def is_contact(text: str) -> bool:
    """Whether words with an address begin by saying whose it is, or say that something is to be sent there, and ask
    for nobody's access.
    """
    if "@" not in text or asks_for_somebody(text):
        return False
    plain = words_of(text)
    is_said = _REACHES.match(plain) is not None or _ROLE.match(plain) is not None
    return is_said or "@" not in _OF_THE_FORM.sub("", text)


def is_of_letter(text: str) -> bool:
    """Whether words alone in a table's row are of the letter round it: « Affaire suivie par Mme Roy », « PJ : 2 »."""
    title, colon, _ = text.partition(":")
    is_role = any(pattern.match(words_of(title)) for pattern in (_REACHES, _ROLE)) and bool(colon)
    return is_role or _OF_LETTER.match(words_of(text)) is not None


def may_be_place_and_date(text: str) -> bool:
    """Whether words may say where and when a letter was written: « Lille, le 4 juin 2026 ». So may somebody's row."""
    place = _PLACE_AND_DATE.match(text)
    return place is not None and read_date(text[place.end() :]) is not None


def may_begin_with_name(text: str) -> bool:
    """Whether words may begin with somebody's name: « Noir Léo, agent », or capitals alone."""
    return text.isupper() or _STARTS_WITH_NAME.match(text) is not None


def has_date(text: str) -> bool:
    """Whether a word of a text is a date."""
    words = (word.strip("().,;") for word in text.split()[:_MOST_WORDS])
    return any(read_date(word) for word in words if not word.isdigit())  # five figures are a post code
