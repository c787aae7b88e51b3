"""An e-mail in words: its subject, and its two templates (plain text and HTML) in `templates/notices`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provisioner.views.template import inline, template

#: The spaces of French punctuation: no line ends there.
_UNBROKEN = re.compile(r" (?=[:;?!»])|(?<=«) ")

#: The subject of each notice, which bears its template's name. None names a person.
SUBJECTS = {
    "annexe-3": "nouveaux contacts de la Caf (annexe 3)",
    "annexe-applied": "{{ what }}",
    "annexe-applied-copy": "{{ what }} ({{ code }})",
    "annexe-refused": "annexe 1 à corriger",
    "annexe-rejected": "annexe 1 non retenue",
    "annexe-waiting": "{{ 'rappel, ' if is_reminder }}annexe 1 en attente de votre décision ({{ code }})",
    "annexe-sent-back": "annexe 1 à examiner de nouveau ({{ code }})",
    "bounced": "adresse électronique à vérifier",
    "held": "modifications en suspens ({{ code }}){{ ', rappel, ' ~ age if age }}",
    "quarantine": "{{ 'accès encore ouverts' if still_open else 'modifications qui échouent' }} ({{ code }})",
    "silent": "accès jamais activés",
    "suspension": "accès suspendu, annexe 1 à envoyer",
    "suspension-aged": "accès suspendu depuis {{ age }}{{ ', décision attendue' if alarm }}",
    "suspension-reminder": "rappel, accès suspendu, annexe 1 à envoyer",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """An e-mail in words. The subject never names a person."""

    subject: str
    text: str
    html: str


def write_notice(name: str, **values: object) -> Notice:
    """The notice of that name with these values, a date as French people write it."""
    subject = f"Coopération : {inline(SUBJECTS[name]).render(**values)}"
    parts = (template(f"{name}.{kind}").render(subject=subject, **values) for kind in ("txt", "html"))
    text, html = (_UNBROKEN.sub("\N{NO-BREAK SPACE}", one) for one in parts)
    return Notice(subject, text, html)
