"""A notice in words: one HTML template each (`templates/notices`), whose title is the subject and whose text is the
plain version; and the figures, dates and ages that stand in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from provisioner.domain.access.change import Action
from provisioner.domain.annexe.effects import Effects
from provisioner.domain.hold import Hold
from provisioner.views.dates import french_date
from provisioner.views.template import template, unbroken

if TYPE_CHECKING:
    from lxml import html


@dataclass(frozen=True, slots=True)
class WrittenNotice:
    """An e-mail in words. The subject never names a person."""

    subject: str
    text: str
    html: str


def write_notice(name: str, values: Mapping[str, object]) -> WrittenNotice:
    """The notice of that name with these values, a date as French people write it."""
    from lxml import html

    written = template(f"notices/{name}.html").render(values)
    page = html.document_fromstring(written)
    subject = " ".join(page.findtext(".//title", "").split())
    text = "\n\n".join(block for block in _blocks(page) if block) + "\n"
    return WrittenNotice(subject, unbroken(text), unbroken(written))


def write_letter(name: str, values: Mapping[str, object]) -> list[str]:
    """The paragraphs of the draft of a letter; what stands between [ ] is for whoever sends it."""
    from lxml import html

    page = html.document_fromstring(template(f"letters/{name}.html").render(values))
    return [unbroken(block) for block in _blocks(page)]


def _blocks(page: html.HtmlElement) -> Iterator[str]:
    """The paragraphs and lists of a page as plain text.

    A line that is a command (`<code>` alone) stands apart, indented: `    provisioner sync`.
    """
    for element in page.iterfind("body/*"):
        if element.tag == "ul":
            yield "\n".join(f"- {line}" for item in element for line, _ in _lines(item))
        elif element.tag == "p":
            block, was_command = "", False
            for line, is_command in _lines(element):
                start = "" if not block else "\n" if is_command == was_command else "\n\n"
                block += f"{start}{'    ' if is_command else ''}{line}"
                was_command = is_command
            yield block


def _lines(element: html.HtmlElement) -> Iterator[tuple[str, bool]]:
    """The lines of a paragraph, and whether each is a command."""
    line, is_command = element.text or "", False
    for child in element:
        if child.tag == "br":
            yield " ".join(line.split()), is_command
            line, is_command = "", False
        else:
            is_command = child.tag == "code" and not line.strip() and not (child.tail or "").strip()
            line += child.text_content()
        line += child.tail or ""
    yield " ".join(line.split()), is_command


def dates_of(transmitted_on: date | None, received_on: date) -> str:
    """When an annexe was transmitted, if it says so, and received."""
    received = f"reçue le {french_date(received_on)}"
    if transmitted_on is None:
        return received
    return f"transmise {'' if transmitted_on == received_on else f'le {french_date(transmitted_on)} '}et {received}"


def figures_of(effects: Effects, *, list_2_only: bool) -> list[tuple[str, int]]:
    """What each figure counts; of list 2 alone, the closures."""
    closed = ("Accès clôturés", effects.closed)
    if list_2_only:
        return [closed]
    more = (
        ("Ouvertures à venir, à la date demandée", effects.opened_later),
        ("Clôtures à venir, à la date demandée", effects.closed_later),
        ("Ouvertures en attente d'une vérification technique de la Caf", effects.waiting),
    )
    return [
        ("Accès ouverts", effects.opened),
        closed,
        ("Accès mis à jour", effects.updated),
        ("Accès inchangés", effects.kept),
        *((what, figure) for what, figure in more if figure),
    ]


_HELD = {
    Action.CLOSE: "Clôtures",
    Action.UPDATE: "Mises à jour",
    Action.RENAME: "Changements d'adresse",
    Action.OPEN: "Ouvertures",
    Action.REOPEN: "Réouvertures",
    Action.INVITE: "Courriels d'activation",
    Action.DESTROY: "Destructions",
}


def held_figures(hold: Hold) -> list[tuple[str, int]]:
    """How many changes of each kind a limit holds."""
    planned = Counter(change.action for change in hold.changes)
    return [(words, planned[action]) for action, words in _HELD.items() if planned[action]]


class Reply(Enum):
    """What has become of the annexe 1 that a suspension asks a partner for."""

    ASKED = "une annexe 1 lui est de nouveau demandée ce jour."
    CAME = "une annexe 1 a été reçue depuis la suspension."
    NO_CONTACT = "aucun contact n'est enregistré (annexe 2), rien ne lui a été demandé par courriel."
