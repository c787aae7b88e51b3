"""`review ask|asked|answered|document|withdraw` as an officer types them; the partner's contacts read the notices."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.shared.desk import Desk
from tests.shared.examples import LYS
from tests.shared.mailbox import Mailbox
from tests.shared.office import valid

BY = ("--by", "Claire Martin")
ASK = ("review", "ask", "--partner", LYS.code, "--what", "Engagement du sous-traitant", "--due", "2026-09-30", *BY)
DAY = "2026-09-02"


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    desk = Desk(mailbox, tmp_path)
    desk.partner_with_contact(LYS.code)
    return desk


def asked(desk: Desk, *more: str, today: str = DAY) -> list[Any]:
    return list(valid(desk.run("review", "asked", *more, "--format", "json", today=today).json, "review_asked"))


def _doctors_word(desk: Desk, today: str) -> tuple[str, str]:
    lines = valid(desk.run("doctor", "--format", "json", today=today).json, "doctor")["lines"]
    ((level, sentence),) = ((line["verdict"], line["found"]) for line in lines if line["check"] == "request")
    return level, sentence


def test_a_document_is_asked_of_both_contacts_listed_recorded_and_given_back(desk: Desk, tmp_path: Path) -> None:
    answer = desk.run(*ASK, "--format", "json", today=DAY)
    assert valid(answer.json, "review_ask") == {"request": 1}
    for to in ("camille.martin@agglo-lys.example", "hugo.petit@agglo-lys.example"):
        [mail] = desk.received(to)
        assert mail.subject == "Coopération : document à transmettre à la Caf"
        assert "- Engagement du sous-traitant" in mail.text
        assert "au plus tard le 30 septembre 2026" in mail.text
    file = tmp_path / "engagement.pdf"
    file.write_bytes(b"%PDF-1.7 signed")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    [line] = asked(desk, "--partner", LYS.code, today="2026-10-02")
    assert (line["request"], line["kind"], line["state"], line["days_late"]) == (1, "other", "late", 2)
    assert _doctors_word(desk, "2026-09-30") == ("ok", "Aucun document demandé à un partenaire n'est en retard.")
    assert _doctors_word(desk, "2026-10-02") == (
        "attention",
        f"Le document n° 1, demandé au partenaire {LYS.code}, est en retard de 2 jours.",
    )
    record = (
        "review",
        "answered",
        "1",
        "--on",
        "2026-09-20",
        "--document",
        str(file),
        *BY,
        "--signatory",
        "Paul Lens",
    )
    answer = desk.run(*record, "--format", "json", today="2026-10-02")
    assert valid(answer.json, "review_answered") == {"request": 1, "sha256": sha256}
    assert asked(desk) == []
    [line] = asked(desk, "--all")
    assert (line["state"], line["answered_on"], line["signatory"]) == ("answered", "2026-09-20", "Paul Lens")
    assert "Paul Lens" in desk.run("review", "asked", "--all", "--format", "csv", today=DAY).out
    output = tmp_path / "copy.pdf"
    assert desk.run("review", "document", "1", "--output", str(output), today=DAY).status == 0
    assert output.read_bytes() == file.read_bytes()
    assert desk.run("review", "document", "1", "--output", str(output), today=DAY).status == 2


def test_a_request_that_is_withdrawn_is_told_so(desk: Desk) -> None:
    desk.run(*ASK, today=DAY)
    answer = desk.run("review", "withdraw", "1", *BY, "--reason", "Reçu en janvier", today=DAY)
    assert answer.status == 0
    mail = desk.received("camille.martin@agglo-lys.example")[-1]
    assert mail.subject == "Coopération : document demandé par la Caf, demande retirée"
    assert "Reçu en janvier" not in mail.text
    assert [line["state"] for line in asked(desk, "--all")] == ["withdrawn"]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("review", "ask", "--partner", "nobody", *ASK[4:]), 2),
        ((*ASK[:5], " ", *ASK[6:]), 2),
        ((*ASK[:-1], " "), 2),
        ((*ASK[:7], DAY, *BY), 1),
        (("review", "withdraw", "7", *BY, "--reason", "x"), 1),
        (("review", "document", "7", "--output", "never.pdf"), 1),
        (("review", "asked", "--partner", "nobody"), 2),
    ],
)
def test_what_cannot_be_asked_records_nothing(desk: Desk, command: tuple[str, ...], status: int) -> None:
    assert desk.run(*command, today=DAY).status == status
    assert asked(desk, "--all") == []
