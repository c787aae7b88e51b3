"""Who leaves the kept annexe on their day, and who stays (D2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import OtherRow
from provisioner.domain.annexe.document import Check, Finding, Severity
from provisioner.domain.annexe.leaving import Leaving, leave
from provisioner.domain.people import EmailAddress, Identity
from tests.shared.examples import annexe, email

ENDED = date(2026, 8, 31)
ROWS = annexe({"leroy": date(2026, 6, 10)}, {"vasseur": ENDED, "inconnu": ENDED}, on=date(2026, 9, 1))
FINDINGS = (
    Finding("possible-duplicate", Severity.WARNING, list=1, row=1, details=OtherRow(email=email("vasseur"))),
    Finding("closure-unknown", Severity.WARNING, list=2, row=2),
    Finding("date-future", Severity.WARNING, list=1, row=1),
)
CHECK = Check(file="a.csv", sha256="", partner="agglo-lys", annexe=ROWS, findings=FINDINGS)


def _leaving(name: str, *staying: str) -> Leaving:
    identity = Identity(frozenset({email(name)}), name.capitalize(), "Alex")
    return Leaving(identity, ENDED, frozenset(map(email, staying)))


@pytest.mark.rule("D2")
def test_the_row_and_what_quotes_it_go_and_what_is_of_nobody_that_the_register_knows() -> None:
    remaining, _, is_listed = leave([_leaving("vasseur", "leroy")], CHECK, None)
    assert is_listed
    assert [row.email for row in remaining.annexe.rows] == [email("leroy")]
    assert [finding.code for finding in remaining.findings] == ["date-future"]


@pytest.mark.rule("D2")
def test_a_row_with_a_mistyped_address_is_the_persons_by_the_name_unless_it_is_a_namesakes() -> None:
    typed = EmailAddress("vaseur@agglo-lys.example")
    rows = tuple(replace(row, email=typed) if row.email == email("vasseur") else row for row in ROWS.rows)
    check = replace(CHECK, annexe=replace(ROWS, rows=rows))
    remaining, _, is_listed = leave([_leaving("vasseur", "leroy")], check, None)
    assert ([row.email for row in remaining.annexe.rows], is_listed) == ([email("leroy")], True)
    remaining, _, is_listed = leave([_leaving("vasseur", "leroy", "vaseur")], check, None)
    assert (remaining.annexe.rows, is_listed) == (rows, False)


@pytest.mark.rule("D2")
def test_who_has_another_access_there_loses_only_the_row_of_that_end() -> None:
    back = annexe({"vasseur": date(2027, 1, 4)}, {"vasseur": ENDED}, on=date(2027, 1, 4))
    leaving = _leaving("vasseur", "vasseur")
    remaining, _, is_listed = leave([leaving], replace(CHECK, annexe=back), None)
    assert ([(row.list, row.row) for row in remaining.annexe.rows], is_listed) == ([(1, 1)], True)
    assert not leaving.names("Alex Vasseur")


@pytest.mark.rule("D2")
def test_of_several_who_leave_together_nothing_stays_and_of_the_others_everything() -> None:
    rows = annexe(dict.fromkeys(("leroy", "petit"), date(2026, 6, 10)), {"vasseur": ENDED}, on=date(2026, 9, 1))
    persons = [_leaving(name, "leroy") for name in ("vasseur", "petit", "morel")]
    decisions = Decisions(waive={1: "Adresse de leroy", 2: "Sans domaine"}, keep=frozenset({email("morel")}))
    remaining, decided, is_listed = leave(persons, replace(CHECK, annexe=rows), decisions)
    assert [row.email for row in remaining.annexe.rows] == [email("leroy")]
    assert [finding.code for finding in remaining.findings] == ["date-future"]
    assert (decided, is_listed) == (Decisions(waive={1: "Adresse de leroy"}), True)


def test_the_others_decisions_stay() -> None:
    decisions = Decisions(
        keep=frozenset({email("leroy")}),
        close=frozenset({email("vasseur")}),
        waive={1: "Adresse de leroy", 2: "Vasseur Alex n'a pas d'autre adresse"},
        rename={email("vasseur"): email("vasseur-b"), email("petit"): email("petit-b")},
    )
    waived = annexe(dict.fromkeys(("leroy", "vasseur"), ENDED), on=ENDED)
    _, remaining, _ = leave([_leaving("vasseur", "leroy")], replace(CHECK, annexe=waived), decisions)
    assert remaining == Decisions(
        keep=decisions.keep, waive={1: "Adresse de leroy"}, rename={email("petit"): email("petit-b")}
    )


def test_a_part_of_a_name_and_a_longer_address_name_somebody_else() -> None:
    identity = Identity(frozenset({email("li")}), "Li", "Anne")
    assert [identity.is_named_in(text) for text in ("Anne LI", "li anne.", "Anne Linard", "li", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    accents = Identity(frozenset({EmailAddress("éva@évian.example")}), "Étienne", "Éloïse")
    texts = ("ÉLOÏSE  ÉTIENNE", "etienne eloise", "E\u0301tienne Éloïse", "EVA@ÉVIAN.example", "Éloïse Étiennette")
    assert [accents.is_named_in(text) for text in texts] == [True, True, True, True, False]
    assert accents.has_name("ETIENNE", "Eloise")
    assert [identity.is_named_in(f"{text}@agglo-lys.example") for text in ("li", "LI", "o.li")] == [True, True, False]
