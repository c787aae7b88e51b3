"""An end that is due counts for an annexe whether `sync` has carried it out yet or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.people import EmailAddress
from tests.shared.office import DOMAIN, Office, annexe_csv, changes

VASSEUR = EmailAddress(f"vasseur@{DOMAIN}")
TODAY, MORROW = "2026-09-02", "2026-09-03"


def checked(office: Office, file: Path) -> list[tuple[str, str, int | None]]:
    """What `plan` finds in the document on the morrow."""
    findings: list[dict[str, Any]] = office.run(
        "plan", file, "--partner", "agglo-lys", "--format", "json", today=MORROW
    ).json["findings"]
    return sorted((finding["code"], finding["severity"], finding["row"]) for finding in findings)


@pytest.mark.rule("A4")
@pytest.mark.rule("A6")
def test_an_annexe_is_judged_the_same_before_and_after_sync_has_closed_what_is_due(
    office: Office, first: Path, tmp_path: Path
) -> None:
    ending = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": TODAY}, TODAY)
    assert changes(office.apply(ending, today=TODAY), "done") == [("update", VASSEUR)]
    again = annexe_csv(tmp_path / "3.csv", {"leroy": "2026-06-10", "vasseur": "2026-06-10"}, {}, MORROW)
    silent = annexe_csv(tmp_path / "4.csv", {"leroy": "2026-06-10"}, {}, MORROW)
    moved = annexe_csv(tmp_path / "5.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-12-31"}, MORROW)
    before = [checked(office, file) for file in (again, silent, moved)]
    assert office.apply(again, today=MORROW, status=1)["done"] == []
    assert changes(office.sync(today=MORROW), "done") == [("close", VASSEUR)]
    assert [checked(office, file) for file in (again, silent, moved)] == before
    assert [[code for code, *_ in findings] for findings in before[:2]] == [
        ["request-older-than-closure"],
        ["closure-missing"],
    ]


@pytest.mark.rule("A3")
def test_an_end_that_is_due_is_not_put_off_by_an_annexe_that_comes_before_sync(
    office: Office, first: Path, tmp_path: Path
) -> None:
    ending = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": TODAY}, TODAY)
    office.apply(ending, today=TODAY)
    moved = annexe_csv(tmp_path / "5.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-12-31"}, MORROW)
    assert changes(office.apply(moved, today=MORROW), "done") == [("close", VASSEUR)]


@pytest.mark.rule("A8")
def test_an_address_whose_access_elsewhere_is_over_is_free_before_sync_has_closed_it(
    office: Office, first: Path, tmp_path: Path
) -> None:
    ending = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": TODAY}, TODAY)
    office.apply(ending, today=TODAY)
    office.add_partner("sivom", DOMAIN)
    moves = annexe_csv(tmp_path / "s.csv", {"vasseur": MORROW}, {}, MORROW)
    done = office.apply(moves, today=MORROW, partner="sivom")["done"]
    assert ("reopen", VASSEUR) in [(change["action"], change["email"]) for change in done]
    assert changes(office.sync(today=MORROW), "done") == [("close", VASSEUR)]
    directory = office.directory()
    account = directory.find(VASSEUR)
    assert account is not None
    assert (account.enabled, account.attributes["partenaire"]) == (True, ("sivom",))
    directory.close()
