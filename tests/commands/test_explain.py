"""Every « why? » about one person on one screen, for each kind of person, against the real Keycloak."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from provisioner.clock import Clock
from provisioner.domain.people import EmailAddress
from provisioner.register import open_register
from tests.commands.conftest import weaken_policy
from tests.keycloak.hands import KeycloakHands
from tests.shared.connections import read
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, annexe_csv, valid
from tests.shared.questions import asked

BY = ("--by", "Claire Martin", "--reason", "enquête interne")
#: Four days after the first: its links are dead.
LATER = "2026-06-20"


def _address(name: str) -> EmailAddress:
    return EmailAddress(f"{name}@{DOMAIN}")


class Desk:
    """An office in which each person is another kind of case."""

    def __init__(self, office: Office, home: Path) -> None:
        self.office, self.home = office, home
        self.hands = KeycloakHands(office.settings.keycloak, office.mailbox)

    def explain(self, name: str, today: str = LATER, *more: str) -> Any:
        email = name if "@" in name else _address(name)
        answer = self.office.run("explain", email, "--format", "json", *more, today=today)
        assert answer.status == 0, answer.err
        return valid(answer.json, "explain")

    def show(self, name: str, today: str = LATER) -> Any:
        answer = self.office.run("person", "show", _address(name), "--format", "json", today=today)
        assert answer.status == 0, answer.err
        return valid(answer.json, "person_show")

    def id_of(self, name: str) -> str:
        directory = self.office.directory()
        account = directory.find(_address(name))
        directory.close()
        assert account is not None
        return account.id

    def decide(self, *command: str, today: str) -> None:
        answer = self.office.run(*command, today=today)
        assert answer.status == 0, answer.err

    def annexe(self, name: str, asked: dict[str, str], ended: dict[str, str], on: str) -> Path:
        return annexe_csv(self.home / f"{name}.csv", asked, ended, on)


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Iterator[Desk]:
    office.add_partner()
    opened = Desk(office, tmp_path)
    yield opened
    opened.hands.close()


def _told(answer: Any, *words: str) -> bool:
    """Whether one of the steps says all of this."""
    return any(all(word in step["fact"] for word in words) for step in answer["steps"])


def _would(answer: Any) -> list[tuple[str, str | None]]:
    return [(change["action"], change["due_on"]) for change in answer["would"]]


def test_each_kind_of_person_is_told_where_they_stand_and_why(desk: Desk) -> None:
    office = desk.office
    names = ("ouverte", "silencieuse", "suspendue", "coupee", "partante", "partie", "perdue")
    first = dict.fromkeys(names, "2026-06-10")
    office.apply(desk.annexe("a", {**first, "prevue": "2026-12-01"}, {}, "2026-06-15"), today=FIRST_DAY)
    assert desk.hands.set_password_by_link(_address("ouverte"))
    stays = {name: day for name, day in first.items() if name not in ("partante", "partie")}
    second = {**stays, "prevue": "2026-12-01", "invitee": "2026-06-19"}
    ends = {"partante": "2026-08-31", "partie": "2026-06-18"}
    office.apply(desk.annexe("b", second, ends, "2026-06-19"), today="2026-06-19")
    desk.decide("person", "suspend", _address("suspendue"), *BY, today=LATER)
    desk.hands.set_enabled(desk.id_of("coupee"), enabled=False)
    desk.hands.delete_account(desk.id_of("perdue"))
    desk.hands.add_foreign_account(_address("etrangere"))

    _the_living(desk)
    _those_cut_or_gone(desk)
    _those_unknown(desk)


def _the_living(desk: Desk) -> None:
    planned = desk.explain("prevue")
    assert (planned["state"], _would(planned)) == ("planned", [("open", "2026-12-01")])
    assert _told(planned, "Ouverture prévue le 1er décembre 2026")
    invited = desk.explain("invitee", "2026-06-19")
    assert invited["state"] == "invited"
    assert _told(invited, "Courriel d'activation n° 1 envoyé le 19 juin 2026", "20 juin 2026 à")
    assert _told(invited, "liste 1", "en vigueur")
    assert desk.explain("invitee", "2026-06-19", "--as-of", "2026-06-22")["state"] == "silent"
    silent = desk.explain("silencieuse")
    assert (silent["state"], silent["would"]) == ("silent", [])
    assert _told(silent, "le lien a expiré le 17 juin 2026")
    is_open = desk.explain("ouverte")
    assert (is_open["state"], is_open["would"]) == ("open", [])
    assert _told(is_open, "Mot de passe créé avec le lien")
    assert _told(is_open, "retrouvé par son identifiant", "activé, avec un mot de passe")
    assert _told(is_open, "une synchronisation ne changerait rien")


def _those_cut_or_gone(desk: Desk) -> None:
    suspended = desk.explain("suspendue")
    assert suspended["state"] == "suspended"
    assert _told(suspended, "Suspension décidée par Claire Martin", "enquête interne")
    assert _told(suspended, "person reopen")
    by_hand = desk.explain("coupee")
    assert (by_hand["state"], by_hand["would"]) == ("suspended-by-hand", [])
    assert _told(by_hand, "désactivé dans la console")
    leaving = desk.explain("partante")
    assert (leaving["state"], _would(leaving)) == ("closing", [("close", "2026-09-01")])
    assert _told(leaving, "Clôture demandée pour le 31 août 2026", "validée par Claire Martin")
    gone = desk.explain("partie")
    assert (gone["state"], gone["would"]) == ("closed", [])
    assert _told(gone, "Accès clôturé sur décision de Claire Martin (annexe 1 n° 2) le 19 juin 2026")
    assert _told(gone, "Données du compte conservées jusqu'au 19 décembre 2026")
    lost = desk.explain("perdue")
    assert (lost["state"], lost["would"]) == ("missing", [])
    assert _told(lost, "n'est plus dans Keycloak")


def _those_unknown(desk: Desk) -> None:
    unknown = desk.explain("silensieuse")
    assert (unknown["state"], unknown["would"]) == ("unknown", [])
    assert _told(unknown, f"la plus proche est {_address('silencieuse')}")
    foreign = desk.explain("etrangere")
    assert foreign["state"] == "not-ours"
    assert _told(foreign, "n'est pas géré par ce logiciel")
    text = desk.office.run("explain", _address("partie").upper(), today=LATER)
    assert (text.status, "Pas à pas" in text.out) == (0, True)


@pytest.mark.rule("A4")
def test_a_return_tells_until_when_it_waits_for_the_old_link(desk: Desk) -> None:
    office = desk.office
    office.apply(desk.annexe("a", {"retour": "2026-06-10", "autre": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    keeps = {"autre": "2026-06-10"}
    office.apply(desk.annexe("b", keeps, {"retour": "2026-06-15"}, "2026-06-16"), today=FIRST_DAY)
    again = desk.annexe("c", {**keeps, "retour": "2026-06-17"}, {"retour": "2026-06-15"}, "2026-06-17")
    office.apply(again, today="2026-06-17T00:01")
    waiting = desk.explain("retour", "2026-06-17T00:02")
    assert waiting["state"] == "planned"
    assert _told(waiting, "La réouverture attend")
    assert [action for action, _ in _would(waiting)] == ["reopen"]
    office.sync(today="2026-06-19")
    back = desk.explain("retour", "2026-06-19")
    assert back["state"] == "invited"
    facts = [step["fact"].split()[:2] for step in back["steps"]]
    assert facts.count(["Accès", "demandé"]) == 2
    assert _told(back, "Accès rouvert")


@pytest.mark.rule("A7")
def test_the_old_address_still_leads_to_the_person(desk: Desk) -> None:
    office = desk.office
    office.apply(desk.annexe("a", {"jeune": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    changed = desk.annexe("b", {"epouse": "2026-06-10"}, {}, "2026-06-19")
    rename = f"{_address('jeune')}={_address('epouse')}"
    office.apply(changed, "--rename", rename, today="2026-06-19")
    asked = desk.explain("jeune", "2026-06-19")
    assert (asked["email"], asked["state"]) == (_address("epouse"), "invited")
    assert asked["steps"][0]["fact"] == f"Adresse changée : {_address('jeune')} est devenue {_address('epouse')}."
    assert asked["steps"][0]["on"] == "2026-06-19"
    assert _told(asked, "Changement d'adresse décidé sur décision de Claire Martin (annexe 1 n° 2)")
    assert desk.show("jeune")["email"] == _address("epouse")


def test_another_partner_s_person_and_a_refused_row_say_why_nothing_opens(desk: Desk) -> None:
    office = desk.office
    office.add_partner("ville-bois", "ville-bois.example")
    office.apply(desk.annexe("a", {"partagee": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    file = desk.annexe("b", {"partagee": "2026-06-10"}, {}, "2026-06-19")
    refused = office.run("annexe", "submit", file, "--partner", "ville-bois", "--format", "json", today="2026-06-19")
    assert refused.status == 1
    told = desk.explain("partagee")
    assert {step["partner"] for step in told["steps"]} == {PARTNER, "ville-bois", None}
    assert _told(told, "annexe 1 n° 2", "à corriger", "la Caf vous contactera")
    undated = desk.home / "c.csv"
    undated.write_text(desk.annexe("c", {"jamaisvue": "?"}, {}, "2026-06-19").read_text("utf-8"), "utf-8")
    assert office.run("annexe", "submit", undated, "--partner", PARTNER, today="2026-06-19").status == 1
    never = desk.explain("jamaisvue")
    assert (never["state"], _told(never, "liste 1", "à corriger", "date")) == ("unknown", True)


def test_what_waits_approved_is_what_sync_would_do_and_a_weak_policy_holds_it(desk: Desk) -> None:
    office = desk.office
    file = desk.annexe("a", {"nouvelle": "2026-06-10"}, {}, "2026-06-15")
    sent = office.run("annexe", "submit", file, "--partner", PARTNER, "--format", "json", today=FIRST_DAY).json
    waiting = desk.explain("nouvelle", FIRST_DAY)
    assert (waiting["state"], waiting["would"]) == ("unknown", [])
    assert _told(waiting, "elle attend d'être validée par la Caf")
    approval = ("annexe", "approve", str(sent["annexe"]), "--plan", sent["plan_id"], "--by", "Claire Martin")
    desk.decide(*approval, today=FIRST_DAY)
    approved = desk.explain("nouvelle", FIRST_DAY)
    assert [action for action, _ in _would(approved)] == ["open", "invite"]
    assert _told(approved, "la prochaine synchronisation l'applique")
    weaken_policy(office.settings)
    held = desk.explain("nouvelle", FIRST_DAY)
    assert _told(held, "plus faible que la convention ne l'exige (P1)")


@pytest.mark.rule("D5")
def test_a_person_can_be_told_everything_that_is_held_on_them(desk: Desk) -> None:
    office = desk.office
    office.apply(desk.annexe("a", {"leroy": "2026-06-10", "martin": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    assert desk.hands.set_password_by_link(_address("leroy"))
    desk.decide("person", "suspend", _address("leroy"), *BY, today=FIRST_DAY)
    desk.decide("person", "reopen", _address("leroy"), *BY, today=FIRST_DAY)
    _log_in(office, _address("leroy"))
    shown = desk.show("leroy")
    connections = shown["connections"]
    assert (connections["count"], connections["from"], connections["to"]) == (2, "2026-06-18", "2026-06-19")
    assert (connections["last_login_on"], connections["last_login_kept_until"]) == ("2026-06-18", None)
    assert connections["records"][1] == {
        "at": "2026-06-19T11:00:00+02:00",
        "kind": "login",
        "outcome": "invalid_user_credentials",
        "address": "192.0.2.7",
        "client": "cooperation",
        "kept_until": "2027-06-19",
    }
    assert _told(desk.explain("leroy"), "Utilisation : dernière connexion le 18 juin 2026")
    assert _told(desk.explain("martin"), "Utilisation : aucune connexion connue ; inconnu avant le 17 juin 2026")
    assert office.run("journal", "verify", today=LATER).status == 0
    account = shown["account"]
    assert (account["managed"], account["enabled"], account["has_password"]) == (True, True, True)
    assert (account["groups"], account["email_verified"]) == ([PARTNER], True)
    assert account["attributes"]["partenaire"] == [PARTNER]
    (access,) = shown["habilitations"]
    assert (access["state"], access["last_name"], access["function"]) == ("open", "Leroy", "agent")
    assert access["annexes"] == [{"annexe": 1, "status": "applied", "list": 1, "row": 1}]
    assert [
        (invitation["attempt"], invitation["state"], invitation["sent_on"]) for invitation in shown["invitations"]
    ] == [(1, "used", FIRST_DAY)]
    (hold,) = shown["holds"]
    assert (hold["kind"], hold["reason"], hold["released_by"]) == ("suspension", "enquête interne", "Claire Martin")
    actions = [entry["action"] for entry in shown["journal"]]
    told = ["habilitation.asked", "open", "invite", "suspension", "suspend", "reopening", "reopen"]
    assert [action for action in actions if action in told] == told
    page = office.run("person", "show", _address("leroy"), "--format", "html", today=LATER)
    assert page.status == 0
    for words in (
        "Les données que la Caf détient sur vous",
        "Camille Leroy",
        "enquête interne",
        "Suspension décidée",
        "échec\N{NO-BREAK SPACE}: mot de passe erroné",
        "19 juin 2026 à 11 h 00",
    ):
        assert words in page.out
    assert "martin" not in page.out.lower().replace("claire martin", "")
    assert "Journal" in office.run("person", "show", _address("leroy"), today=LATER).out


@pytest.mark.parametrize(("format_", "reads_names"), [("text", False), ("json", False), ("html", True)])
def test_the_names_of_everybody_else_are_read_for_the_page_alone(desk: Desk, format_: str, reads_names: bool) -> None:
    desk.office.apply(desk.annexe("a", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    with asked(Engine) as questions:
        shown = desk.office.run("person", "show", _address("leroy"), "--format", format_, today=LATER)
    assert shown.status == 0
    is_asked = any("last_name" in question and "email !=" in question for question, _ in questions)
    assert is_asked is reads_names


def _log_in(office: Office, email: EmailAddress) -> None:
    """The person logs in, and fails the day after; both were read, from the day after the first opening on."""
    register = open_register(office.settings, Clock().as_of(date(2026, 6, 20)))
    begun_at, late = datetime(2026, 6, 17, tzinfo=UTC), datetime(2026, 6, 19, 9, tzinfo=UTC)
    came = (email, datetime(2026, 6, 18, 9, tzinfo=UTC), None, "192.0.2.7")
    read(register, begun_at, late, came, (email, late, "invalid_user_credentials", "192.0.2.7"))
    register.close()


def test_nothing_held_on_an_address_is_said_so_and_both_commands_change_nothing(desk: Desk) -> None:
    office = desk.office
    office.apply(desk.annexe("a", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    before = _whole(office)
    nobody = office.run("person", "show", _address("personne"), today=LATER)
    assert (nobody.status, nobody.out) == (1, "")
    assert _address("personne") in nobody.err
    desk.explain("leroy")
    desk.show("leroy")
    assert _whole(office) == before


def _whole(office: Office) -> list[str]:
    with sqlite3.connect(office.home / "data" / "provisioner.sqlite3") as database:
        return list(database.iterdump())
