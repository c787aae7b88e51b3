"""What the register has to say of an annexe."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from time import process_time

import pytest

from provisioner.domain.access.account import RemoteAccount
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.annexe.details import Absent, Count, OtherRow
from provisioner.domain.annexe.document import Annexe, Finding, Row, Severity
from provisioner.domain.annexe.judge_register import judge_keycloak, judge_register, waive
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import CurrentAnnexe, Records
from tests.shared.examples import LONG_AGO, LYS, TODAY, annexe, email, end, habilitation, records, remote, snapshot
from tests.shared.pace import slowness

JUNE = date(2026, 6, 10)


def opened(name: str, id_: int = 1, **facts: object) -> Habilitation:
    return habilitation(name, id=id_, opened_at=LONG_AGO, **facts)


def closed(name: str, on: date, id_: int = 1) -> Habilitation:
    return opened(name, id_, closed_at=LONG_AGO, end=end(on))


def judged(said: Annexe, known: Records, partner: Partner = LYS, received_on: date = TODAY) -> list[Finding]:
    return list(judge_register(said, "digest", known, partner, TODAY, received_on))


def codes(findings: list[Finding]) -> list[tuple[str, str, int | None, int | None]]:
    return [(finding.code, finding.severity.value, finding.list, finding.row) for finding in findings]


@pytest.mark.rule("A1")
def test_a_list_that_says_what_is_already_so_has_no_finding() -> None:
    assert judged(annexe({"leroy": JUNE}), records(opened("leroy"))) == []


@pytest.mark.rule("C2")
@pytest.mark.parametrize(
    "partner",
    [
        replace(LYS, signed_on=None),
        replace(LYS, signed_on=TODAY + timedelta(1)),
        replace(LYS, ends_on=TODAY - timedelta(1)),
    ],
)
def test_a_convention_that_is_not_signed_or_has_ended_refuses(partner: Partner) -> None:
    assert codes(judged(annexe({"leroy": JUNE}), records(), partner)) == [
        ("convention-not-active", "error", None, None)
    ]


@pytest.mark.rule("A9")
def test_an_older_annexe_is_stale_and_another_of_the_same_date_is_told() -> None:
    known = records(current={LYS.code: CurrentAnnexe(date(2026, 9, 1), "other")})
    assert codes(judged(annexe({"leroy": JUNE}, on=date(2026, 8, 31)), known))[0][:2] == ("stale-annexe", "error")
    assert codes(judged(annexe({"leroy": JUNE}), known))[0][:2] == ("same-date", "warning")
    same = records(current={LYS.code: CurrentAnnexe(date(2026, 9, 1), "digest")})
    assert judged(annexe({"leroy": JUNE}), same) == []


@pytest.mark.rule("A4")
def test_a_request_older_than_the_closure_is_refused_and_a_newer_one_is_a_return() -> None:
    known = records(closed("leroy", date(2026, 7, 1)))
    assert codes(judged(annexe({"leroy": JUNE}), known)) == [("request-older-than-closure", "error", 1, 1)]
    assert codes(judged(annexe({"leroy": date(2026, 7, 1)}), known))[0][0] == "request-older-than-closure"
    assert codes(judged(annexe({"leroy": TODAY}), known)) == [("returning", "warning", 1, 1)]


@pytest.mark.rule("A3")
@pytest.mark.parametrize(("ended_on", "told"), [(date(2024, 9, 2), True), (date(2024, 9, 1), False)])
def test_a_closure_of_less_than_two_years_is_missed_in_list_2(ended_on: date, told: bool) -> None:
    findings = judged(annexe({}), records(closed("leroy", ended_on)))
    assert codes(findings) == ([("closure-missing", "warning", 2, None)] if told else [])


@pytest.mark.rule("A3")
def test_a_closure_of_nobody_suggests_the_nearest_open_person() -> None:
    (finding,) = judged(annexe({"leroy": JUNE}, {"lerois": TODAY}), records(opened("leroy")))
    assert (finding.code, finding.severity, finding.suggestion) == (
        "closure-unknown",
        Severity.WARNING,
        email("leroy"),
    )


@pytest.mark.rule("A3")
def test_an_annexe_that_leaves_nobody_open_is_told() -> None:
    findings = judged(annexe({}, {"leroy": TODAY}), records(opened("leroy")))
    assert [finding.code for finding in findings] == ["closes-everyone"]


@pytest.mark.rule("A5")
def test_an_open_person_in_neither_list_is_unaccounted_for() -> None:
    (finding,) = judged(annexe({"leroy": JUNE}), records(opened("leroy"), opened("vasseur", 2)))
    assert (finding.code, finding.value, finding.severity) == ("unaccounted-for", email("vasseur"), Severity.WARNING)


@pytest.mark.rule("A5")
def test_a_new_address_with_the_name_of_an_absent_person_may_be_a_changed_address() -> None:
    said = Annexe(date(2026, 9, 1), (Row(1, 1, "VASSEUR", "Alex", "agent", email("alex.vasseur"), JUNE),), ())
    findings = judged(said, records(opened("vasseur")))
    assert [finding.code for finding in findings] == ["possible-duplicate", "unaccounted-for"]
    assert findings[0].details == OtherRow(email("vasseur"))


@pytest.mark.rule("A5")
def test_a_long_annexe_beside_many_open_persons_is_judged_in_no_time() -> None:
    known = records(*(opened(f"person{number}", number) for number in range(1, 1_001)))
    rows = [
        Row(number, row, f"Nom{row}", f"Prenom{row}", "agent", EmailAddress(f"p{row}@lys{number}.example"), JUNE)
        for number in (1, 2)
        for row in range(1, 20_001)
    ]
    rows[6] = replace(rows[6], last_name="PERSON7", first_names="Alex")
    started_at = process_time()
    findings = judged(Annexe(date(2026, 9, 1), tuple(rows), ()), known)
    assert process_time() - started_at < 10 * slowness()
    assert [(finding.row, finding.details) for finding in findings if finding.code == "possible-duplicate"] == [
        (7, OtherRow(email("person7")))
    ]


@pytest.mark.rule("V3")
@pytest.mark.parametrize(("received_on", "days"), [(date(2026, 8, 31), None), (date(2026, 9, 3), 3)])
def test_a_departure_told_late_is_measured(received_on: date, days: int | None) -> None:
    said = annexe({"leroy": JUNE}, {"vasseur": date(2026, 8, 31)})
    findings = judged(said, records(opened("leroy"), opened("vasseur", 2)), received_on=received_on)
    assert [finding.details for finding in findings if finding.code == "late-departure"] == (
        [Count(days)] if days else []
    )


@pytest.mark.rule("V3")
def test_the_old_closure_of_a_person_who_came_back_is_no_late_departure() -> None:
    known = records(closed("leroy", date(2025, 12, 31)), opened("leroy", 2))
    assert codes(judged(annexe({"leroy": JUNE}, {"leroy": date(2025, 12, 31)}), known)) == []


@pytest.mark.rule("A8")
def test_an_address_open_at_another_partner_is_refused_unless_waived_by_name() -> None:
    elsewhere = opened("leroy", partner="sivom")
    said = annexe({"leroy": JUNE})
    findings = judged(said, records(elsewhere))
    assert codes(findings) == [("address-of-other-partner", "error", 1, 1)]
    assert [finding.severity for finding in waive(findings, said, {1}, {})] == [Severity.WARNING]
    assert [finding.severity for finding in waive(findings, said, {2}, {})] == [Severity.ERROR]
    already = {email("leroy"): frozenset({"address-of-other-partner"})}
    assert [finding.severity for finding in waive(findings, said, (), already)] == [Severity.WARNING]


@pytest.mark.rule("A8")
def test_a_waiver_reaches_no_other_finding() -> None:
    stale = Finding("request-older-than-closure", Severity.ERROR, 1, 1)
    assert list(waive([stale], annexe({"leroy": JUNE}), {1}, {})) == [stale]


@pytest.mark.rule("A8")
def test_an_account_of_the_realm_that_is_not_ours_is_told_and_ours_is_not() -> None:
    leroy = opened("leroy")
    admin = RemoteAccount("admin", EmailAddress("admin@agglo-lys.example"), True, "A", "B")
    seen = snapshot(remote(leroy), admin)
    findings = judge_keycloak(annexe({"leroy": JUNE, "admin": JUNE}), records(leroy), seen, LYS.code)
    assert [(finding.code, finding.row) for finding in findings] == [("address-not-managed", 2)]


@pytest.mark.rule("A3")
def test_a_departure_whose_account_another_hand_made_again_is_told() -> None:
    leroy = opened("leroy")
    again = replace(remote(leroy), id="another", attributes={})
    lists = annexe({}, {"leroy": TODAY})
    findings = judge_keycloak(lists, records(leroy), snapshot(again), LYS.code)
    assert codes(list(findings)) == [("account-made-again", "warning", 2, 1)]
    assert judge_keycloak(lists, records(leroy), snapshot(remote(leroy)), LYS.code) == ()
    assert judge_keycloak(lists, records(leroy), snapshot(), LYS.code) == ()
    assert judge_keycloak(lists, records(leroy), snapshot(replace(again, enabled=False)), LYS.code) == ()


@pytest.mark.rule("A7")
def test_no_change_of_address_is_proposed_that_would_be_refused() -> None:
    def proposed(*known: Habilitation) -> object:
        findings = judged(annexe({"dupuis": JUNE}), records(*known))
        (unaccounted_for,) = [finding for finding in findings if finding.code == "unaccounted-for"]
        assert isinstance(unaccounted_for.details, Absent)
        return unaccounted_for.details.renamed_to

    assert proposed(opened("petit")) == email("dupuis")
    assert proposed(opened("petit"), opened("dupuis", 2, partner="sivom")) is None
    assert proposed(opened("petit"), opened("petit", 2, partner="sivom")) is None
