"""The French that people read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from provisioner.cli.printing import print_answer
from provisioner.views.answers.holds import StatusAnswer
from provisioner.views.dates import french_date
from provisioner.views.findings import CODES
from tests.unit.test_kept_annexe import kept

#: The contract's table of findings.
CONTRACT = (
    "unreadable-document",
    "list-missing",
    "column-missing",
    "transmission-date-missing",
    "transmission-date-future",
    "stale-annexe",
    "same-date",
    "convention-not-active",
    "cell-missing",
    "email-invalid",
    "email-domain",
    "email-consumer",
    "email-shared-mailbox",
    "suspicious-characters",
    "date-invalid",
    "date-repaired",
    "date-future",
    "ditto-expanded",
    "struck-or-hidden",
    "pending-revisions",
    "text-repaired",
    "duplicate-person",
    "possible-duplicate",
    "in-both-lists",
    "request-older-than-closure",
    "returning",
    "closure-too-old",
    "closure-missing",
    "closure-unknown",
    "closes-everyone",
    "unaccounted-for",
    "address-of-other-partner",
    "address-not-managed",
    "sender-unknown",
    "account-made-again",
    "row-not-understood",
    "row-skipped",
    "table-not-understood",
    "column-ambiguous",
    "transmission-date-ambiguous",
    "letters-garbled",
    "words-joined",
    "too-many-findings",
    "late-departure",
)

SOURCES = Path(__file__).parents[2] / "provisioner"


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


def test_status_says_in_french_where_an_annexe_stands(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime(2026, 9, 2, 8, tzinfo=UTC)
    facts: dict[str, Any] = {
        "last_good_sync": None,
        "partners": 1,
        "open": 2,
        "holds": (),
        "invitations_owed": 0,
        "invitations_uncertain": 0,
        "journal": None,
    }
    print_answer(StatusAnswer.of(now=now, waiting=[kept()], **facts), "text")
    assert "transmise le 1er septembre 2026) : à traiter (contrôlée, sans erreur)." in capsys.readouterr().out
