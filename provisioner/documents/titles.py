"""The titles of a list's columns: which column is which, and where two could be the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from provisioner.documents.blocks import Cell
from provisioner.documents.text import tidy
from provisioner.domain.annexe.document import Column
from provisioner.domain.people import fold

#: A title is short: more characters are not looked at.
LONGEST_TITLE = 200

#: What says in a title that the value is the person's own.
_OWN = (
    r"(?:professionnel(?:le)?s?|pro|nominati(?:f|ve)s?|individuel(?:le)?s?|agent|de (?:l |la )?(?:agent|personne"
    r"|utilisateur|utilisatrice|interessee?|beneficiaire|salariee?)(?: habilitee?)?)"
)

_ANOTHERS = r"responsable|superieur|hierarchi\w*|manager|chef"

#: What says that it is not: somebody else's, a private one, a telephone, another contract or time.
_NOT_OWN = re.compile(
    rf"{_ANOTHERS}|personnel|\bperso\b|\bprivee?s?\b|\btel\b|telephon|portable|\bmobile\b|\bfax\b|contrat|secours"
    r"|secondaire|\bautres?\b|\bancien|precedent|secretariat|generique|partage|\bservice\b|structure|\bn 1\b|mairie"
    r"|valideu|referent|\bcollecti(?:fs?|ves?)\b|\b(?:drh|dgs|dga|rh)\b|\bdirect(?:eur|rice|ion)|\bmaire\b|\b2\b"
)
_NOT_THE_FUNCTION = re.compile(
    rf"\b(?:du|de la|de son|de sa) (?:{_ANOTHERS})|\btel\b|telephon|portable|\bfax\b|\bn\b|\bnumero|contrat"
    r"|\bancien|precedent"
)

#: Remarks between brackets that change nothing.
_REMARK = re.compile(
    r"(?:s|e|es|x|\d|jj.{0,20}|jour.{0,20}|obligatoire|facultatif|en (?:majuscules?|capitales)|majuscules?|prenom"
    r"|a (?:completer|remplir|preciser)|ex .{0,40}|pas d(?:e|u)? .{0,40}"
    r"|non (?:generique|partagee?|personnel(?:le)?)s?)"
)

#: The number of a note below the page, beside its word.
_FOOTNOTE = re.compile(r"(?<=[a-z]{3})\d$")

_EMAIL = r"(?:e ?mails?|mails?|mel|mels|courriels?|messageries?|courrier electronique)"
_FUNCTION = r"(?:fonctions?|qualites?)"
_OF_ACCESS = (
    r"(?:d |de l |des |de |aux? |du )?(?:acces|habilitations?|droits?|comptes?|ouverture(?: d acces)?|creation)"
)

#: For each column, what its titles may be: the form's own, its synonyms, then what is taken when nothing better is
#: there. The first two are compared without their spaces, since a line's end in a PDF may have lost one; the third
#: would take too much so.
_RANKS: Mapping[Column, tuple[str, str, str]] = {
    Column.LAST_NAME: (
        rf"noms?(?: {_OWN})?",
        r"noms? (?:de famille|d usage|usuels?)",
        r"noms? (?:de naissance|de jeune fille|patronymiques?|marita(?:l|ux))",
    ),
    Column.FIRST_NAMES: (rf"prenoms?(?: {_OWN})?", r"(?:prenoms? (?:usuels?|d usage)|premier prenom)", ""),
    Column.FUNCTION: (
        rf"{_FUNCTION}(?:(?: ou| et)? {_FUNCTION})?(?: {_OWN})?",
        r"(?:intitule (?:du |de la |de l )?)?(?:postes?|emplois?|metiers?|fonctions?)"
        rf"(?: (?:occupee?s?|exercee?s?|actuel(?:le)?s?))?(?: {_OWN})?",
        r"(?:fonctions?|qualites?|postes?|emplois?)\b.*",
    ),
    Column.EMAIL: (
        rf"adresses? electroniques?(?: {_OWN})?",
        rf"(?:(?:adresses? )?(?:de )?{_EMAIL}|identifiants? adresses? electroniques?)(?: {_OWN})?",
        rf"(?:adresses? )?(?:\w+ )?(?:electroniques?|{_EMAIL})\b.*",
    ),
    Column.REQUESTED_ON: (
        r"date (?:de )?(?:la )?demande (?:d )?habilitations?",
        rf"(?:dates? (?:de )?(?:la )?demandes?(?: {_OF_ACCESS})?|demandee? le)",
        "date",
    ),
    Column.ENDED_ON: (
        r"date (?:de )?(?:la )?fin (?:d |de l )?habilitations?",
        rf"(?:date (?:de )?(?:la )?)?(?:fin|cloture)(?: {_OF_ACCESS})?"
        r"(?: (?:demandee?|souhaitee?|prevue?|reelle|effective|definitive))?",
        rf"date(?: (?:de )?(?:la |du )?(?:depart|sortie|retrait|suppression|fermeture|desactivation)(?: {_OWN})?)?",
    ),
}
_BEST = {
    column: tuple(re.compile(rank.replace(" ?", "").replace(" ", "")) for rank in ranks[:2])
    for column, ranks in _RANKS.items()
}
_LAST = {column: re.compile(ranks[2] or "(?!)") for column, ranks in _RANKS.items()}

#: What every title has in it, without spaces: told quickly, since a list has as many cells as persons.
_MAY_BE_TITLE = re.compile(
    "nom|fonction|qualite|poste|emploi|metier|electronique|mail|mel|courriel|messagerie|date|demande|fin|cloture"
)
_IS_OWN = re.compile(rf".*\b{_OWN}\b.*")

_OF_BOTH = (Column.LAST_NAME, Column.FIRST_NAMES, Column.FUNCTION, Column.EMAIL)
_COLUMNS = {1: (*_OF_BOTH, Column.REQUESTED_ON), 2: (*_OF_BOTH, Column.ENDED_ON)}


def columns_of(number: int) -> tuple[Column, ...]:
    """The columns that list 1 or 2 must have (A1, A3)."""
    return _COLUMNS[number]


class Titles(NamedTuple):
    """Where a list's columns stand.

    `ambiguous`: the columns that could stand in several places, with these. `bare_date`: the date's title is « Date »
    and nothing more, so that it could be either list's. `others`: the titles of all other columns, by their place.
    """

    positions: Mapping[Column, int]
    ambiguous: Mapping[Column, tuple[int, ...]]
    bare_date: bool = False
    others: Mapping[int, str] = {}

    @property
    def columns(self) -> frozenset[Column]:
        """The columns that have a title."""
        return frozenset(self.positions) | frozenset(self.ambiguous)

    @property
    def taken(self) -> set[int]:
        """The places of these columns."""
        return {*self.positions.values(), *(at for places in self.ambiguous.values() for at in places)}


_NONE = Titles({}, {})


class _Claim(NamedTuple):
    """A title that could be a column's; a higher rank wins."""

    position: int
    rank: int
    is_own: bool
    is_bare_date: bool = False


