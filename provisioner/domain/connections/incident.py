"""A security incident: who told of it, since when one knew, what GDPR 33 asks, what was done (L2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.calendar import PARIS, day_of
from provisioner.domain.people import EmailAddress

#: How long after the moment of awareness the CNIL is to be notified (GDPR 33).
NOTIFY_WITHIN = timedelta(hours=72)

#: How often the Caf is reminded of an open incident, in days: until it is known what became of the notification, and
#: after that.
UNNOTIFIED_DAYS, NOTIFIED_DAYS = 1, 7

#: What GDPR 33 and 34 ask to be recorded, in the order in which it is asked for.
ITEMS = ("nature", "categories", "numbers", "effects", "measures", "cnil_notified", "persons_told")


class Origin(StrEnum):
    """Which side tells of it."""

    CAF = "caf"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What is recorded of an incident. `aware_since` is the moment from which GDPR 33 counts.

    `nature` to `persons_told` are what GDPR 33 and 34 ask for, None until somebody says it: `numbers` is how many
    persons and records, `cnil_notified` the day of the notification or why there was none, `persons_told` the day.
    `decision` is the journal's entry of its declaration. `told_at` is when the Caf's contacts were last told of it.
    """

    id: int
    origin: Origin
    aware_since: datetime
    what: str
    declared_at: datetime
    declared_by: str
    decision: int | None = None
    nature: str | None = None
    categories: str | None = None
    numbers: str | None = None
    effects: str | None = None
    measures: str | None = None
    cnil_notified: str | None = None
    persons_told: str | None = None
    told_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_text: str | None = None
    partners: tuple[str, ...] = ()
    emails: tuple[EmailAddress, ...] = ()

    @property
    def notify_before(self) -> datetime:
        """By when the CNIL is to be notified: 72 hours that pass, whatever clocks do in summer and winter."""
        return self.aware_since + NOTIFY_WITHIN

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.closed_at is None

    @property
    def lacking(self) -> tuple[str, ...]:
        """The items of GDPR 33 and 34 that nobody has recorded yet."""
        return tuple(item for item in ITEMS if getattr(self, item) is None)

    def is_to_be_told_on(self, day: date) -> bool:
        """Whether the Caf's contacts are to be reminded of it on that day."""
        if not self.is_open:
            return False
        every = UNNOTIFIED_DAYS if self.cnil_notified is None else NOTIFIED_DAYS
        return self.told_at is None or day_of(self.told_at) + timedelta(days=every) <= day


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})?)?")


def moment_of(text: str) -> datetime:
    """The moment that `DATE[THH:MM]` is, in Paris unless it says its offset. A date alone is its first moment: what
    is not known never gives more time.

    Raises:
        ValueError: it is none.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("DATE or DATETHH:MM is expected")
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=PARIS)).astimezone(UTC)


#: Stands in place of what was taken out of a text.
TAKEN_OUT = "[…]"

#: An e-mail address in a text.
_ADDRESS = re.compile(r"[^\s<>()«»,;:]+@[^\s<>()«»,;:]*[^\s<>()«»,;:.!?]")

#: Parts of many names that are words of every sentence.
_PARTICLES = frozenset(
    ("al", "da", "de", "del", "den", "der", "des", "di", "do", "du", "el", "la", "le", "les", "van")
)

#: Apostrophes and hyphens, as an office suite writes them.
_PLAIN = str.maketrans("’‘ʼ‐‑–", "'''---")

#: The shortest code of a partner that is looked for: « un » is a word.
_SHORTEST_CODE = 3


def without_names(text: str, people: Iterable[str], others: Collection[str] = ()) -> str:
    """The text without e-mail addresses, these persons' names, and these names and codes of other partners.

    Each part of a person's name is looked for where it begins with a capital: « Petit », not « un petit incident ».
    Accents and capitals make no other name. A name that the register does not know stays.
    """
    parts = {part for name in people for part in re.split(r"[\s'’\-‑]+", name.casefold()) if len(part) > 1}
    spans = [match.span() for match in _ADDRESS.finditer(text)]
    spans += [place for place in _places(text, parts - _PARTICLES) if text[place[0]].isupper()]
    spans += _places(text, {name for name in others if len(name) >= _SHORTEST_CODE})
    shown, at = "", 0
    for start, end in sorted(spans):
        between = text[at:start]
        if between.strip(" -") or not shown.endswith(TAKEN_OUT):
            shown += between + TAKEN_OUT
        at = max(at, end)
    return shown + text[at:]


def _places(text: str, words: Collection[str]) -> list[tuple[int, int]]:
    """Where these words stand whole in the text."""
    if not words:
        return []
    escaped = (r"\s+".join(map(re.escape, _folded(word).split())) for word in sorted(words, key=len, reverse=True))
    any_of_them = "|".join(escaped)
    return [match.span() for match in re.finditer(rf"(?<!\w)(?:{any_of_them})(?!\w)", _folded(text))]


def _folded(text: str) -> str:
    """The same without accents and capitals, with plain apostrophes and hyphens, sign for sign."""
    plain = text.translate(_PLAIN)
    return "".join(unicodedata.normalize("NFD", sign)[0].lower()[0] for sign in plain)
