"""What the tables of a document mean, decided once for every format: which are the lists, who is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from provisioner.documents.blocks import Reading
from provisioner.documents.dates import Order, order_of
from provisioner.documents.headings import annexe_number, running_key
from provisioner.documents.lines import Line, lines_of
from provisioner.documents.lists import Lists
from provisioner.documents.named import settled, told
from provisioner.documents.text import quoted
from provisioner.documents.transmission import read_transmission
from provisioner.domain.annexe.details import Table
from provisioner.domain.annexe.document import Annexe, Finding, Row, Severity


def understand(reading: Reading) -> Annexe:
    """The annexe 1 that a document holds, alone or within the whole convention."""
    every = list(lines_of(reading.blocks))
    inside, beyond = _of_annexe_1(every)
    order = order_of(cell.text for line in every for cell in line.cells)
    margins = list(lines_of(reading.margins))
    transmitted_on, findings = read_transmission([[*inside, *margins], every], order=order)
    if reading.pending_revisions:
        findings.append(Finding("pending-revisions", Severity.WARNING))
    lists = _lists(inside, order, _running(every))
    return Annexe(
        transmitted_on,
        tuple(lists.rows),
        (*findings, *lists.missing(), *lists.findings, *_beyond(beyond, order), *_beside(margins, lists.rows)),
    )


def _of_annexe_1(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines that follow « ANNEXE 1 », up to another annexe, and those of the annexes after it.

    All of them are the annexe's where no line says so.
    """
    inside: list[Line] = []
    beyond: list[Line] = []
    number: int | None = None
    for line in lines:
        number = annexe_number(line.text) or number
        if number == 1:
            inside.append(line)
        elif inside:
            beyond.append(line)
    return (inside, beyond) if inside else (lines, [])


def _running(lines: list[Line]) -> frozenset[str]:
    """The lines of paragraphs that stand several times, as what is printed on each page does."""
    counted = Counter(running_key(line.text) for line in lines if line.table is None)
    return frozenset(key for key, count in counted.items() if count > 1)


def _beside(margins: list[Line], rows: list[Row]) -> Iterator[Finding]:
    """What is asked for over and under the pages and beside the text, where no list is."""
    for words in dict.fromkeys(line.words for line in margins):
        if finding := told(words):
            yield settled(finding, words, rows)


def _lists(lines: list[Line], order: Order, running: frozenset[str] = frozenset()) -> Lists:
    lists = Lists(order, running)
    for line in lines:
        lists.add(line)
    lists.finish()
    lists.settle()
    return lists


def _beyond(lines: list[Line], order: Order) -> list[Finding]:
    """One of the lists that stands after another annexe has begun: told, never read nor passed over."""
    rows = _lists(lines, order).rows
    if not rows:
        return []
    first = rows[0]
    value = quoted(" ".join(filter(None, (first.last_name, first.first_names, first.email))))
    return [Finding("table-not-understood", Severity.ERROR, value=value or None, details=Table((first.list,)))]
