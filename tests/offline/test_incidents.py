"""Incidents: told to both sides at once, with no name, while Keycloak is away; the 72 hours; what is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from provisioner.domain.retention import KeptRecords
from provisioner.operations.doctor.register import contact_lines, incident_lines
from provisioner.operations.incidents import remind
from provisioner.operations.notice_delivery import deliver
from provisioner.register import holds, run_lock, tables
from provisioner.register.habilitations import save_habilitations
from provisioner.service.metrics import RegisterGauges
from tests.shared.desk import TODAY, Desk
from tests.shared.examples import LYS, habilitation
from tests.shared.mailbox import Mail, Mailbox
from tests.shared.office import Answer, valid

BY = ("--by", "Claire Martin")
PETIT = "petit@agglo-lys.example"
OFFICER, SECURITY = "dpo@caf.example", "nadia.lefevre@caf.example"
OF_LYS, OF_SIVOM = "hugo.petit@agglo-lys.example", "hugo.petit@sivom-nord.example"
AWARE = "2026-09-02T00:30"
WHAT = f"Poste volé dans la voiture d'Alex Petit ({PETIT}), agent du sivom-nord ; un petit incident."


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    """Two partners and the Caf have their contacts; Alex Petit is open at the first."""
    desk = Desk(mailbox, tmp_path)
    for code in (LYS.code, "sivom-nord"):
        desk.partner_with_contact(code)
    desk.annexe_3(protection_donnees=OFFICER)
    with desk.register() as register, register.work("test") as work:
        before = register.records()
        save_habilitations(work, before, before.with_habilitations([habilitation("petit")]))
    desk.sent_before = len(mailbox.messages())
    return desk


def _declare(desk: Desk, *more: str, what: str = WHAT, aware: str = AWARE, status: int = 0) -> Answer:
    told = ("--origin", "partner", "--aware-since", aware, "--what", what)
    answer = desk.run("incident", "declare", *told, *BY, *more, "--format", "json", today=f"{TODAY}T10:00")
    assert answer.status == status, answer.err
    return answer


def _show(desk: Desk, today: str = f"{TODAY}T10:00") -> Any:
    return valid(desk.run("incident", "show", "1", "--format", "json", today=today).json, "incident")


def _said(mail: Mail) -> str:
    return " ".join(f"{mail.subject} {mail.text} {mail.html}".split())


def _verified(desk: Desk) -> int:
    return desk.run("journal", "verify").status


@pytest.mark.rule("L2")
def test_both_sides_and_the_officer_are_told_at_once_one_e_mail_a_partner_without_any_other_name(desk: Desk) -> None:
    both = ("--partner", LYS.code, "--partner", "sivom-nord", "--email", PETIT)
    answer = _declare(desk, *both)
    assert valid(answer.json, "incident_declared") == {"incident": 1, "notify_before": "2026-09-05T00:30:00+02:00"}
    assert "Des noms ou des adresses ont été retirés" in answer.err
    assert sorted(mail.to for mail in desk.mails()) == sorted((OFFICER, SECURITY, OF_LYS, OF_SIVOM))
    for address, other in ((OF_LYS, "sivom-nord"), (OF_SIVOM, LYS.code)):
        (mail,) = desk.received(address)
        said = _said(mail)
        assert "Poste volé dans la voiture d'[…] ([…]), agent du" in said
        assert "un petit incident" in said
        assert "2 septembre 2026 à 0 h 30" in said
        assert not re.search(rf"alex|petit@|Petit \(|{other}", said, re.IGNORECASE)
    (mail,) = desk.received(OFFICER)
    said = _said(mail)
    for expected in (
        LYS.code,
        "sivom-nord",
        "avant le 5 septembre 2026 à 0 h 30",
        "il reste 62 h",
        "72 heures",
    ):
        assert expected in said
    assert not re.search(r"alex|petit@", said, re.IGNORECASE)
    assert _verified(desk) == 0
    entries = desk.run("journal", "show", "--format", "json").json
    assert [entry["action"] for entry in entries if entry["action"].startswith("incident")] == ["incident.declared"]


@pytest.mark.rule("L2")
def test_the_same_declaration_again_is_the_same_incident_and_tells_nobody_again(desk: Desk) -> None:
    for _ in range(2):
        assert _declare(desk, "--partner", LYS.code).json["incident"] == 1
    assert len(desk.received(OF_LYS)) == 1
    assert _declare(desk, "--partner", "sivom-nord").json["incident"] == 2


@pytest.mark.rule("L2")
def test_an_incident_is_told_while_a_run_is_under_way(desk: Desk) -> None:
    with desk.register() as register, run_lock(register, desk.settings_on(TODAY), "a long sync"):
        _declare(desk, "--partner", LYS.code)
    assert len(desk.received(OF_LYS)) == 1


@pytest.mark.rule("L2")
def test_a_person_alone_concerns_the_partner_of_their_access_and_only_their_records_are_kept(desk: Desk) -> None:
    _declare(desk, "--email", PETIT, what="Mot de passe donné")
    assert [len(desk.received(address)) for address in (OF_LYS, OF_SIVOM)] == [1, 0]
    shown = _show(desk)
    assert (shown["partners"], shown["emails"]) == ([LYS.code], [PETIT])
    assert shown["kept"] == [{"partner": None, "email": PETIT, "review_on": "2027-03-02"}]
    assert _verified(desk) == 0


@pytest.mark.rule("L2")
def test_what_cannot_be_an_incident_is_refused_and_nothing_is_recorded_or_sent(desk: Desk) -> None:
    assert "à venir" in _declare(desk, aware=f"{TODAY}T10:01", status=1).err
    assert "explain" in _declare(desk, "--email", "nobody@agglo-lys.example", status=1).err
    _declare(desk, "--partner", "inconnu", status=2)
    _declare(desk, aware="hier", status=2)
    _declare(desk, what=" ", status=2)
    for command in (("show", "1"), ("close", "1", *BY, "--text", "Rien"), ("update", "1", *BY, "--nature", "Vol")):
        assert desk.run("incident", *command).status == 1
    assert valid(desk.run("incident", "list", "--format", "json").json, "incidents") == []
    assert desk.mails() == []


@pytest.mark.rule("L2")
def test_what_gdpr_33_asks_for_is_recorded_bit_by_bit_and_what_lacks_is_said(desk: Desk) -> None:
    _declare(desk, "--partner", LYS.code)
    late = desk.run("incident", "show", "1", today="2026-09-05T02:00").out
    assert "délai dépassé depuis 1 h 30 min" in late
    assert "à renseigner" in late
    items = (
        "--nature",
        "Perte",
        "--categories",
        "Agents",
        "--numbers",
        "12",
        "--effects",
        "Accès",
        "--measures",
        "Coupé",
    )
    answer = desk.run("incident", "update", "1", *items, *BY, today="2026-09-03")
    assert (answer.status, "notification à la CNIL, information des personnes concernées" in answer.err) == (0, True)
    assert desk.run("incident", "update", "1", "--cnil-notified", "2026-09-04", *BY, today="2026-09-03").status == 1
    assert desk.run("incident", "update", "1", *BY).status == 2
    done = ("--cnil-notified", "2026-09-03", "--persons-told", "2026-09-03", "--partner", "sivom-nord")
    assert desk.run("incident", "update", "1", *done, *BY, today="2026-09-03").status == 0
    assert [len(desk.received(address)) for address in (OF_LYS, OF_SIVOM)] == [1, 1], (
        "who is named later is told then"
    )
    shown = _show(desk)
    assert (shown["lacking"], shown["cnil_notified"], shown["partners"]) == (
        [],
        "2026-09-03",
        [LYS.code, "sivom-nord"],
    )
    assert "notification à la CNIL : 3 septembre 2026" in desk.run("incident", "list").out
    titles, row = desk.run("incident", "list", "--format", "csv").out.splitlines()
    assert (titles.count(";"), row.startswith("1;")) == (4, True)
    assert valid(desk.run("status", "--format", "json").json, "status")["incidents_open"] == 1
    assert _verified(desk) == 0


@pytest.mark.rule("L2")
def test_the_caf_is_reminded_each_day_until_the_cnil_is_notified_then_each_week_until_it_is_closed(
    desk: Desk,
) -> None:
    _declare(desk, "--partner", LYS.code)
    told: list[str] = []
    for day in ("02", "03", "03", "04", "05", "06", "12", "13", "21"):
        today = f"2026-09-{day}"
        before = len(desk.received(OFFICER))
        with desk.register(today) as register:
            settings = desk.settings_on(today)
            remind(register, settings, "test")
            deliver(register, settings, "test")
        told += [day] * (len(desk.received(OFFICER)) - before)
        if day == "05":
            why = ("--cnil-notified", "Aucun risque pour les personnes")
            assert desk.run("incident", "update", "1", *why, *BY, today=today).status == 0
        if day == "13":
            assert desk.run("incident", "close", "1", *BY, "--text", "Poste retrouvé", today=today).status == 0
            assert "Poste retrouvé" in _said(desk.received(OF_LYS)[-1])
            told += ["closed"] * (len(desk.received(OFFICER)) - before)
    assert told == ["03", "04", "05", "12", "closed"]
    assert len(desk.received(OF_LYS)) == 2, "a partner is told of the beginning and of the end"
    assert "Claire Martin le 13 septembre" in desk.run("incident", "close", "1", *BY, "--text", "Encore").err
    assert _verified(desk) == 0


@pytest.mark.rule("D7")
def test_an_incident_keeps_its_records_from_destruction_until_it_is_closed_and_holds_back_no_access(
    desk: Desk,
) -> None:
    _declare(desk, "--partner", LYS.code, "--email", PETIT)
    _declare(desk, what="Fuite de la base")
    with desk.register() as register, register.read() as connection:
        kept = holds.kept_from_destruction(connection)
    assert kept[:3] == (True, frozenset({LYS.code}), frozenset({1}))
    assert desk.run("held", "list", "--format", "json").json == []
    assert desk.run("status", "--format", "json").json["held"] == 0
    with desk.register("2027-03-02") as register:
        lines = [line for line in incident_lines(register, register.clock.now()) if "réexaminer" in line.found]
        assert len(lines) == 2
    for number in ("1", "2"):
        assert desk.run("incident", "close", number, *BY, "--text", "Clos").status == 0
    with desk.register() as register, register.read() as connection:
        assert holds.kept_from_destruction(connection) == KeptRecords()
        assert all(line.todo is None for line in incident_lines(register, register.clock.now()))
    assert _verified(desk) == 0


@pytest.mark.rule("L2")
def test_an_incident_that_was_changed_in_the_tables_is_found_by_the_journal(desk: Desk) -> None:
    _declare(desk, "--partner", LYS.code, "--email", PETIT)
    declared, as_told = tables.incident.c.declared_at, desk.database.read_bytes()
    for forged in (
        update(tables.incident).values(aware_since=declared),
        update(tables.incident).values(closed_by="Personne", closed_at=declared),
        update(tables.incident).values(cnil_notified="2026-09-02"),
        update(tables.hold).values(released_at=tables.hold.c.since),
        tables.incident_partner.delete(),
        tables.incident_account.delete(),
    ):
        with desk.register() as register, register.engine.begin() as connection:
            connection.execute(forged)
        answer = desk.run("journal", "verify")
        assert (answer.status, "l'incident n° 1 n'est pas ce que dit" in answer.out) == (1, True), forged
        desk.database.write_bytes(as_told)


@pytest.mark.rule("L2")
def test_the_metrics_count_open_incidents_and_doctor_asks_for_the_data_protection_officer(desk: Desk) -> None:
    _declare(desk, "--partner", LYS.code)
    with desk.register("2026-09-03") as register:  # at whatever hour, it was known by then
        gauges = {
            metric.name: metric.samples[0].value for metric in RegisterGauges(register, register.clock).collect()
        }
        assert gauges["provisioner_incidents_open"] == 1
        assert gauges["provisioner_incident_unnotified_oldest_seconds"] > 0
        assert all(line.todo is None for line in contact_lines(register, register.records()))
    desk.annexe_3("2026-09-02")
    with desk.register() as register:
        (line,) = [line for line in contact_lines(register, register.records()) if line.todo]
        assert "délégué à la protection des données" in line.found


@pytest.mark.rule("N2")
def test_where_a_cell_is_empty_it_goes_to_the_one_responsible_for_habilitations_once(desk: Desk) -> None:
    alone = ("caf", "contacts", "--on", "2026-09-02", "--habilitations", "habilitations@caf.example")
    assert desk.run(*alone, today=TODAY).status == 0
    _declare(desk)
    (mail,) = desk.received("habilitations@caf.example")
    said = _said(mail)
    assert "Aucun partenaire n'est nommé" in said
    assert "Aucun délégué à la protection des données n'est enregistré" in said
