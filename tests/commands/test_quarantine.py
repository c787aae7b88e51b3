"""A person whose access cannot be opened: told, kept apart from the rest, opened once the cause is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, SECOND_DAY, Office, annexe_csv, changes, valid


@pytest.mark.rule("A8")
def test_an_address_that_another_hand_took_meanwhile_does_not_hold_up_the_rest(
    office: Office, tmp_path: Path
) -> None:
    office.add_partner()
    asked = {"leroy": SECOND_DAY, "nguyen": SECOND_DAY}
    office.apply(annexe_csv(tmp_path / "1.csv", asked, {}, FIRST_DAY), today=FIRST_DAY)
    taken = f"nguyen@{DOMAIN}"
    console = Console(office)
    id_ = console.add(taken)
    outcome = office.sync(today=SECOND_DAY, status=1)
    assert ("open", f"leroy@{DOMAIN}") in changes(outcome, "done")
    assert changes(outcome, "failed") == [("open", taken), ("invite", taken)]
    (hold,) = valid(office.run("held", "list", "--format", "json", today=SECOND_DAY).json, "held")
    assert (hold["kind"], hold["plan_id"], changes(hold)) == (
        "quarantine",
        None,
        [("open", taken), ("invite", taken)],
    )
    status = office.run("status", "--format", "json", today=SECOND_DAY).json
    assert (status["held"], status["quarantined"]) == (0, 1)
    assert "mise à l'écart" in office.run("held", "list", today=SECOND_DAY).out
    console.delete(f"users/{id_}")
    assert changes(office.sync(today=SECOND_DAY), "done") == [("open", taken), ("invite", taken)]
    assert office.run("held", "list", "--format", "json", today=SECOND_DAY).json == []