def read_titles(cells: Sequence[Cell], number: int, above: Sequence[Cell] | None = None) -> Titles:
    """Where the columns of list 1 or 2 stand, if this row holds their titles; without columns otherwise.

    A row with an address is a person's, whatever their name and function look like. `above`: the row over it, when
    that one holds titles or what is written over titles: a title may go on from one to the other, and a cell without
    a title has the one above.
    """
    if any("@" in cell.text for cell in cells) or not _may_hold_titles((*cells, *(above or ()))):
        return _NONE
    claims: dict[Column, list[_Claim]] = {}
    written: dict[int, str] = {}
    for position in range(max(len(cells), len(above or ()))):
        texts = _texts(position, cells, above)
        of_position = _claims(position, texts, columns_of(number))
        for column, claim in of_position:
            claims.setdefault(column, []).append(claim)
        written[position] = texts[-1]
    if not _is_enough(claims):
        return _NONE
    positions: dict[Column, int] = {}
    bare_date = False
    ambiguous: dict[Column, tuple[int, ...]] = {}
    for column, of_column in claims.items():
        best = max(claim.rank for claim in of_column)
        # A synonym that is said to be the person's own stands beside the form's title.
        winners = [claim for claim in of_column if claim.rank == best or (claim.is_own and claim.rank == 2)]
        if len(winners) == 1:
            positions[column] = winners[0].position
            bare_date = bare_date or winners[0].is_bare_date
        else:
            ambiguous[column] = tuple(claim.position for claim in winners)
    titles = Titles(positions, ambiguous, bare_date)
    taken = titles.taken
    return titles._replace(others={at: text for at, text in written.items() if at not in taken})


