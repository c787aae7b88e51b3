"""The French that people read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from provisioner.cli.printing import print_answer
from provisioner.domain.annexe.details import (
    DETAILS,
    Absent,
    BothLists,
    ConventionDates,
    Count,
    Details,
    Flaw,
    ListGuess,
    OnDay,
    OtherRow,
    ReadAs,
    Sender,
    Table,
    Transmissions,
    WhyUnreadable,
)
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Severity
from provisioner.domain.people import EmailAddress, Person
from provisioner.views.answers.attestations import IssuedAnswer
from provisioner.views.answers.checks import CheckAnswer
from provisioner.views.answers.holds import StatusAnswer
from provisioner.views.dates import french_date
from provisioner.views.findings import CODES, COLUMNS, REASONS, message
from provisioner.views.report import for_the_partner
from provisioner.views.shown import Line
from tests.unit.test_kept_annexe import kept

#: The contract's table of findings.
ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "provisioner"

#: The codes of the findings that docs/contract.md lists: from the document, the register or Keycloak.
CONTRACT = re.findall(r"^\| `([a-z-]+)` \| [DRK]", (ROOT / "docs" / "contract.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 8, 31), "31 août 2026"),
        (date(2026, 9, 1), "1er septembre 2026"),
        (date(2026, 2, 11), "11 février 2026"),
        (date(2030, 12, 31), "31 décembre 2030"),
    ],
)
def test_dates_are_written_as_french_people_write_them(day: date, words: str) -> None:
    assert french_date(day) == words


def test_every_code_of_the_contract_has_words_and_no_other() -> None:
    assert set(CONTRACT) == CODES


DAY = date(2026, 9, 1)
ZOE = Person("Petit", "Zoé", "agente", EmailAddress("zoe@lys.example"))

#: Each class of details, as full and as empty as it may be.
GIVEN: tuple[Details, ...] = (
    *(WhyUnreadable(reason) for reason in ("damaged", "unknown-partner")),
    WhyUnreadable("unknown-partner", "sivom"),
    *(Flaw(what) for what in ("refers", "several", "ditto", "month_first", "hidden", "struck", "formula", "cut")),
    *(Flaw(what) for what in ("several", "in_doubt", "contrary", "has_end")),
    *(Flaw("refused-in-name", characters) for characters in (None, "@")),
    ReadAs(DAY),
    ReadAs(text="Directrice"),
    ListGuess(1),
    Table((1, 2)),
    OnDay(DAY),
    ConventionDates(),
    ConventionDates(ended_on=DAY),
    ConventionDates(signed_on=DAY),
    OtherRow(EmailAddress("z@x.fr")),
    OtherRow(EmailAddress("z@x.fr"), 2, 3),
    BothLists(4, DAY, DAY),
    Transmissions(DAY, DAY),
    Sender(is_named=True),
    Sender(is_named=False),
    Count(1),
    Count(5),
    Absent(ZOE, DAY, EmailAddress("z@x.fr")),
)

#: Those of these codes may be absent.
MAY_HAVE_NONE = (Flaw, ListGuess, Table)


#: Only a date is repaired.
NEVER = ("date-repaired", ReadAs(text="Directrice"))


def given(code: str) -> list[Details | None]:
    kind = DETAILS.get(code)
    none: list[Details | None] = (
        [None] if kind is None or (kind in MAY_HAVE_NONE and code != "suspicious-characters") else []
    )
    fit = [details for details in GIVEN if type(details) is kind and (code, details) != NEVER]
    return none + fit


@pytest.mark.parametrize("code", CONTRACT)
@pytest.mark.parametrize("number", [1, 2])
def test_every_finding_is_one_or_more_whole_french_sentences(code: str, number: int) -> None:
    assert given(code)
    for details, column, proposal in product(given(code), (Column.FUNCTION, Column.EMAIL), (None, "zoe@lys.example")):
        words = message(Finding(code, Severity.ERROR, number, 1, column, "Écrit", proposal, details))
        assert words[0].isupper()
        assert words[-1] in ".?)"
        assert not re.search(r"None|  | \.(?!xlsx|docx)| ,|\{|\}|<|\d{4}-\d\d-\d\d", words)


@pytest.mark.rule("A8")
def test_the_partner_does_not_learn_who_else_has_an_account() -> None:
    for code in ("address-of-other-partner", "address-not-managed"):
        words = message(Finding(code, Severity.ERROR, 1, 1, Column.EMAIL, "z@x.fr"))
        assert words == "Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera."


@pytest.mark.rule("A3")
@pytest.mark.parametrize("code", ["sender-unknown", "account-made-again"])
def test_what_only_the_caf_can_look_into_does_not_go_back_to_the_partner(code: str) -> None:
    told = (Finding(code, Severity.WARNING, 2, 1), Finding("date-future", Severity.WARNING, 2, 1))
    assert [finding.code for finding in for_the_partner(told)] == ["date-future"]


def test_errors_that_are_only_counted_are_not_taken_for_one() -> None:
    finding = Finding("cell-missing", Severity.ERROR, 1, 1, Column.EMAIL)
    more = Finding("too-many-findings", Severity.ERROR, details=Count(49_799))
    whole = Check(file="a.csv", sha256="0" * 64, partner=None, annexe=Annexe(None, (), ()), findings=(finding, more))
    *_, before, last = (part for part in CheckAnswer.of(whole).shown() if isinstance(part, Line))
    assert (before.label, before.text) == ("erreur", "document")
    assert last.text == "Plus de 1 erreur à corriger."


def test_a_waived_finding_says_so() -> None:
    waived = Finding("email-consumer", Severity.WARNING, 1, 1, Column.EMAIL, waived=True)
    assert message(waived) == "Adresse acceptée : dérogation accordée pour cette ligne."


@pytest.mark.rule("A7")
@pytest.mark.parametrize("code", ["email-domain", "email-consumer", "email-shared-mailbox"])
def test_only_list_1_is_offered_a_waiver(code: str) -> None:
    said = [message(Finding(code, Severity.WARNING, number, 1, Column.EMAIL, "z@x.fr")) for number in (1, 2)]
    assert ["ou demandez une dérogation." in sentence for sentence in said] == [True, False]


def test_a_code_without_words_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        message(Finding("no-such-code", Severity.ERROR))


def test_every_column_has_its_title() -> None:
    assert set(COLUMNS) == set(Column)
    assert COLUMNS[Column.EMAIL] == "Adresse électronique"


def test_every_reason_that_the_reader_gives_has_words() -> None:
    given = set()
    for module in (SOURCES / "documents").glob("*.py"):
        source = module.read_text("utf-8")
        given |= set(re.findall(r'Unreadable\("([a-z-]+)"\)|"unreadable": "([a-z-]+)"', source))
    reasons = {reason or other for reason, other in given}
    assert {"empty", "bomb", "dtd"} <= reasons <= set(REASONS)


def test_status_says_in_french_where_an_annexe_stands(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime(2026, 9, 2, 8, tzinfo=UTC)
    status = SimpleNamespace(
        last_good_sync=None,
        partners=1,
        open=2,
        invitations_owed=0,
        invitations_uncertain=0,
        controls=0,
        controls_grave=0,
        incidents_open=1,
        late_reviews=2,
        journal=None,
    )
    print_answer(StatusAnswer.of(status, [kept()], (), now), "text")
    said = capsys.readouterr().out
    assert "transmise le 1er septembre 2026) : à traiter (contrôlée, sans erreur)." in said
    assert "Incidents ouverts : 1." in said
    assert "Revues annuelles en retard : 2." in said


@pytest.mark.rule("D3")
def test_who_is_not_in_a_certificate_is_told_in_the_number_that_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(IssuedAnswer(attestation=3, count=1, kept=2, returned=1, rest=4, sha256="0" * 64), "text")
    said = capsys.readouterr().out
    assert "établie pour 1 compte." in said
    assert "Accès de nouveau ouvert, donc hors de la demande : 1 personne." in said
    assert "2 comptes conservés pour l'instant : attestation n° 4 à venir." in said
