"""Rows of a list that are not one person to be read: an example, several persons, the contrary of their list.

The contrary: somebody of list 1 who leaves, somebody of list 2 who stays (A1, A3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from provisioner.documents.blocks import Cell
from provisioner.documents.headings import list_of, names_nobody, words_of
from provisioner.documents.lines import Line
from provisioner.documents.titles import Titles, columns_of
from provisioner.domain.annexe.document import Column
from provisioner.domain.people import fold

NAMES = (Column.LAST_NAME, Column.FIRST_NAMES)

_EXAMPLE = re.compile(
    r"\W*(?:(?:p(?:ar|\.)? ?)?ex\s?[.:)]|ex\.? ?:|exemples?\b|par exemple\b|mod[eè]le ?:)", re.IGNORECASE
)
_SAYS_EXAMPLE = re.compile(r"\W*(?:par )?exemple\W*", re.IGNORECASE)
_BETWEEN_PERSONS = re.compile(r"[\n,;/&]")
_AND = re.compile(r"\w\s+et\s+\w", re.IGNORECASE)

#: More characters of a cell are not looked at for what it says of the person.
_LONGEST = 200

# Of what a row says of its person, texts are compared without accents and capitals.

#: Told quickly, since a list has as many cells as persons: one of these is in all that counts.
_STEMS = re.compile(
    "suppr(?:im|ess)|clo|activ|annul|ferm|retir|retrait|radi|part|quitt|sort|plus|liste|doublon|enlev|bloqu|conserv"
    "|maint|garder|ouv|pas|ation|inscri|erreur|rayer"
)

#: Somebody else leaves; of a remark alone, it may be foreseen for a day to come, or was a mistake.
_ANOTHERS = re.compile(r"rempla(?!cee? par)|succe|suite (?:a(?! donner)|au)|a la place|ancien")
_NOT_SO = re.compile(
    r"prevue?|\bsuite\b|depart (?:de|d)\b|erreur|a tort|repris|reactiv|rouvr|apres"
    r"|\b(?:fait|fera) partie|(?:formation|essai)(?: \w+)? terminee?|\b(?:en|de) plus l|emploi retraite"
    r"|maison de retraite|\bpartira (?:a la|en) retraite\b|\bsortie de conge"
)

#: What may stand round a word that is alone in its cell.
_AROUND = " .,;:!?*()[]«»\"'-–—/"

_TO_CLOSE = r"(?:supprimer|cloturer|clore|desactiver|fermer|retirer|radier|rayer|enlever|bloquer|desinscrire)"
_CLOSED = r"(?:supprimee?|cloturee?|desactivee?|annulee?|retiree?|radiee?)"
_GONE = r"(?:depart|partie?|sortie?)"
_IN_LIST = r"\b(?:voir|cf\.?|passer?|(?:re)?mettre|basculer?) (?:(?:en|dans|vers|la) )*liste "

#: In list 1: somewhere in a cell; a whole cell of another column than the names; beside somebody's name.
_LEAVES = re.compile(
    rf"\ba {_TO_CLOSE}\b|\bpartie? (?:le|en|depuis|au)\b|\bn(?:e |')(?:fait|est|a|travaille|doit) plus\b"
    r"|\bne (?:plus|pas) (?:ouvrir|creer|activer|habiliter|utiliser|donner|maintenir|renouveler)\b|\ba quitte\b"
    rf"|\bdepart (?:le|au)\b|\(\W*(?:{_GONE}|{_CLOSED})\W*\)|{_IN_LIST}2"
)
_LEAVES_ALONE = re.compile(
    rf"{_TO_CLOSE}|{_CLOSED}|{_GONE}|doublon|suppression|cloture|fermeture|desactivation|retrait|radiation|resiliation"
)
_LEAVES_BESIDE = re.compile(
    rf"\w[\s,;:/\-]+(?:{_CLOSED}|{_TO_CLOSE})\W*$|\w(?: [-–—] |, ?){_GONE}\W*$|^\W*(?:{_CLOSED}|{_TO_CLOSE})[\s:]+\w"
)
#: The same in list 2.
_STAYS = re.compile(
    rf"\ba (?:conserver|maintenir|garder|reactiver|rouvrir|reouvrir)\b|\bne pas {_TO_CLOSE}\b"
    rf"|^(?!.*\bremplacee? par\b).*{_IN_LIST}1"
)
_STAYS_ALONE = re.compile(r"maintenue?|conservee?|annulee?|erreur|doublon|ouverture|creation|maintien|renouvellement")

# In a column that the partner has added, signs do not count either.

#: The titles of remarks, of what is asked for and of the access. A column without a title holds remarks too.
_OF_REMARKS = re.compile(
    r"(?:observations?|commentaires?|remarques?|notes?|precisions?|informations?|infos?|motifs?|statuts?|etat|situation"
    r"|actions?|types?|natures?|mouvements?|demandes?|acces|habilitations?|comptes?|suivi|divers|avis|decisions?)\b.*|"
)
#: Titles of what is to be done.
_OF_DEMAND = re.compile(r"(?:actions?|types? de demande|natures?|mouvements?|demandes?)\b.*")
#: Titles under which « non » says that the access is not to be kept; under others it may say « not yet ».
_OF_KEEPING = re.compile(
    r"\b(?:maint\w+|conserv\w+|(?<!mode de )gard(?:er|ee?)|renouveler|en (?:poste|activite)|presente?)\b"
)
#: Titles under which « oui » says what is, not what is asked for.
_OF_NOW = re.compile(r"\b(?:ouverte?|acti(?:f|ve)|existante?|habilitee?)\b")
#: A remark by which somebody of list 1 is no longer there, unless it says how the person came.
_IS_GONE = re.compile(
    r"^(?:retraite|depart)\b|\b(?:retraitee?|(?:a la|en|a) retraite|demission\w*|licenci\w+|decedee?|deces"
    r"|mutee?|plus (?:en poste|en fonction|presente?|la|besoin|utile|necessaire)"
    r"|reviendra pas|suppr|sortie? des|inacti\w+|annul\w+|remplacee? par|partira|part le|s en va|cess(?:e|era|ation)"
    r"|rupture conventionnelle|abandon de poste|revoquee?|hors effectif|plus dans l effectif"
    r"|non (?:renouvelee?|reconduite?|reelue?))\b"
)
_CAME = re.compile(r"arriv|recrut|\bnouv|venant|retour|embauch")
#: A remark by which somebody of list 2 is there, or comes back.
_IS_THERE = re.compile(
    r"\b(?:(?<!ne )revient|revenue?|(?<!pas )(?<!date )de retour|reintegree?|toujours (?:en|presente?|la|active?)"
    r"|finalement reste|reste(?:nt)? (?:en (?:poste|fonctions?)|finalement)|conserve son|annul\w+)\b"
    r"|^(?:en poste|retour (?:le|en|prevu)|repris\w*)\b"
    r"|\b(?:garder|maintenir|conserver|rouvrir|a ouvrir|nouvel acces)\b"
    r"|(?<!non )(?<!pas )(?<!pas de )(?<!sans )\b(?:renouvele|prolong|report)"
)
#: A remark by which a row of either list is not to be done, or not yet.
_IS_UNSETTLED = re.compile(
    r"\b(?:a (?:ignorer|confirmer|valider|suspendre)|ne pas (?:en )?(?:tenir|prendre|traiter)"
    r"|desist\w+|non (?:souhaitee?|retenue?)"
    r"|ne (?:veut|prend) (?:finalement )?pas|sous reserve|suspendue?|suspension|refusee?"
    r"|(?:inscrit|mis|ajoute)e? par erreur)\b|^erreur$"
    r"|^(?:(?:demande|acces|depart|arrivee|recrutement) )?en attente"
    r"(?: (?:d accord|de (?:confirmation|validation|decision|reponse|recrutement)))?$"
)
#: A remark by which nobody is there yet: of list 2, it says that somebody left.
_IS_VACANT = re.compile(r"(?:poste vacant|en cours de recrutement|recrutement en cours)$")
#: Words about every row of a list, and such as take the whole document back.
_OF_ALL_ROWS = re.compile(
    r"^(?!dans l attente\b).*?"
    r"\b(?:ces (?:agents|acces|personnes|comptes)|(?:agents|acces|personnes|comptes|habilitations) ci dessus)\b"
)
_TAKES_BACK = re.compile(
    r".*\b(?:brouillon|ne pas traiter)\b"
    r"|(?:(?:document|annexe|liste|fiche|version)(?: [12])? )?(?:projet|specimen|provisoire|annulee?)$"
)

#: The most words of a remark that can only be about an access.
_MOST_WORDS = 5

#: A box that is not ticked, with its words; one that is.
_NOT_TICKED, _TICK = re.compile("[☐□][^☐□☒☑✓✔]*"), re.compile("[☒☑✓✔]")
_SAYS_NOTHING = re.compile("n a|nc|non (?:concernee?|applicable|renseignee?)")
_YES, _NO = frozenset(("oui", "o", "x", "ok", "vrai")), frozenset(("non", "n", "faux"))


def is_example(line: Line) -> bool:
    """Whether a row is the example of a form."""
    return _EXAMPLE.match(line.text) is not None or any(_SAYS_EXAMPLE.fullmatch(cell.text) for cell in line.filled)


def holds_several(cells: Mapping[Column, Cell]) -> bool:
    """Whether both names of a row hold several, or one of them « Eva et Léo »: two persons in one row."""
    names = [cells[column].text for column in NAMES if column in cells]
    return any(map(_AND.search, names)) or (len(names) == len(NAMES) and all(map(_is_several, names)))


def _is_several(name: str) -> bool:
    parts = [part for part in _BETWEEN_PERSONS.split(name) if part.strip(" -")]
    return len(parts) >= 2 and not name.split("\n", maxsplit=1)[0].rstrip().endswith("-")


def says_the_contrary(line: Line, number: int, titles: Titles) -> bool:
    """Whether a row of list 1 says that the person leaves, or one of list 2 that the person stays.

    Every cell counts but the address and the date. Beside a name more words count, and so do those of a column that
    the partner has added, with its title (« À clôturer : oui »), and those of a comment or a footnote on any cell.
    """
    at = titles.positions
    names = {at[column] for column in NAMES if column in at}
    sure = {at[column] for column in (Column.EMAIL, columns_of(number)[-1]) if column in at}
    anothers = {x for x, title in titles.others.items() if _ANOTHERS.search(fold(title))}
    left_out = sure | anothers
    own = {x: cell.text for x, cell in enumerate(line.cells) if not cell.merged and x not in left_out}
    notes = [cell.note for cell in line.cells if cell.note]
    anywhere, alone = (_LEAVES, _LEAVES_ALONE) if number == 1 else (_STAYS, _STAYS_ALONE)
    if any(
        anywhere.search(text) or (number == 1 and _LEAVES_BESIDE.search(text))
        for text in _likely(text for x, text in own.items() if x in names)
    ):
        return True
    if any(
        (anywhere.search(text) or alone.fullmatch(text.strip(_AROUND))) and not _ANOTHERS.search(text)
        for text in _likely([*(text for x, text in own.items() if x not in names), *notes])
    ):
        return True
    taken = titles.taken
    added = [(titles.others.get(x, ""), text) for x, text in own.items() if x not in taken and text.strip()]
    remarks = [*added, *(("", note) for note in notes)]
    return any(_column_says_the_contrary(title, text[:_LONGEST], number) for title, text in remarks)


def takes_rows_back(text: str, number: int | None) -> bool:
    """Whether words outside the lists say that the document does not count, or the contrary of the rows above them.

    `number`: the list of those rows, None where there are none.
    """
    plain = words_of(text)
    if _TAKES_BACK.match(plain):
        return True
    if number is None or not _OF_ALL_ROWS.match(plain):
        return False
    if " pas " in f" {plain} ":
        return list_of(plain) == number
    return list_of(plain) == 3 - number or _is_contrary_remark("", plain, number)


def _likely(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        plain = fold(text[:_LONGEST])
        if _STEMS.search(plain):
            yield plain


def _column_says_the_contrary(title: str, text: str, number: int) -> bool:
    """Whether a cell under a title of the partner's own says so, by the title or as a remark."""
    title = words_of(title)
    value = words_of(_TICK.sub(" x ", _NOT_TICKED.sub("", text))).removeprefix("x ")
    if not value or names_nobody(value) or _SAYS_NOTHING.fullmatch(value):
        return False
    if _NOT_SO.search(title):
        return False
    told = _list_told(title, value)
    if told is not None:
        return told != number
    return _OF_REMARKS.fullmatch(title) is not None and _is_contrary_remark(title, value, number)


