"""The words that stand over a table or between its rows: which list they announce, if they announce one."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from provisioner.documents.text import tidy
from provisioner.domain.people import fold

#: More characters of a line are not looked at: no heading comes near it.
_LONGEST_LINE = 400

#: The longest text that may say « néant » in other words.
_LONGEST_NOBODY = 60

#: More words make a sentence, not a heading.
_MOST_WORDS = 45


class Kind(Enum):
    """What a line of words does to what follows it."""

    NOTHING = auto()
    """It changes nothing: blank, a remark of the form, the name of a place, a page's number."""

    LIST = auto()
    """It announces list 1 or 2."""

    PROSE = auto()
    """A sentence: before a list's table it changes nothing, unless it speaks of other persons than that list's."""

    SIGNATURE = auto()
    """It announces who signs."""

    OTHER = auto()
    """It announces something else, or may mean two things."""


class Words(NamedTuple):
    """A line that was understood.

    `number`: the list that it announces or speaks of; 0 where it may mean two things; None where no word tells.
    """

    kind: Kind
    number: int | None = None


_NOTHING, _SIGNATURE = Words(Kind.NOTHING), Words(Kind.SIGNATURE)

#: What stands before somebody's name; such a name, or an address.
TITLE = r"(?i:\bm\.|\bmr|\bmmes?|\bmlle|\bmonsieur|\bmadame)\s+(?!(?i:l[ea]s?\b|l['’]))"
_NAME = re.compile(rf"{TITLE}(?:[A-ZÀ-Þ][a-zß-ÿ'’-]+\s)?[A-ZÀ-Þ][\w'’-]+|\b[\w.+-]{{1,64}}@[\w.-]+")

_ANNEXE = re.compile(r"annexe ?(?:n ?[°o]? ?)?(\d+|i{1,3}v?)\b")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


def any_of(words: str) -> str:
    """One of these words; an underscore stands for the space within one."""
    return rf"(?:{'|'.join(words.split()).replace('_', ' ')})\b"


# The words are looked for in lines without accents, capitals and signs, one space between words.

#: An annexe that is only spoken of.
_REMARK = re.compile(
    r"inchange|sans (?:changement|modification|objet)|identique|\.$|\ba (?:jour|venir|suivre)$|\b"
    + any_of(
        r"""
        deja ci_?joint jointe?s? (?:transmis|envoye)\w* reste voir cf neant pas aucune? idem non meme ras ok suivra
        """
    )
)

