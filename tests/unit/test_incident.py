"""An incident's 72 hours, when the Caf is reminded of it, and the names that the partners are not told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.connections.incident import Incident, Origin, moment_of, without_names
from provisioner.views.incidents import delay_words

AWARE = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
OPEN = Incident(
    id=1,
    origin=Origin.CAF,
    aware_since=AWARE,
    what="Vol",
    declared_at=AWARE,
    declared_by="Claire Martin",
    told_at=AWARE,
)


@pytest.mark.rule("L2")
@pytest.mark.parametrize(
    ("aware", "until"),
    [
        ("2026-03-28T12:00", "31 mars 2026 à 13 h 00"),  # one hour of that night does not exist
        ("2026-10-24T12:00", "27 octobre 2026 à 11 h 00"),  # one hour of that night exists twice
        ("2026-10-25T02:30", "28 octobre 2026 à 1 h 30"),  # the first of the two: it never gives more time
        ("2026-03-28T12:00+00:00", "31 mars 2026 à 14 h 00"),
        ("2026-09-02", "5 septembre 2026 à 0 h 00"),
    ],
)
def test_the_72_hours_really_pass_whatever_the_clocks_do(aware: str, until: str) -> None:
    incident = replace(OPEN, aware_since=moment_of(aware))
    assert incident.notify_before - incident.aware_since == timedelta(hours=72)
    assert f"avant le {until} (72 heures ; il reste 72 h 00 min)" in delay_words(incident, incident.aware_since)


@pytest.mark.parametrize("text", ["", "hier", "2026-02-30", "20260902", "2026-09-02 10:00", "2026-09-02T25:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        moment_of(text)


@pytest.mark.rule("L2")
def test_the_delay_is_said_until_it_is_known_what_became_of_the_notification() -> None:
    assert "délai dépassé depuis 0 h 00 min" in delay_words(OPEN, OPEN.notify_before)
    assert "délai dépassé depuis 40 jours" in delay_words(OPEN, OPEN.notify_before + timedelta(days=40))
    assert (
        delay_words(replace(OPEN, cnil_notified="2026-09-03"), AWARE) == "notification à la CNIL : 3 septembre 2026"
    )
    assert delay_words(replace(OPEN, cnil_notified="Sans risque"), AWARE) == "notification à la CNIL : Sans risque"


@pytest.mark.rule("L2")
def test_the_caf_is_reminded_daily_then_weekly_and_no_more_once_it_is_closed() -> None:
    def days(incident: Incident) -> list[int]:
        return [day for day in range(2, 11) if incident.is_to_be_told_on(date(2026, 9, day))]

    assert days(OPEN) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert days(replace(OPEN, cnil_notified="2026-09-02")) == [9, 10]
    assert days(replace(OPEN, told_at=None)) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert days(replace(OPEN, closed_at=AWARE)) == []


@pytest.mark.rule("L2")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Poste de Zoé Petit-Durand volé", "Poste de […] volé"),
        ("PETIT, LEFEVRE : un petit incident", "[…], […] : un petit incident"),
        ("écrit à zoe@lys.example.", "écrit à […]."),
        ("Vu chez Agglo de la Lys et au SIVOM-nord, un soir", "Vu chez […] et au […], un soir"),
        ("De la Tour a perdu son badge", "De la […] a perdu son badge"),
        ("L'HÔTE a vu le SIVOM‑Nord et l'Agglo  de la Lys", "L'[…] a vu le […] et l'[…]"),
        ("Hameçonnage de plusieurs agents", "Hameçonnage de plusieurs agents"),
    ],
)
def test_a_partner_is_told_no_name_of_a_person_or_of_another_partner(text: str, shown: str) -> None:
    people = ["Zoé Petit-Durand", "Chloé Lefèvre", "Jean de la Tour", "Anne L’Hôte"]
    assert without_names(text, people, ["Agglo de la Lys", "sivom-nord", "un"]) == shown