def count_titles(cells: Sequence[Cell]) -> int:
    """How many titles of one list's columns a row holds."""
    return max(len(read_titles(cells, number).columns) for number in (1, 2))


def end_beside(cells: Sequence[Cell], titles: Titles) -> int | None:
    """Where list 1 has a column for list 2's date too, by a title that says so; None where it has none."""
    taken = {*titles.positions.values(), *(at for places in titles.ambiguous.values() for at in places)}
    for position, cell in enumerate(cells):
        claims = _ranked(cell.text[:LONGEST_TITLE], (Column.ENDED_ON,)) if position not in taken else ()
        if any(claim.rank > 1 for _, claim in claims):
            return position
    return None


def _may_hold_titles(cells: Sequence[Cell]) -> bool:
    """Whether a row may hold titles: told quickly, since most rows are persons."""
    letters = fold(tidy("".join(cell.text[:LONGEST_TITLE] for cell in cells)))
    return _MAY_BE_TITLE.search(re.sub(r"\W+", "", letters)) is not None


def _is_enough(claims: Mapping[Column, list[_Claim]]) -> bool:
    """Whether these are titles, rather than one word that looks like one."""
    names = claims.keys() & {Column.LAST_NAME, Column.FIRST_NAMES}
    return len(claims) >= 3 or (len(claims) == 2 and bool(names))


def _texts(position: int, cells: Sequence[Cell], above: Sequence[Cell] | None) -> list[str]:
    """What the title of a column may be: as written, else joined with what is above it, else what is above it."""
    own = cells[position].text if position < len(cells) else ""
    over = above[position].text if above and position < len(above) else ""
    if not own.strip():
        return [over]
    return [own, f"{over} {own}"] if over.strip() else [own]


def _claims(position: int, texts: Sequence[str], columns: tuple[Column, ...]) -> list[tuple[Column, _Claim]]:
    for text in texts:
        if ranked := _ranked(text[:LONGEST_TITLE], columns):
            return [(column, claim._replace(position=position)) for column, claim in ranked]
    return []


@lru_cache(10_000)
def _ranked(text: str, columns: tuple[Column, ...]) -> tuple[tuple[Column, _Claim], ...]:
    """The columns that a title could be the title of, wherever it stands."""
    outside, whole = _title(text)
    return tuple(
        (column, _Claim(0, rank, _IS_OWN.match(whole) is not None, whole == "date"))
        for column in columns
        if (rank := _rank(column, outside, whole))
    )


def _title(text: str) -> tuple[str, str]:
    """A title as its words without what stands between brackets, and with what of that may matter."""
    plain = fold(tidy(text))
    pieces = re.split(r"[(\[]([^()\[\]]*)[)\]]", plain)
    outside = _FOOTNOTE.sub("", _words("".join(pieces[::2])))
    remarks = [_words(piece) for piece in pieces[1::2]]
    return outside, " ".join([outside, *(remark for remark in remarks if not _REMARK.fullmatch(remark))]).strip()


def _rank(column: Column, outside: str, whole: str) -> int:
    """How well a title fits a column, from 3, the form's own title, to 0, not at all."""
    if (_NOT_THE_FUNCTION if column is Column.FUNCTION else _NOT_OWN).search(whole):
        return 0
    for rank, best in zip((3, 2), _BEST[column], strict=True):
        if best.fullmatch(whole.replace(" ", "")):
            return rank
    # What brackets add is not known: taken when there is nothing better.
    is_like = any(best.fullmatch(outside.replace(" ", "")) for best in _BEST[column])
    return 1 if is_like or _LAST[column].fullmatch(outside) or _LAST[column].fullmatch(whole) else 0


def _words(plain: str) -> str:
    return " ".join(re.findall(r"\w+", plain))
