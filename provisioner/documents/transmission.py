"""The date of transmission (A2): where it may stand, and whether several dates contend for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from provisioner.documents.blocks import Cell
from provisioner.documents.dates import DateRead, Order, find_date, read_date
from provisioner.documents.lines import Line
from provisioner.documents.text import quoted, tidy
from provisioner.documents.titles import read_titles
from provisioner.domain.annexe.details import ReadAs
from provisioner.domain.annexe.document import Finding, Severity

#: More characters and words of a line are not looked at.
_LONGEST_LINE, _MOST_WORDS = 400, 40

#: Whether a cell may speak of a transmission: told quickly, since a document has many.
_MAY_SAY = re.compile(r"transmi|envoi|envoy|remise|adress[ée]", re.IGNORECASE)

_LABEL = re.compile(
    r"\bdate (?:de |d')(?:la |l')?(?:transmissions?|envois?|remise)\b"
    r"|\b(?:transmise?s?|envoy[ée]e?s?|adress[ée]e?s?)"
    r"(?: à la caf(?: d[\w' -]{1,30}?)?| par (?:mail|courriel|le partenaire))* le\b"
    r"|\btransmission(?= ?:| du | le )",
    re.IGNORECASE,
)
#: What may stand between the words and their colon.
_TO_COLON = re.compile(r"[^:=\d]{0,80}(?:1\b[^:=\d]{0,40})?[:=]")
#: What may stand between them and the date where there is no colon.
_FILLER = re.compile(
    r"(?:\W*\b(?:d|de|du|la|le|l|cette|pr[ée]sente|annexe(?: n?°? ?1)?|document|liste|caf|à|au)\b)*\W*", re.IGNORECASE
)
#: What makes it the date of another transmission.
_ANOTHER = re.compile(
    r"pr[ée]c[ée]d|derni[eè]re?|ancien|initial|prochain|limite|pr[ée]vue|annexe n?°? ?[23]", re.IGNORECASE
)
#: The same before the words.
_FORMER = re.compile(
    r"\b(?:pr[ée]c[ée]dente?|ancienne?|prochaine?|derni[eè]re?|premi[eè]re?|1 ?[eè]?re|initiale?"
    r"|limite d[e'] ?(?:la )?)\s*$",
    re.IGNORECASE,
)
#: What may stand before « transmise le ».
_BEFORE = re.compile(r"(?:annexe(?: n?°? ?1)?|document|liste|formulaire)?\W*", re.IGNORECASE)
#: Words after which a date is another event's.
_ELSE = re.compile(
    r"\b(?:sign\w*|re[çc]u\w*|r[ée]ception\w*|visa|vis[ée]e?|convention|imprim\w*|[ée]dit\w*|fait|avenant|article"
    r"|valable|jusqu'?|p[ée]riode|cachet|ctg|caf|contr[ôo]l\w*)\b",
    re.IGNORECASE,
)

#: What this transmission takes the place of, and the date of that.
_REPLACES = re.compile(
    r"\b(?:annule|remplace)\b[^\d]*\b(?:celle|celui|annexe|version|liste|envoi|document)\b.*", re.IGNORECASE
)
#: A line that dates a change of the document: later than its transmission, it contends with it.
_UPDATE = re.compile(
    r"\W*(?:date (?:de |d')(?:la )?)?(?:(?:derni[eè]re )?mise à jour|maj|modifi\w+|actualis\w+|rectifi\w+|corrig\w+"
    r"|r[ée]vis\w+)\b[^\d:]{0,30}:?",
    re.IGNORECASE,
)
#: How many more dates may stand one below the other.
_MOST_BELOW = 4


class Transmission(NamedTuple):
    """The date of transmission, None where none stands alone, and what is to be said of it."""

    on: date | None
    findings: list[Finding]


class _Candidate(NamedTuple):
    read: DateRead
    text: str


def read_transmission(places: Sequence[Sequence[Line]], *, order: Order) -> Transmission:
    """The one date of transmission in the first place that has any: the annexe, else anywhere in the document."""
    unread = ""
    for lines in places:
        by_day: dict[date, _Candidate] = {}
        for index, line in enumerate(lines):
            for position, cell in enumerate(line.cells):
                if not _MAY_SAY.search(cell.text) or _is_title(line):
                    continue
                following = lines[index + 1 : index + 1 + (1 if line.table is None else _MOST_BELOW)]
                below = [
                    other.cells[position]
                    for other in following
                    if position < len(other.cells) and other.table == line.table
                ]
                dates, text = _dates_at(cell, line.cells[position + 1 :], below, order)
                unread = unread or text
                for candidate in dates:
                    by_day.setdefault(candidate.read.day, candidate)
        if by_day:
            newest = max(by_day)
            updates = (update for line in lines for update in _updates(line, order))
            by_day |= {update.read.day: update for update in updates if update.read.day > newest}
            return _decided(list(by_day.values()))
    return Transmission(None, [Finding("transmission-date-missing", Severity.ERROR, value=quoted(unread) or None)])


def after_transmission(text: str) -> str | None:
    """What follows « Date de transmission » on its line, perhaps nothing; None when the line does not say that."""
    plain = tidy(text[:_LONGEST_LINE])
    for label in _LABEL.finditer(plain):
        rest = plain[label.end() :]
        colon = _TO_COLON.match(rest)
        between = (colon or _FILLER.match(rest) or label)[0]
        if _ANOTHER.search(between) or _ANOTHER.match(rest.lstrip()):
            continue
        if _FORMER.search(plain[: label.start()]):
            continue
        is_first = _BEFORE.fullmatch(plain[: label.start()]) is not None
        if colon or is_first or (label[0].lower().startswith("date") and find_date(rest[len(between) :])):
            return rest[len(between) :].lstrip(":= .")
    return None


def _decided(candidates: list[_Candidate]) -> Transmission:
    if len(candidates) == 1:
        read, text = candidates[0]
        value, day = quoted(text) or None, f"{read.day:%d/%m/%Y}"
        repair = Finding("date-repaired", Severity.WARNING, value=value, suggestion=day, details=ReadAs(day=read.day))
        return Transmission(read.day, [repair] if read.repaired else [])
    days = [candidate.read.day for candidate in candidates]
    finding = Finding(
        "transmission-date-ambiguous",
        Severity.ERROR,
        value=quoted(" ; ".join(f"{day:%d/%m/%Y}" for day in days)),
        suggestion=f"{max(days):%d/%m/%Y}",
    )
    return Transmission(None, [finding])


def _dates_at(
    cell: Cell, beside: Sequence[Cell], below: Sequence[Cell], order: Order
) -> tuple[list[_Candidate], str]:
    """The dates that the words in a cell announce, and what stands there and cannot be read.

    They stand after the words, else in the next filled cell of the row, else below.
    """
    unread = ""
    candidates: list[_Candidate] = []
    parts = _standing(cell).split("\n")
    for number, part in enumerate(parts):
        rest = after_transmission(part)
        if rest is None:
            continue
        following = parts[number + 1] if number + 1 < len(parts) else ""
        filled = [_standing(other) for other in beside if other.text.strip()]
        next_filled, *others = filled or [""]
        for text, is_its_own in (
            (rest, True),
            (following, False),
            (next_filled, True),
            *((_standing(other), False) for other in below[:1]),
        ):
            dates = list(_dates_in(text, order, anywhere=is_its_own))
            if dates:
                candidates += dates
                if text not in (rest, following):
                    more = others if text == next_filled else [_standing(other) for other in below[1:]]
                    candidates += _more_dates(more, order)
                break
            if is_its_own:
                unread = unread or text
        # A second date may stand by itself on the next line.
        for text in (following, *(_standing(other) for other in below[:1] if not beside)):
            if read := read_date(text, order=order):
                candidates.append(_Candidate(read, text))
    return candidates, unread


def _more_dates(texts: Sequence[str], order: Order) -> Iterator[_Candidate]:
    """The dates that go on beside or below the first one, up to what is none."""
    for text in texts:
        read = read_date(text, order=order)
        if read is None:
            return
        yield _Candidate(read, text)


def _updates(line: Line, order: Order) -> Iterator[_Candidate]:
    """The date on which a line says that the document was changed."""
    if line.has_address:
        return
    for position, cell in enumerate(line.cells):
        words = _UPDATE.match(_standing(cell)[:_LONGEST_LINE])
        if words is None:
            continue
        rest = _standing(cell)[words.end() : _LONGEST_LINE].strip()
        beside = next((_standing(other) for other in line.cells[position + 1 :] if other.text.strip()), "")
        if (text := rest or beside) and (read := find_date(text, order=order)):
            yield _Candidate(read, text)


def _is_title(line: Line) -> bool:
    """Whether a row holds the titles of a list, of which one is « Date de transmission »."""
    return line.table is not None and any(read_titles(line.cells, number).columns for number in (1, 2))


def _standing(cell: Cell) -> str:
    """A cell without what is struck through (a date that is struck does not count)."""
    return cell.standing or ("" if cell.struck else cell.text)


def _dates_in(text: str, order: Order, *, anywhere: bool) -> Iterator[_Candidate]:
    """The dates in a text, up to what announces another event's.

    `anywhere`: whether the first date may stand after other words; below, it must be what stands there.
    """
    words = _REPLACES.sub("", text[:_LONGEST_LINE]).split()[:_MOST_WORDS]
    at = 0
    while at < len(words):
        if _ELSE.search(words[at]):
            return
        length, candidate = _longest_date(words[at : at + 6], order)
        if candidate is not None:
            yield candidate
        elif not anywhere and at == 0:
            return
        at += length


def _longest_date(words: Sequence[str], order: Order) -> tuple[int, _Candidate | None]:
    """The date of the most words that stands first, and how many words it takes; one word and None without a date."""
    for length in range(len(words), 0, -1):
        piece = " ".join(words[:length])
        may_be_one = any(letter.isdigit() for letter in words[0] + words[length - 1])
        if may_be_one and (read := read_date(piece, order=order)):
            return length, _Candidate(read, piece)
    return 1, None
