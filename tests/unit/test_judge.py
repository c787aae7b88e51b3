"""What a document says against itself: its dates, its addresses, its two lists side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.annexe.details import OtherRow, WhyUnreadable
from provisioner.domain.annexe.document import Annexe, Column, Finding, Row, Severity, reading_order
from provisioner.domain.annexe.judge import judge_document
from provisioner.domain.annexe.judge import judged as judged_alone
from provisioner.domain.calendar import add_months
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress, MailboxRules
from provisioner.settings import DocumentSettings

TODAY = date(2026, 9, 2)
SENT = date(2026, 9, 1)
LYS = frozenset({"agglo-lys.example", "ville-lys.example"})
RULES = MailboxRules(frozenset({"gmail.com", "hotmail.*"}), frozenset({"accueil", "mairie", "petite-enfance"}))


def row(number: int, at: int, email: str, on: date | None = SENT, name: str | None = None) -> Row:
    last, _, first = (name or email.partition("@")[0]).partition(" ")
    return Row(number, at, last, first or email, "agent", EmailAddress(email), on)


def judged(
    *rows: Row,
    sent: date | None = SENT,
    domains: frozenset[str] | None = None,
    declared: frozenset[str] = frozenset(),
    opened: frozenset[str] = frozenset(),
    findings: tuple[Finding, ...] = (),
) -> tuple[Finding, ...]:
    open_addresses = frozenset(map(EmailAddress, opened))
    partner = None
    if domains is not None:
        partner = Partner(code="lys", name="Lys", domains=domains, addresses=frozenset(map(EmailAddress, declared)))
    annexe = judged_alone(Annexe(sent, rows, findings))
    judgement = judge_document(annexe, TODAY, RULES, partner, open_addresses)
    return tuple(sorted(judgement, key=reading_order))


def told(findings: tuple[Finding, ...]) -> list[tuple[str, int | None, int | None, Severity]]:
    return [(finding.code, finding.list, finding.row, finding.severity) for finding in findings]


@pytest.mark.rule("A2")
def test_an_annexe_is_not_transmitted_after_today() -> None:
    assert told(judged(sent=date(2026, 9, 3))) == [("transmission-date-future", None, None, Severity.ERROR)]
    assert judged(sent=TODAY) == ()


@pytest.mark.rule("A6")
def test_a_date_to_come_is_planned_and_told() -> None:
    findings = judged(row(1, 1, "a@x.fr", date(2026, 9, 3)), row(2, 1, "b@x.fr", date(2026, 9, 3)))
    assert told(findings) == [("date-future", 1, 1, Severity.WARNING), ("date-future", 2, 1, Severity.WARNING)]
    assert judged(row(1, 1, "a@x.fr", TODAY)) == ()


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("ended_on", "sent", "too_old"),
    [
        (date(2024, 9, 1), SENT, False),
        (date(2024, 8, 31), SENT, True),
        (date(2024, 2, 29), date(2026, 2, 28), False),
        (date(2024, 2, 29), date(2026, 3, 1), True),
    ],
)
def test_a_closure_of_more_than_two_years_before_the_transmission_is_too_old(
    ended_on: date, sent: date, too_old: bool
) -> None:
    expected = [("closure-too-old", 2, 1, Severity.WARNING)] if too_old else []
    assert told(judged(row(2, 1, "a@x.fr", ended_on), sent=sent)) == expected
    assert judged(row(1, 1, "a@x.fr", ended_on), sent=sent) == ()


@pytest.mark.rule("A4")
@pytest.mark.parametrize(
    ("asked", "ended", "accepted"),
    [
        (date(2026, 6, 10), SENT, True),
        (date(2026, 6, 10), date(2026, 9, 2), True),
        (date(2026, 8, 2), date(2026, 8, 1), True),
        (date(2026, 8, 1), date(2026, 8, 1), False),
        (date(2026, 6, 10), date(2026, 8, 31), False),
    ],
)
def test_somebody_in_both_lists_needs_dates_that_explain_it(asked: date, ended: date, accepted: bool) -> None:
    findings = judged(row(1, 1, "a@x.fr", asked), row(2, 1, "a@x.fr", ended))
    assert told(findings) == ([] if accepted else [("in-both-lists", 2, 1, Severity.ERROR)])


@pytest.mark.rule("A1")
def test_the_second_row_of_an_address_is_refused_and_the_first_one_stands() -> None:
    findings = judged(row(1, 1, "a@x.fr"), row(1, 2, "b@x.fr"), row(1, 3, "a@x.fr"), row(1, 4, "a@x.fr"))
    assert [(finding.code, finding.row, finding.details) for finding in findings] == [
        ("duplicate-person", 3, OtherRow(row=1)),
        ("duplicate-person", 4, OtherRow(row=1)),
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Le Goff Anne", "LEGOFF Anne"),
        ("Dupont Émilie", "dupont emilie"),
        ("Dupont Jean-Paul", "Jean Paul Dupont"),
        ("N'Guyen Lan", "Nguyen Lan"),
    ],
)
def test_nearly_the_same_name_with_another_address_is_a_question(name: str, other: str) -> None:
    same_list = judged(row(1, 1, "a@x.fr", name=name), row(1, 2, "b@x.fr", name=other))
    assert [(finding.code, finding.row, finding.details) for finding in same_list] == [
        ("possible-duplicate", 2, OtherRow(EmailAddress("a@x.fr"), 1, 1))
    ]
    changed = judged(row(1, 1, "a@x.fr", name=name), row(2, 1, "b@x.fr", name=other))
    assert [(finding.list, finding.row, finding.details) for finding in changed] == [
        (1, 1, OtherRow(EmailAddress("b@x.fr"), 2, 1))
    ]


def test_other_names_and_the_same_address_are_no_question() -> None:
    assert judged(row(1, 1, "a@x.fr", name="Martin Paul"), row(1, 2, "b@x.fr", name="Martin Sophie")) == ()
    two_lists = judged(row(1, 1, "a@x.fr", name="Martin Paul"), row(2, 1, "a@x.fr", name="Martin Paul"))
    assert two_lists == ()


@pytest.mark.rule("A7")
def test_an_address_has_one_finding_the_first_that_applies() -> None:
    rows = [
        row(1, at, email, name=f"{chr(96 + at) * 9} Zoé")
        for at, email in enumerate(
            [
                "a@gmail.com",
                "accueil@hotmail.fr",
                "accueil@autre.fr",
                "mairie.lys@agglo-lys.example",
                "z@agglo-lis.example",
            ],
            1,
        )
    ]
    assert [(finding.code, finding.row) for finding in judged(*rows, domains=LYS)] == [
        ("email-consumer", 1),
        ("email-consumer", 2),
        ("email-domain", 3),
        ("email-shared-mailbox", 4),
        ("email-domain", 5),
    ]
    assert [(finding.code, finding.row) for finding in judged(*rows)] == [
        ("email-consumer", 1),
        ("email-consumer", 2),
        ("email-shared-mailbox", 3),
        ("email-shared-mailbox", 4),
    ]


@pytest.mark.rule("A7")
def test_a_domain_that_is_not_declared_proposes_the_nearest_one_and_subdomains_do_not_count() -> None:
    findings = judged(row(1, 1, "z@agglo-lis.example"), row(1, 2, "y@sub.agglo-lys.example"), domains=LYS)
    assert [finding.code for finding in findings] == ["email-domain"] * 2
    assert findings[0].suggestion == "z@agglo-lys.example"


@pytest.mark.rule("A7")
def test_a_consumer_domain_that_an_older_register_holds_admits_nobody_new() -> None:
    rows = (row(1, 1, "zoe@gmail.com"), row(1, 2, "max@gmail.com"))
    findings = judged(*rows, domains=frozenset({"gmail.com"}), opened=frozenset({"max@gmail.com"}))
    assert told(findings) == [
        ("email-consumer", 1, 1, Severity.ERROR),
        ("email-consumer", 1, 2, Severity.WARNING),
    ]


@pytest.mark.rule("A7")
def test_an_exact_address_that_the_partner_declared_is_warned_of_and_its_neighbour_refused() -> None:
    rows = (row(1, 1, "zoe@gmail.com"), row(1, 2, "max@gmail.com"), row(1, 3, "ana@petit.example"))
    findings = judged(*rows, domains=frozenset(), declared=frozenset({"zoe@gmail.com", "ana@petit.example"}))
    assert told(findings) == [
        ("email-consumer", 1, 1, Severity.WARNING),
        ("email-consumer", 1, 2, Severity.ERROR),
    ]


@pytest.mark.rule("A7")
def test_a_shared_mailbox_is_refused_even_where_the_partner_declared_that_exact_address() -> None:
    declared = frozenset({"mairie@orange.fr", "accueil@petit.example"})
    findings = judged(row(1, 1, "mairie@orange.fr"), row(1, 2, "accueil@petit.example"), declared=declared)
    assert told(findings) == [
        ("email-shared-mailbox", 1, 1, Severity.ERROR),
        ("email-shared-mailbox", 1, 2, Severity.ERROR),
    ]


@pytest.mark.rule("A7")
def test_a_mistyped_address_of_a_partner_without_a_domain_proposes_the_declared_one() -> None:
    declared = frozenset({"zoe.martin@petit.example"})
    (finding,) = judged(row(1, 1, "zoe.martin@petti.example"), domains=frozenset(), declared=declared)
    assert (finding.code, finding.suggestion) == ("email-domain", "zoe.martin@petit.example")


@pytest.mark.rule("A7")
def test_a_persons_own_mailbox_is_not_shared_whatever_its_first_word() -> None:
    rules = load_mailbox_rules(DocumentSettings())
    own = EmailAddress("direction.dupont@lys.fr")
    assert not rules.is_shared(own, "Dupont", "Zoé")
    assert rules.is_shared(own, "Martin", "Paul")
    assert rules.is_shared(EmailAddress("accueil2@lys.fr"), "Accueil", "")
    assert rules.is_shared(EmailAddress("petite-enfance@lys.fr"), "Martin", "Paul")
    assert not rules.is_shared(EmailAddress("rhea.martin@lys.fr"), "Martin", "Rhéa")


@pytest.mark.rule("A7")
@pytest.mark.parametrize(
    "domain", ["gmail.com", "orange.fr", "hotmail.co.uk", "outlook.fr", "laposte.net", "yahoo.fr"]
)
def test_the_usual_consumer_domains_are_known(domain: str) -> None:
    assert load_mailbox_rules(DocumentSettings()).is_consumer(EmailAddress(f"z@{domain}"))
    assert not load_mailbox_rules(DocumentSettings()).is_consumer(EmailAddress(f"z@ville-{domain}"))
    assert not load_mailbox_rules(DocumentSettings()).is_consumer(EmailAddress("z@outlook.agglo-lys.fr"))


@pytest.mark.rule("A4")
def test_no_address_refuses_a_closure_or_an_access_that_is_open() -> None:
    rows = (row(1, 1, "a@autre.fr"), row(2, 1, "b@gmail.com"))
    findings = judged(*rows, domains=LYS, opened=frozenset({"a@autre.fr"}))
    assert told(findings) == [
        ("email-domain", 1, 1, Severity.WARNING),
        ("email-consumer", 2, 1, Severity.WARNING),
    ]


def test_an_address_that_lost_its_at_sign_gets_it_back_as_a_proposal() -> None:
    lost = Finding("email-invalid", Severity.ERROR, 1, 1, Column.EMAIL, "zoe.petitagglo-lys.example")
    (finding,) = judged(domains=LYS, findings=(lost,))
    assert finding.suggestion == "zoe.petit@agglo-lys.example"


def test_an_address_that_was_put_right_is_quoted_as_it_was_written() -> None:
    repaired = replace(row(1, 1, "z@gmail.com"), written={Column.EMAIL: "Z@Gmail.com"})
    assert judged(repaired)[0].value == "Z@Gmail.com"


def test_a_document_that_cannot_be_read_has_that_one_finding() -> None:
    unreadable = Finding("unreadable-document", Severity.ERROR, details=WhyUnreadable("empty"))
    assert judged(sent=None, findings=(unreadable,)) == (unreadable,)


def test_findings_come_in_the_order_of_reading() -> None:
    whole = Finding("pending-revisions", Severity.WARNING)
    cell = Finding("cell-missing", Severity.ERROR, 1, 1, Column.EMAIL)
    of_row = Finding("struck-or-hidden", Severity.ERROR, 1, 1)
    later = Finding("cell-missing", Severity.ERROR, 2, 1, Column.LAST_NAME)
    assert sorted([later, cell, whole, of_row], key=reading_order) == [whole, of_row, cell, later]


def test_calendar_arithmetic_stops_at_the_end_of_the_month() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2024, 2, 29), 24) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), -2) == date(2025, 11, 30)


_EMAILS = st.sampled_from(["a@x.fr", "b@gmail.com", "c@agglo-lys.example", "accueil@x.fr"])
_ROWS = st.lists(
    st.tuples(st.sampled_from([1, 2]), _EMAILS, st.dates(date(2020, 1, 1), date(2030, 1, 1))), max_size=8
)


@given(_ROWS, st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.none() | st.just(LYS))
def test_a_cell_has_at_most_one_address_finding(
    cells: list[tuple[int, str, date]], sent: date | None, domains: frozenset[str] | None
) -> None:
    rows = [row(number, at, email, on) for at, (number, email, on) in enumerate(cells, 1)]
    findings = judged(*rows, sent=sent, domains=domains)
    address = [(finding.list, finding.row) for finding in findings if finding.code.startswith("email-")]
    assert len(address) == len(set(address))
