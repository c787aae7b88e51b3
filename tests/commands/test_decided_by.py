"""On whose decision: whatever a later run makes true, the journal and `explain` name who decided it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.shared.approvals import approve, submit
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, valid

DAY, NEXT_DAY = "2026-06-16", "2026-06-17"
WHO = ("--by", "Nadia Ferrand", "--reason", "Téléphone volé")


def _journal(office: Office, *more: str) -> list[Any]:
    return list(valid(office.run("journal", "show", *more, "--format", "json").json, "journal"))


def _causes(entries: list[Any]) -> Mapping[str, Any]:
    return {entry["action"]: entry["cause"] for entry in entries}


def _explained(office: Office, name: str) -> str:
    told = valid(office.run("explain", f"{name}@{DOMAIN}", "--format", "json", today=NEXT_DAY).json, "explain")
    return " ".join(step["fact"] for step in told["steps"])


@pytest.mark.rule("A10")
def test_what_a_later_sync_makes_true_names_who_approved_it(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today="2026-06-15")
    renewed = annexe_csv(tmp_path / "2.csv", {"petit": "2026-06-10"}, {"leroy": "2026-06-15"}, "2026-06-16")
    number = submit(office, renewed, today=DAY)["annexe"]
    approve(office, number, today=DAY)
    before = _journal(office)[-1]["entry"]
    office.sync(today=NEXT_DAY)
    done = [entry for entry in _journal(office) if entry["entry"] > before]
    decided = {"annexe": number, "decided_by": "Claire Martin"}
    causes = _causes(done)
    made = ("annexe.applied", "habilitation.asked", "habilitation.ended", "close", "open", "invite")
    assert {action: causes[action] for action in made} == dict.fromkeys(made, decided)
    assert {entry["by"] for entry in done} == {"sync"}
    openings = _journal(
        office, "--by", "claire martin", "--action", "open", "--partner", PARTNER, "--since", NEXT_DAY
    )
    assert [entry["cause"] for entry in openings] == [decided]
    assert _journal(office, "--by", "Claire Martin", "--until", "2026-06-14") == []
    assert f"Accès ouvert sur décision de Claire Martin (annexe 1 n° {number})" in _explained(office, "petit")
    assert f"Accès clôturé sur décision de Claire Martin (annexe 1 n° {number})" in _explained(office, "leroy")
    told = office.run("journal", "show").out
    assert f"Claire Martin (annexe 1 n° {number})" in told
    (asked,) = _journal(office, "--action", "habilitation.asked", "--from", str(before), "--details")
    assert asked["details"]["email"] == f"petit@{DOMAIN}"


@pytest.mark.rule("V3")
def test_a_suspension_and_a_reopening_that_a_later_sync_makes_true_name_who_decided_them(
    office: Office, tmp_path: Path
) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today=DAY)
    url, nowhere = office.environment["PROVISIONER_KEYCLOAK__URL"], "http://127.0.0.1:9"
    for command, made in (("suspend", ("suspend",)), ("reopen", ("reopen", "invite"))):
        more = ("--new-password",) if command == "reopen" else ()
        before = _journal(office)[-1]["entry"]
        asked = nowhere if command == "suspend" else url  # then only recorded, and made true by the next sync
        office.run("person", command, f"leroy@{DOMAIN}", *WHO, *more, today=DAY, PROVISIONER_KEYCLOAK__URL=asked)
        office.sync(today=DAY)
        causes = _causes([entry for entry in _journal(office) if entry["entry"] > before])
        decided = {"annexe": None, "decided_by": "Nadia Ferrand"}
        assert {action: causes[action] for action in made} == dict.fromkeys(made, decided)


@pytest.mark.rule("C3")
def test_the_closures_of_a_convention_that_was_ended_name_who_ended_it(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today=DAY)
    ended = office.run("partner", "end", PARTNER, "--on", DAY, *WHO, today=DAY)
    assert ended.status == 0, ended.err
    office.sync(today=NEXT_DAY)
    assert _causes(_journal(office))["close"] == {"annexe": None, "decided_by": "Nadia Ferrand"}


@pytest.mark.rule("D8")
def test_the_chain_names_nobody_of_the_caf_and_sudo_shows_who_called_it(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    office.environment["SUDO_USER"] = "nferrand"
    office.add_partner(PARTNER, DOMAIN, "--by", "Nadia Ferrand")
    (entry,) = _journal(office, "--action", "partner.add")
    assert (entry["by"], entry["sudo_user"]) == ("Nadia Ferrand", "nferrand")
    assert entry["os_user"] != "somebody-else"
    assert "nferrand, sudo " in office.run("journal", "show").out
    with closing(sqlite3.connect(office.home / "data" / "provisioner.sqlite3")) as connection:
        bodies = "".join(row[0] for row in connection.execute("SELECT body FROM journal_entry"))
    assert not any(name in bodies for name in ("Nadia", "nferrand", entry["os_user"]))
    assert office.run("journal", "verify").status == 0
