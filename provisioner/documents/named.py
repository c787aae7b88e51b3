"""Words that stand in no list and name somebody: what they ask for is told, and who is named without a role.

Whoever writes an annexe names persons for other reasons too: whom it is addressed to, who signs it, whom to ask.
"""

from __future__ import annotations

import re

from provisioner.documents.dates import read_date
from provisioner.documents.headings import Kind, is_place, list_of, read_words, words_of
from provisioner.documents.odd_rows import takes_rows_back
from provisioner.documents.text import quoted
from provisioner.domain.annexe.details import Table
from provisioner.domain.annexe.document import Finding, Severity

#: More words of a line are not looked at for a date.
_MOST_WORDS = 60

_TITLE = r"(?i:m\.|mr|mmes?|mlle|monsieur|madame)\s+(?!(?i:l[ea]s?\b|l['’]))"
_WORD = r"[A-ZÀ-Þ][\w'’-]+"
_TITLED = rf"{_TITLE}{_WORD}(?:\s{_WORD}){{0,3}}"
_ADDRESS = r"[\w.+-]+@[\w.-]+"
#: A name without its title, where other words show that it is one: no place's and no authority's.
_TWO_WORDS = (
    r"(?=[A-ZÀ-Þ][\w'’-]{1,30} ?[\w'’-]{0,30}[a-zß-ÿ])"
    r"(?!(?:L[ea]s?|Villes?|Commun\w+|Agglo\w+|Pays|Maire|Mairie|Centre|Conseil|Caisse|Caf"
    rf"|Convention|Saint\w*|Mon|Notre|Votre|Relais|Petite|Multi|Plateforme|Coop\w+)\b){_WORD} (?!Caf\b|CAF\b){_WORD}"
)
_INFINITIVE = r"\b(?i:\w+(?:er|ir|re))\b"

#: Somebody of whom an access is asked for, or its end.
_NAMED = re.compile(
    rf"@|\b{_TITLE}[A-ZÀ-Þ]"
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
_OF_ANYBODY = re.compile(
    r"\b(?:tou(?:te?|s|tes) (?!(?:les |ses )?(?:acces|comptes?|habilitations?|fonctions)\b)|chaque\b|lorsqu"
    r"|en cas (?!de besoin)|si (?!possible|besoin))"
)

#: Who signs, where the form is to be sent, on whose word it is written, who is in charge of accesses.
_OF_THE_FORM = re.compile(
    rf"\b(?i:soussign[ée]e?s?)\W+{_TITLED}"
    r"|\b(?i:r?envo[iy]|adress(?:er|ez)|[ée]cri|transm|retourn|contacte[rz])\w*"
    rf"(?i:\s+(?:par|(?:e-?)?mail|courriel|à|a|l['’]adresse|suivante))*\s*:?\s*{_ADDRESS}"
    rf"|\b(?i:adresser à|envoyer à|transmettre à|pr[ée]venir|informer)\s{_TITLED}"
    rf"|(?i:\bavec|[àa] (?:la demande|l['’](?:attention|appel)) de|(?<!remplac[ée])(?<!remplac[ée]e) par)\s{_TITLED}"
    rf"|{_TITLED},? \(?(?:de la )?C(?:af|AF)\b"
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
_NAMES = re.compile(rf"@|\b{_TITLE}[A-ZÀ-Þ]|^\s*[-•–*▪+]\s*{_TWO_WORDS}|\b(?i:ligne) (?:n ?° ?)?\d")
_STARTS_WITH_NAME = re.compile(rf"^\W*{_TWO_WORDS}(?![\w' -]*,? le \d)")
#: Nothing else than whom it is addressed to, or an address.
_ALONE = re.compile(rf"^\s*(?:(?i:bonjour|ch[eè]re?)\s)?(?:{_TITLED}|{_ADDRESS})\W*")
#: The role of who is named, or a means of reaching them.
_ROLE = re.compile(
    r"\b(?:(?:dossier |affaire )?suivie? (?:par|du)|contact|interlocut|correspond|destinatair|expedit|emetteur|copie"
    r"|cc\b|signat|represent|attention de|adresse[rz]|envo[iy]|renvo|transm|retour(?:ne| a)|joindre|aupres|renseign"
    r"|question|rgpd|dpo\b|tel\b|telephone|portable|fax\b|agree[rz]|cordialement|visa\b)"
    r"|^(?:e ?mail|mail|mel|courriel|adresse|site|objet|(?:n |v |nos |vos )?ref\b|pour information)"
    r"|^(?:l[ea] |votre |notre |nom d[eu] (?:la )?)?(?:maire|president|direct|dgs|drh|secretaire|adjoint|vice|elue? "
    r"|chef|responsable|referent|coordinat|charge|gestionnaire|administrat|deleg|redact|auteur|demandeu)"
    r"|\b0\d(?: ?\d\d){4}\b"
)
#: What follows the name of who signs: « Mme Roy, directrice du CCAS ».
_WITH_FUNCTION = re.compile(
    rf"^\W*{_TITLED}\W+(?:\w+\s)?(?i:maire|pr[ée]sident|direct(?:eur|rice)|dgs|drh|secr[ée]taire|adjoint|vice|[ée]lu)"
    r"[^,;:.]*"
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
    return Finding("table-not-understood", severity, value=quoted(text), details=Table(()))


def asks_for_somebody(text: str) -> bool:
    """Whether words outside a list ask for somebody's access or its end: « Merci de clôturer celui de M. Petit »."""
    if read_words(text).kind is Kind.SIGNATURE:
        return False
    return any(map(_asks, _SENTENCE_END.split(text)))


def _asks(sentence: str) -> bool:
    sentence = _OF_THE_FORM.sub("", _ADDRESSEE.sub("", sentence))
    plain = words_of(sentence)
    is_asking = list_of(plain) is not None or _ASKS.search(plain) is not None
    return is_asking and _NAMED.search(sentence) is not None and _OF_ANYBODY.search(plain) is None


def names_somebody(text: str) -> bool:
    """Whether words outside a list name somebody without a role in the document: « Mme Petit prend sa retraite »."""
    rest = _OF_THE_FORM.sub("", _ADDRESSEE.sub("", text))
    if _NAMES.search(rest) is None and not (_STARTS_WITH_NAME.match(rest) and has_date(rest)):
        return False
    if any(pattern.fullmatch(text) for pattern in (_ALONE, _WITH_FUNCTION)):
        return False
    plain = words_of(text)
    is_of_form = _ROLE.search(plain) or _OF_ANYBODY.search(plain) or is_place(plain)
    return not is_of_form and read_words(text).kind is not Kind.SIGNATURE


def is_contact(text: str) -> bool:
    """Whether words with an address begin by saying whose it is, or say that something is to be sent there."""
    if "@" not in text:
        return False
    return _ROLE.match(words_of(text)) is not None or "@" not in _OF_THE_FORM.sub("", text)


def has_date(text: str) -> bool:
    """Whether a word of a text is a date."""
    words = (word.strip("().,;") for word in text.split()[:_MOST_WORDS])
    return any(read_date(word) for word in words if not word.isdigit())  # five figures are a post code