def _list_told(title: str, value: str) -> int | None:
    """The list to which a column says that a row belongs; 0 where it cannot be told, None where it says nothing."""
    if title.startswith("liste") and value.isdigit():
        return list_of(f"liste {value}")
    about = list_of(title)
    if about == 0:  # « Ouverture/clôture »: a word of the title, or how it begins
        meant = {list_of(word) for word in title.split() if word.startswith(value)}
        return meant.pop() if len(meant) == 1 else list_of(value) or 0
    if about == 2:
        return 1 if value.split(maxsplit=1)[0] in _NO else 2
    is_of_keeping = _OF_KEEPING.search(title) is not None
    if value in _YES and (is_of_keeping or (about == 1 and not _OF_NOW.search(title))):
        return 1
    return 2 if value in _NO and is_of_keeping else None


def _is_contrary_remark(title: str, value: str, number: int) -> bool:
    if _IS_UNSETTLED.search(value):
        return True
    if number == 2:
        return _IS_THERE.search(value) is not None or (
            _OF_DEMAND.fullmatch(title) is not None and list_of(value) == 1
        )
    if _IS_VACANT.match(value):
        return True
    is_about_closing = sum(map(str.isalpha, value.split())) <= _MOST_WORDS and list_of(value) == 2
    is_not_so = any(pattern.search(value) for pattern in (_ANOTHERS, _NOT_SO, _CAME))
    return (is_about_closing or _IS_GONE.search(value) is not None) and not is_not_so
