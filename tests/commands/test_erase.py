"""`person erase`: said first, then done in Keycloak, and what must stay is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared.office import DOMAIN, Office, annexe_csv, valid

TODAY = "2026-09-15"


@pytest.mark.rule("D5")
def test_an_erasure_is_shown_then_done_and_names_what_the_convention_keeps(
    office: Office, first: Path, tmp_path: Path
) -> None:
    closing = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-08-31"}, "2026-09-01")
    office.apply(closing, today="2026-09-01")
    decided = ("person", "erase", f"vasseur@{DOMAIN}", "--by", "Claire Martin", "--reason", "demande écrite")
    said = valid(office.run(*decided, "--dry-run", "--format", "json", today=TODAY).json, "person_erase")
    assert (said["dry_run"], [line["until"] for line in said["kept"]]) == (True, ["2028-08-31"])
    shown = office.run(*decided, today=TODAY).out
    assert "le compte Keycloak" in shown
    assert "31 août 2028" in shown or "31/08/2028" in shown
    held = office.run("person", "show", f"vasseur@{DOMAIN}", "--format", "json", today=TODAY).json
    assert (held["account"], [access["partner"] for access in held["habilitations"]]) == (None, ["agglo-lys"])
    refused = office.run("person", "erase", f"leroy@{DOMAIN}", *decided[3:], today=TODAY)
    assert refused.status == 1
    assert "accès ouvert" in refused.err