_CLOSING = re.compile(
    r"\b"
    + any_of(
        r"""
        clotur\w* clore clos closes? desinscri\w* fermetures? fermer fermee?s? departs? part(?:ante?|i)s? parties
        partie(?!_(?!(?:en|le|la|l|au|aux|a|depuis|pour|vers|de|du|des|d|ou|et)\b)\w)
        sorties? sortante?s? bloquer couper supprim\w* suppressions? desactiv\w* retraits? retirer retiree?s? radier
        radiee?s? radiations? revo(?:ques?|quees?|quer|cations?) resili\w* enlever enlevee?s? deshabilit\w*
        quitt\w* terminee?s? nettoyer fins?_(?:d_|de_|des_|de_l_|de_leur_)?(?:acces|habilitations?|droits?)
        n_(?:ont|a|auront|aura|ayant|est|sont|etant)_(?:\w+_){0,2}plus ne_(?:\w+_){1,3}plus
        """
    )
)
_OPENING = re.compile(
    r"\b"
    + any_of(
        r"""
        nouve(?:l|aux|lle|lles) acces_(?:est_|sont_)?(?:ouverts?|demandes?|actifs?|souhaites?|en_cours)
        ouverte?s? ouvrir rouvrir (?:re)?ouvertures? habiliter inscri\w* activer activations? creer
        creations? r?ajouter ajoutee?s? ajouts? arrivees? arrivants? entrees? entrants? maintenir maintenue?s?
        maintiens? conserver conserve(?:nt|e|es|ee|ees|s)? gard(?:er|ent|ant) renouvel\w*
        """
    )
)
#: These announce list 1 when nothing speaks of closing: who is to be closed was « habilité » too.
_OPEN = re.compile(
    r"\b"
    + any_of(
        r"""
        habilitee?s? demandes?_(?:d_|de_l_|de_)?(?:acces|habilitations?|comptes?) actifs? existante?s?
        (?:ayant|ont|disposant|besoin)_(?:d_)?(?:un_|l_)?acces
        """
    )
)
_HESITATION = re.compile(
    r"\b"
    + any_of(
        r"""
        conges? maladie maternite paternite parental\w* absen\w* suspen\w* temporaire\w* provisoire\w*
        modif\w* chang\w* mutations? mutee?s? rempla\w* information memoire exemples? modele eventuel\w*
        disponibilites? detach\w* contacts? referents? responsables? interim\w* prolong\w* attente refus\w*
        rejet\w* annul\w* report\w* pas(?!_de_calais) non sans sauf hors aucune?s? futurs? futures? inactifs?
        etudier confirmer verifier
        """
    )
)
#: Of whom or what a heading begins to speak.
_HEADS = re.compile(
    r"(?:(?:les|la|l|des|le) )?"
    + any_of(
        r"""
        listes? deja personnes? personnels? mouvements? agents? utilisat\w* acces habilitations? comptes? demandes?
        salariee?s? professionnels? collaborat\w* elue?s? tableau nouve\w* anciens? anciennes? etat recapitulatif
        noms? a ouvertures? cloturer clore supprimer desactiver clotures? cloturee?s? fermetures? departs? arrivees?
        arrivants? entrees? entrants? sorties? sortants? partants? suppressions? creations? retraits? fins?
        inscriptions? desinscriptions?
        desactivations? radiations? activations? ajouts? maintiens? renouvellements?
        revocations? resiliations? supprimee?s?
        desactivee?s? retiree?s? ajoutee?s?
        """
    )
)
_NUMBERED = re.compile(
    r"(?:suite (?:de )?(?:la )?)?(?:(?:la )?liste (?:n |no |numero )?(?P<a>[12]|ii?)"
    r"|(?P<b>[12])(?:ere|er|re|eme|e|nde?)? ?liste|(?:la )?(?P<c>premiere|deuxieme|seconde) liste)\b"
)
_ORDINALS = {"1": 1, "2": 2, "i": 1, "ii": 2, "premiere": 1, "deuxieme": 2, "seconde": 2}
_ADDS_NOTHING = any_of(
    r"suite des? du la les? l personnes? agents? utilisateurs? concernee?s? a_completer a_remplir page sur \d+ annexe"
    " n no"
)
#: What may follow « liste 1 ».
_NEUTRAL = re.compile(rf"(?:\W|\b{_ADDS_NOTHING})*")
#: « 1 - », « II. », « B) », before the heading proper; « a » only where it is not the word « à ».
_LEADING = re.compile(
    r"(?:(?:partie|rubrique|section|point|tableau) )?(?:n |no )?"
    r"(?:\d{1,2}|i{1,3}|iv|[b-e]|a(?= (?:liste|personnes?|agents?|acces|nouve|petite enfance|enfance|pole"
    r"|ouvertures?|arriv|entree|habilit|demandes?|depart|clotur|ancien|utilis)))"
    r"(?:ere|eme|er|re|nde?|e)? (?=\w)"
)
#: What a heading says of an earlier document.
_REPLACES = re.compile(r" annule et remplace(?: \w+){1,5}? \d{1,2} \w+ \d{2,4}\b| annule et remplace(?: \w+){1,3}$")
_FORMS_HEADING = re.compile(r"(?:[12]|ii?) liste des personnes pour lesquelles (?:un nouvel acces|une cloture)\b")

