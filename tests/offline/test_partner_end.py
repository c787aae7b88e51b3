"""The early end of a convention, announced and taken back, in the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.offline.conftest import TODAY, Office, opened
from tests.shared.examples import LYS, email, end, habilitation, person

LAST_DAY = date(2026, 9, 30)
END = ("partner", "end", LYS.code, "--by", "Claire Martin", "--reason", "fusion de deux communes", "--on")
REINSTATE = ("partner", "reinstate", LYS.code, "--by", "Claire Martin", "--reason", "fusion abandonnée")


@pytest.fixture
def signed(office: Office) -> Office:
    """A partner that signed in January, with 2 open accesses, 1 that ends sooner, 1 planned and 1 closed."""
    added = office.run("partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example")
    assert added.exit_code == 0
    assert office.run("partner", "set", LYS.code, "--signed-on", "2026-01-15", "--by", "Claire Martin").exit_code == 0
    long_ago = datetime(2026, 8, 1, 8, 0, tzinfo=UTC)
    office.enter(
        opened(habilitation("leroy")),
        opened(habilitation("petit")),
        opened(habilitation("vasseur", end=end(date(2026, 9, 15)))),
        habilitation("nguyen", requested_on=date(2026, 9, 20)),
        habilitation("obrien", requested_on=date(2026, 11, 2)),
        opened(habilitation("carpentier", end=end(date(2026, 7, 31)), closed_at=long_ago)),
    )
    return office


@pytest.mark.rule("C3")
def test_ending_a_convention_says_how_many_accesses_close_and_on_which_day_without_names(signed: Office) -> None:
    done = signed.run(*END, LAST_DAY.isoformat())
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == (
        "La convention du partenaire agglo-lys prend fin le 30 septembre 2026, son dernier jour. "
        "3 accès seront clôturés le 1er octobre 2026, le lendemain du dernier jour."
    )
    assert "leroy" not in (done.stdout + done.stderr).lower()
    assert signed.records().partners[LYS.code].last_day == LAST_DAY
    assert signed.end_reason(LYS.code) == "fusion de deux communes"
    [(entry, details)] = signed.journal("partner.end")
    assert (entry["partner"], entry["rule"], entry["by"]) == (LYS.code, "C3", "Claire Martin")
    assert (details["by"], details["reason"]) == ("Claire Martin", "fusion de deux communes")
    assert details["ends_on"] == "2026-09-30"


@pytest.mark.rule("C3")
def test_an_end_taken_back_lets_the_convention_go_on_and_is_in_the_journal(signed: Office) -> None:
    signed.run(*END, LAST_DAY.isoformat())
    done = signed.run(*REINSTATE, today=LAST_DAY)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == (
        "La convention du partenaire agglo-lys se poursuit : rien ne sera clôturé le 1er octobre 2026. "
        "4 accès seront clôturés le 1er janvier 2031, le lendemain du dernier jour."
    )
    assert signed.records().partners[LYS.code].last_day == date(2030, 12, 31)
    assert signed.end_reason(LYS.code) is None
    [(entry, details)] = signed.journal("partner.reinstate")
    assert entry["by"] == details["by"] == "Claire Martin"
    assert details["reason"] == "fusion abandonnée"


@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    ("on", "says"),
    [
        (
            "2026-09-01",
            ("le premier jour possible est aujourd'hui (2 septembre 2026), pour une clôture le 3 septembre 2026"),
        ),
        ("2031-01-01", "est postérieur à la fin de la CTG (31 décembre 2030)"),
    ],
)
def test_an_end_in_the_past_or_after_the_end_of_the_ctg_is_refused_with_what_to_do(
    signed: Office, on: str, says: str
) -> None:
    done = signed.run(*END, on)
    assert done.exit_code == 1
    assert says in done.stderr
    assert signed.records().partners[LYS.code].ends_on is None
    assert signed.journal("partner.end") == []


@pytest.mark.rule("C3")
def test_today_can_be_the_last_day(signed: Office) -> None:
    done = signed.run(*END, TODAY.isoformat())
    assert done.exit_code == 0
    assert "3 accès seront clôturés le 3 septembre 2026" in done.stderr


def test_an_end_before_the_signature_or_without_one_or_without_a_reason_is_refused(signed: Office) -> None:
    signed.run("partner", "add", "sivom", "--name", "Sivom", "--domain", "sivom.example")
    unsigned = signed.run("partner", "end", "sivom", "--on", "2026-09-30", "--reason", "x", "--by", "Claire Martin")
    assert (unsigned.exit_code, "n'est pas signée" in unsigned.stderr) == (1, True)
    signed.run("partner", "set", "sivom", "--signed-on", "2026-10-15", "--by", "Claire Martin")
    early = signed.run("partner", "end", "sivom", "--on", "2026-10-01", "--reason", "x", "--by", "Claire Martin")
    assert (early.exit_code, "précède la signature (15 octobre 2026)" in early.stderr) == (1, True)
    silent = signed.run("partner", "end", LYS.code, "--on", "2026-09-30", "--reason", " ", "--by", "Claire Martin")
    assert (silent.exit_code, "--reason" in silent.stderr) == (2, True)
    unknown = signed.run("partner", "end", "nobody", "--on", "2026-09-30", "--reason", "x", "--by", "Claire Martin")
    assert unknown.exit_code == 2
    nameless = signed.run("partner", "end", LYS.code, "--on", "2026-09-30", "--reason", "x")
    assert (nameless.exit_code, "--by" in nameless.stderr) == (2, True)


@pytest.mark.rule("C3")
def test_an_end_is_moved_until_its_day_is_past_and_then_needs_a_new_signature(signed: Office) -> None:
    signed.run(*END, LAST_DAY.isoformat())
    assert signed.run(*END, "2026-10-31", today=LAST_DAY).exit_code == 0
    assert signed.records().partners[LYS.code].last_day == date(2026, 10, 31)
    too_late = date(2026, 11, 1)
    for refused in (signed.run(*END, "2026-12-31", today=too_late), signed.run(*REINSTATE, today=too_late)):
        assert refused.exit_code == 1
        assert "a pris fin le 31 octobre 2026" in refused.stderr
        assert 'provisioner partner set agglo-lys --signed-on DATE --by "NOM"\n' in refused.stderr
    assert len(signed.journal("partner.end")) == 2
    assert signed.journal("partner.reinstate") == []


def test_there_is_nothing_to_take_back_where_no_end_was_announced(signed: Office) -> None:
    done = signed.run(*REINSTATE)
    assert done.exit_code == 1
    assert "Aucune fin anticipée n'est enregistrée" in done.stderr


@pytest.mark.rule("C2")
@pytest.mark.rule("C3")
def test_a_convention_that_ended_is_signed_anew_only_once_its_accesses_are_closed(office: Office) -> None:
    office.run(
        "partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15"
    )
    office.run(*END, LAST_DAY.isoformat())
    sign = ("partner", "set", LYS.code, "--by", "Claire Martin", "--signed-on", "2026-10-12")
    too_soon = office.run(*sign, today=LAST_DAY)
    assert (too_soon.exit_code, "après ce jour" in too_soon.stderr) == (1, True)
    office.enter(opened(habilitation("leroy")))
    still_open = office.run(*sign, today=date(2026, 10, 12))
    assert (still_open.exit_code, "lancez d'abord provisioner sync" in still_open.stderr) == (1, True)
    assert office.records().partners[LYS.code].ends_on == LAST_DAY


@pytest.mark.rule("C2")
def test_a_new_signature_after_an_end_is_a_new_convention_without_that_end(office: Office) -> None:
    office.run(
        "partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15"
    )
    office.run(*END, LAST_DAY.isoformat())
    sign = ("partner", "set", LYS.code, "--by", "Claire Martin", "--signed-on", "2026-10-12")
    assert office.run(*sign, today=date(2026, 10, 12)).exit_code == 0
    partner = office.records().partners[LYS.code]
    assert (partner.signed_on, partner.last_day) == (date(2026, 10, 12), date(2030, 12, 31))
    assert office.end_reason(LYS.code) is None
    assert len(office.journal("partner.new-convention")) == 1


def test_correcting_the_date_of_the_signature_leaves_an_announced_end_alone(signed: Office) -> None:
    signed.run(*END, LAST_DAY.isoformat())
    assert signed.run("partner", "set", LYS.code, "--signed-on", "2026-01-16", "--by", "x").exit_code == 0
    assert signed.records().partners[LYS.code].ends_on == LAST_DAY


@pytest.mark.rule("C1")
@pytest.mark.parametrize(
    ("today", "says"),
    [
        (date(2026, 1, 2), "Convention qui prendra effet le 15 janvier 2026 ; dernier jour : 31 décembre 2030."),
        (
            TODAY,
            "Convention signée le 15 janvier 2026 ; période en cours : du 15 janvier 2026 au 14 janvier 2027, "
            "reconduite tacitement jusqu'au 31 décembre 2030 (fin de la CTG).",
        ),
        (
            date(2030, 2, 1),
            "Convention signée le 15 janvier 2026 ; période en cours : du 15 janvier 2030 au 31 décembre 2030, "
            "la dernière (fin de la CTG).",
        ),
        (
            date(2031, 1, 1),
            "Convention signée le 15 janvier 2026, terminée le 31 décembre 2030, à la fin de la CTG : "
            "aucun accès ne s'ouvre.",
        ),
    ],
)
def test_showing_a_partner_says_in_french_where_its_convention_stands(signed: Office, today: date, says: str) -> None:
    shown = signed.run("partner", "show", LYS.code, today=today)
    assert says in " ".join(shown.stdout.split())


@pytest.mark.rule("C1")
def test_showing_a_partner_says_that_it_ends_early(signed: Office) -> None:
    signed.run(*END, LAST_DAY.isoformat())
    running = " ".join(signed.run("partner", "show", LYS.code).stdout.split())
    assert "au 30 septembre 2026 ; fin anticipée, dernier jour : 30 septembre 2026." in running
    over = " ".join(signed.run("partner", "show", LYS.code, today=date(2026, 10, 1)).stdout.split())
    assert "terminée le 30 septembre 2026, avant la fin de la CTG" in over
    signed.run("partner", "add", "sivom", "--name", "Sivom", "--domain", "sivom.example")
    assert "Convention non signée" in signed.run("partner", "show", "sivom").stdout


def test_an_account_that_serves_two_partners_counts_at_the_one_that_ends(signed: Office) -> None:
    signed.run("partner", "add", "sivom", "--name", "S", "--domain", "sivom.example", "--signed-on", "2026-01-15")
    signed.enter(opened(replace(habilitation("leroy", partner="sivom"), person=person("leroy"))))
    done = signed.run("partner", "end", "sivom", "--on", "2026-09-30", "--reason", "x", "--by", "Claire Martin")
    assert "1 accès sera clôturé le 1er octobre 2026" in done.stderr
    assert email("leroy") not in done.stderr


@pytest.mark.rule("C3")
def test_an_amendment_does_not_move_the_end_of_the_ctg_into_the_past(signed: Office) -> None:
    set_ = ("partner", "set", LYS.code, "--by", "Claire Martin", "--ctg-end")
    done = signed.run(*set_, "2026-09-01")
    assert (done.exit_code, "tous les accès seraient clôturés aussitôt" in done.stderr) == (1, True)
    imported = signed.import_(f'[[partner]]\ncode = "{LYS.code}"\nctg_end = 2026-09-01\n')
    assert "partner[1].ctg_end : Le 1er septembre 2026 est passé" in imported.stderr
    assert signed.records().partners[LYS.code].last_day == date(2030, 12, 31)
    assert signed.run(*set_, TODAY.isoformat()).exit_code == 0
