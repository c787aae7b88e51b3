"""Each notice is one template: its subject is the title, its plain text is made from the page."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from provisioner import views
from provisioner.domain.people import EmailAddress, Person
from provisioner.views.answers.notices import KINDS
from provisioner.views.notices import write_notice

NAMES = sorted(file.stem for file in (Path(views.__file__).parent / "templates" / "notices").glob("*.html"))
NAMES.remove("page")

ZOE = Person("Petit", "Zoé", "agente", EmailAddress("zoe@lys.example"))
DAY = date(2026, 9, 1)
#: What any notice may tell, in its shortest and its longest form.
SHORT: dict[str, object] = {
    **dict.fromkeys(("partner", "code", "plan_id", "dates", "reason"), "lys"),
    **dict.fromkeys(("dated", "since", "transmitted_on", "kept_until"), DAY),
    **dict.fromkeys(("releasable", "alarm", "partner_is_told", "list_2_only", "has_errors", "caf_will_call"), False),
    **{"answer_to": None, "age": None, "opened": 0, "errors": 1, "number": 12, "person": ZOE, "people": [ZOE]},
    **{"figures": [("Accès ouverts", 2)], "partners": [("Lys", "lys", "rien.")]},
    "lines": [(None, DAY, "HTTP 500")],
    "is_reminder": False,
    "list_2_plan_id": "",
    **{"by": "Claire Martin", "accounts": 3, "second": None, "others": [], "reopened": 2},
    **{
        "origin": "caf",
        "aware": "1er septembre 2026 à 9 h 05",
        "text": "Vol",
        "delay": "délai dépassé",
        "lacking": "",
    },
    **{"has_officer": False, "incidents": [(12, "1er septembre 2026 à 9 h 05", "délai dépassé", "nature")]},
    "still_open": [("zoe@lys.example", DAY, "Accès encore ouvert.")],
    **dict.fromkeys(("on", "until", "last_day", "notice_by", "asked_on", "due_on"), DAY),
    **dict.fromkeys(("is_too_late", "is_certificate", "is_late", "is_open"), False),
    **{"days": 1, "count": 1, "notice_days": 1, "what": "Engagement du sous-traitant"},
    "head": None,
    "to_caf": False,
}
LONG = {name: True if value in (False, 0) else value for name, value in SHORT.items()} | {
    "answer_to": "caf@caf.example",
    "head": f"42:{'9' * 64}",
    "age": "7 jours",
    "lacking": "nature",
    "errors": 2,
    "second": "Paul Roy",
    "others": ["sivom"],
}

#: What a notice tells under a name that stands for something else in the others.
OWN: dict[str, dict[str, object]] = {
    "annexe-3": {"people": [("Responsable de la sécurité", None, "s@caf.example")]},
    "control-secret": {"lines": [("Rôle donné", 2)]},
    "retention-unconfirmed": {"lines": [(4, DAY, 3, "agglo-lys", False), (5, DAY, None, None, True)]},
    "incident-proposed": {"lines": [("Rôle donné", 2)]},
    "caf-review-late": {"due_on": DAY, "days": 2, "draft": True, "unsigned": 3, "undeclared": "la base"},
    "review-bounced": {"due_on": DAY, "role": "securite", "has_remarks": True},
    "review-remarks": {
        "lines": [("zoe@lys.example", "hors de la liste")],
        **{"is_alone": True, "is_hasty": True},
    },
    "review-reminder": {"due_on": DAY, "last_on": DAY, "days_late": 2, "count": 3, "has_remarks": True},
}


def _plain(written: str) -> str:
    """What is read: no tags, no bullets, one space where there are several, a letter's name in place of its code."""
    inline = re.sub(r"</?(a|code|strong)\b[^>]*>", "", written)
    return _words(unescape(re.sub(r"<[^>]+>", " ", inline)))


def _words(text: str) -> str:
    return " ".join(text.replace("\n- ", "\n").split())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("values", [SHORT, LONG], ids=["short", "long"])
def test_both_versions_of_a_notice_say_the_same_and_break_no_line_before_a_colon(
    name: str, values: dict[str, object]
) -> None:
    notice = write_notice(name, {**values, **OWN.get(name, {})})
    body = notice.html.partition("<body")[2].partition(">")[2]
    assert _plain(body) == _words(notice.text)
    assert notice.subject.startswith("Coopération : ")
    assert "petit" not in notice.subject.lower()
    for part in (notice.text, body):
        assert not re.search(r"[ \n][:;?!»]|«[ \n]", part)


def test_the_plain_text_of_a_notice_to_an_officer() -> None:
    notice = write_notice("annexe-waiting", {**LONG, "to_caf": True, "answer_to": None, "dates": "reçue ce jour"})
    assert notice.subject == "Coopération : rappel, annexe 1 en attente de votre décision (lys)"
    assert (
        notice.text.replace("\N{NO-BREAK SPACE}", " ")
        == f"""\
Bonjour,

L'annexe 1 n° 12 de lys (lys), reçue ce jour, attend toujours votre décision.

Elle comporte des erreurs : le partenaire en a été avisé et doit la corriger. Sa liste 2 peut être appliquée sans \
attendre :

    provisioner plan --annexe 12 --closures-only
    provisioner annexe approve 12 --closures-only --plan PLAN --by "NOM"

Si elle ne doit pas être appliquée :

    provisioner annexe reject 12 --by "NOM" --reason "MOTIF"

Sans décision de votre part, elle sera détruite après le 1er septembre 2026.

Cordialement,
Le service de gestion des habilitations « Coopération »

Ce message est envoyé automatiquement.

Journal des habilitations : {LONG["head"]}
"""
    )


def test_a_list_has_one_line_for_each_item_and_no_value_is_taken_for_a_tag() -> None:
    person = Person("<b>Roy</b> & fils", "Zoé", "agente", EmailAddress("zoe@lys.example"))
    notice = write_notice("silent", {**SHORT, "people": [person, ZOE]})
    assert "\n\n- Zoé <b>Roy</b> & fils (zoe@lys.example)\n- Zoé Petit (zoe@lys.example)\n\n" in notice.text
    assert "&lt;b&gt;Roy&lt;/b&gt; &amp; fils" in notice.html


def test_a_number_stays_on_the_line_of_what_it_numbers() -> None:
    notice = write_notice("held", {**LONG, "reason": "annexe 1"})
    assert "annexe\N{NO-BREAK SPACE}1" in notice.html
    assert "annexe\N{NO-BREAK SPACE}1" in notice.text


def test_the_ledger_has_words_for_each_kind() -> None:
    assert set(NAMES) <= set(KINDS)