_SIGNS = re.compile(
    r"(?:document |annexe |liste |fiche |tableau |formulaire )?"
    r"(?:etabli|rempli|redige|complete|valide|approuve|certifie|vise|signe)e?(?: \w+){0,4} par\b|"
    + any_of(
        r"""
        (?:cadre|partie|zone)_reservee?s?
        signatures? (?:date|cachet|nom|visa)s?_(?:et_)?(?:signature|cachet|visa) visas? cachet signataires?
        lu_et_approuve fait_(?:a|le|en) certifie pour_l[ea]
        l[ea]_(?:president\w*|maire|direct\w*|responsable) bon_pour_accord vu
        """
    )
)
#: Figures and instructions say nothing of the rows that follow, whatever they count or ask for.
_IS_COUNT = re.compile(
    r"(?:sous )?tota(?:l|ux)\b|nombres? (?:d|de|total)\b|(?:page|p) \d|\d+(?: sur)? \d+$"
    r"|(?:(?:soit|effectif) )?\d+ (?:personnes?|agents?|noms?|acces)$"
    r"|(?:la )?(?:presente )?(?:liste )?arretee? (?:la presente liste )?a \w+ (?:personnes?|agents?|noms?|acces)$"
    r"|suite(?: (?:page \d+|au dos|(?:de |du )?(?:la |le |l )?(?:liste|tableau|annexe|page precedente)))?$"
)
_IS_ORDER = re.compile(
    any_of(
        "merci veuillez indique[rz] precise[rz] complete[rz] pensez joindre cocher ne_pas"
        " a_(?:completer|remplir|renseigner|preciser)"
    )
)
#: A rule of the convention or of the law, which is about anybody; words that make it one about certain persons.
_GENERAL = re.compile(
    r"\b(?:tou(?:te?|s|tes) (?!(?:les |ses )?(?:acces|comptes?|habilitations?|fonctions)\b)|chaque\b|lorsqu"
    r"|en cas (?!de besoin)|si (?!possible|besoin)|(?:votre|vos|leurs?|un) droits? d acces\b|rectification\b"
    r"|(?:vos|leurs) donnees\b)|^rappel\b|\badresses? (?:generiques?|(?:\w+ )?nominatives?)\b"
    r"|\bcodes? d acces (?:sont|est)\b"
)
_OF_THESE = re.compile(r"\b(?:ci (?:dessous|dessus|apres)|suivante?s?|ces|cette|tableau|m)\b")
#: A note by its mark: « * temps partiel », « (1) temps partiel »; a number before a name is no note's.
_FOOTNOTE = re.compile(r"\(?\*|\(\d\) ?[a-zà-ÿ]")
_REMARKS = re.compile(any_of(r"n_b nb nota rappel remarques? attention important"))
#: Names of places, which head a part of a list without changing whom it is about.
_PLACE = re.compile(
    r"(?:(?:le|la|les|l|partie) )?(?:"
    + any_of(
        r"""
        services? poles? directions? departements? mairies? villes? communes? ccas cias sites? secteurs?
        creches? ecoles? centres? communaute syndicat metropole collectivite structure etablissement
        partenaire multi_accueil epci halte_garderie relais ram rpe alsh
        petite_enfance enfance jeunesse famille parentalite accueils?_de_loisirs maisons? periscolaire extrascolaire
        secretariat comptabilite
        """
    )
    + ".*|(?:caisse|caf) .+)"
)
#: With these, the name of a place is more than a place.
_UNSETTLED = re.compile(
    r"\ba (?:ne|valider|revoir|ecarter|ignorer|traiter)\b|\bplus\b|\b(?:ignore|ecarte|incomplet)\w*"
)
#: The remark that the form prints under list 2.
_FORMS_NOTE = re.compile(
    r"les personnes pour lesquelles une fin d ?habilitation est demandee depuis plus de 2 ans\b.*"
)
_ANOTHER_PART = re.compile(
    r"(?:(?:tableau|table|feuil(?:le)?|sheet|partie|liste|annexe|point|n|no) ?)?(?:[2-9]|ii|iii)|annexe|tableau"
)
_SHEET = re.compile(r"(?:feuil(?:le)?|sheet|tableau|table|annexe|page) ?\d*")
#: What stands over some titles of a list.
_OVER_TITLES = re.compile(
    r"(?:identite|coordonnees|etat civil|agents?|elue?s?|personnes?|utilisateurs?|habilitations?)"
    r"(?: (?:d |de |du |des |de l |de la )?(?:agents?|personnes?|utilisateurs?|concernee?s?|professionnelles?))?"
)
#: What no such words have: told quickly, since every cell of a list is asked.
_SOMETHING = re.compile(r"[0-9@]")
_NOBODY = re.compile(
    r"(?:neant|(?:aucune?s?|pas d(?:e|autres?)?) (?:personnes?|acces|clotures?|departs?|agents?|demandes?|sorties?)"
    r"(?: (?:a (?:ce jour|signaler|declarer)|pour (?:le moment|l instant)|concernee?s?)){0,2}"
    r"|aucune?s?|rien(?: a (?:signaler|declarer))?|sans objet|ras|s ?o|vide)?"
)


def annexe_number(text: str) -> int | None:
    """The number of the annexe that starts with this line, if one does; one that is only spoken of does not."""
    plain = fold(text[:_LONGEST_LINE])
    annexe = _ANNEXE.match(plain)
    if annexe is None:
        return None
    number = _ROMAN.get(annexe[1]) or (int(annexe[1]) if annexe[1].isdigit() and len(annexe[1]) < 3 else None)
    return None if number != 1 and _REMARK.search(plain[annexe.end() :]) else number


