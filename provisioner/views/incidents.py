"""An incident in words: its items, its 72 hours, what is kept for it (L2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from provisioner.domain.connections.incident import NOTIFY_WITHIN, Incident, Origin
from provisioner.views.dates import french_moment, in_french

#: Which side told of it.
ORIGINS: Mapping[Origin, str] = {Origin.CAF: "la Caf", Origin.PARTNER: "un partenaire"}

#: The items of GDPR 33 and 34, as the data-protection officer reads them.
ITEMS: Mapping[str, str] = {
    "nature": "Nature de la violation",
    "categories": "Catégories de personnes et de données",
    "numbers": "Nombre de personnes et d'enregistrements",
    "effects": "Conséquences probables",
    "measures": "Mesures prises ou envisagées",
    "cnil_notified": "Notification à la CNIL",
    "persons_told": "Information des personnes concernées",
}


def delay_words(incident: Incident, now: datetime) -> str:
    """How much of the 72 hours of GDPR 33 is left, or what became of the notification."""
    if incident.cnil_notified is not None:
        return f"notification à la CNIL : {item_value(incident.cnil_notified)}"
    until = f"notification à la CNIL à faire avant le {french_moment(incident.notify_before)}"
    left = incident.notify_before - now
    if left.total_seconds() > 0:
        return f"{until} (72 heures ; il reste {hours_words(left.total_seconds())})"
    return f"{until} (72 heures ; délai dépassé depuis {hours_words(-left.total_seconds())})"


def hours_words(seconds: float) -> str:
    """« 47 h 59 min », and « 12 jours » from ten times the delay on."""
    if seconds >= 10 * NOTIFY_WITHIN.total_seconds():
        return f"{seconds // 86400:.0f} jours"
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes:02} min"


def item_value(text: str) -> str:
    """A day as French people write it, any other text as it is."""
    return in_french(text)


def reason_of(incident: Incident) -> str:
    """Why an access is cut, or a record kept, for it."""
    return f"Incident n° {incident.id}"


def lacking_words(incident: Incident) -> str:
    """The items that nobody has recorded yet; empty when none lacks."""
    return ", ".join(_lower(ITEMS[item]) for item in incident.lacking)


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