def read_words(text: str) -> Words:
    """What a line means that stands over a table or between its rows."""
    text = tidy(text[:_LONGEST_LINE])
    plain = words_of(without_names(text))
    says_nothing = any(pattern.fullmatch(plain) for pattern in (_NOBODY, _FORMS_NOTE, _SHEET, _OVER_TITLES))
    if says_nothing or not any(letter.isalpha() for letter in plain):
        return _NOTHING
    return _SIGNATURE if _SIGNS.match(plain) else _read(text, plain)


def _read(text: str, plain: str) -> Words:
    """The same for words that may announce a list."""
    plain = _REPLACES.sub("", plain)
    number, hesitates = list_of(plain), _HESITATION.search(plain) is not None
    if number and _NUMBERED.match(plain) and not hesitates:
        return Words(Kind.LIST, number)
    if _IS_COUNT.match(plain) or _IS_ORDER.match(plain):
        return _NOTHING
    about = 0 if number is None and hesitates else number
    if _is_sentence(text):
        return Words(Kind.PROSE, None if is_general(plain) and not _OF_THESE.search(plain) else about)
    if number and not hesitates and _heads(plain):
        return Words(Kind.LIST, number)
    is_nothing = about is None and (_REMARKS.match(plain) or is_place(plain))
    return _NOTHING if is_nothing else Words(Kind.OTHER, about)


def is_place(plain: str) -> bool:
    """Whether words, as `words_of` gives them, are the name of a place and no more."""
    return _PLACE.fullmatch(_after_number(plain)) is not None and _UNSETTLED.search(plain) is None


def is_general(plain: str) -> bool:
    """Whether words, as `words_of` gives them, are about anybody: « Tout départ est signalé sans délai »."""
    return _GENERAL.search(plain) is not None


def may_head_another(text: str) -> bool:
    """Whether words that announce no list may head another one all the same: « 2 », « Tableau 2 », « Agents »."""
    plain = words_of(text[:_LONGEST_LINE])
    return _OVER_TITLES.fullmatch(plain) is not None or _ANOTHER_PART.fullmatch(plain) is not None


def running_key(text: str) -> str:
    """What the lines that are printed on each page have in common: all but the figures."""
    return re.sub(r"\d+", "0", text[:_LONGEST_LINE].strip())


def is_the_forms(text: str) -> bool:
    """Whether a heading begins as the form's own do: « 1 - Liste des personnes pour lesquelles … »."""
    return _FORMS_HEADING.match(words_of(text[:_LONGEST_LINE])) is not None


def names_nobody(text: str) -> bool:
    """Whether a cell only says that there is nobody (« Néant », a dash)."""
    if len(text) >= _LONGEST_NOBODY or _SOMETHING.search(text):
        return False
    return _NOBODY.fullmatch(words_of(text)) is not None


def without_names(text: str) -> str:
    """A text without addresses and the names that have a title: « M. Fermé » closes nothing."""
    return _NAME.sub("M.", text)


@lru_cache(1_000)
def words_of(text: str) -> str:
    """The words of a text, without accents, capitals and signs."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


@lru_cache(1_000)
def list_of(plain: str) -> int | None:
    """The list that words, as `words_of` gives them, are about: 1, 2, 0 when they may mean two things, None when no
    word tells.
    """
    closing, opening = _CLOSING.search(plain), _OPENING.search(plain)
    by_words = 0 if closing and opening else 2 if closing else 1 if opening or _OPEN.search(plain) else None
    numbered = _NUMBERED.match(plain)
    if numbered is None:
        numbered = _NUMBERED.match(_LEADING.sub("", plain, count=1))
    if numbered is None:
        return by_words
    number = _ORDINALS[numbered["a"] or numbered["b"] or numbered["c"]]
    if by_words is None:
        rest = plain[plain.index(numbered[0]) + len(numbered[0]) :]
        return number if _NEUTRAL.fullmatch(rest) else 0
    return number if by_words == number else 0


def _heads(plain: str) -> bool:
    """Whether the words begin as a heading does."""
    return _HEADS.match(_after_number(plain)) is not None or _NUMBERED.match(plain) is not None


def _after_number(plain: str) -> str:
    """The words without a number or a letter before them."""
    start = _LEADING.match(plain)
    return plain[start.end() :] if start else plain


def _is_sentence(text: str) -> bool:
    """Whether a line is a sentence: it ends like one and is long, or a footnote."""
    count = words_of(text).count(" ") + 1
    return (count >= 6 and text.endswith((".", ";", "!"))) or count > _MOST_WORDS or _FOOTNOTE.match(text) is not None
