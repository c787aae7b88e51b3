"""Annexe 2 and annexe 3: who is responsible on either side, replaced as a whole, told to every partner."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.documents.form import ContactLine, write_annexe_3
from provisioner.domain.convention import Role
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress, Person
from provisioner.operations.notice_delivery import deliver
from provisioner.operations.notices import ask_for_annexe
from provisioner.operations.partners import partner_of
from provisioner.register.partners import contacts_of
from provisioner.register.tables import contact, journal_detail, journal_entry
from tests.shared.desk import TODAY, Desk, message, pdf_of, text_of
from tests.shared.mailbox import Mailbox
from tests.shared.office import valid
from tests.shared.postgres import Postgres


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    return Desk(mailbox, tmp_path)


def _contacts(desk: Desk, code: str) -> object:
    answer = desk.run("partner", "show", code, "--format", "json", today=TODAY)
    return valid(answer.json, "partner")["contacts"]


def _entries(desk: Desk) -> list[str]:
    with desk.register() as register, register.read() as connection:
        return list(connection.execute(select(journal_entry.c.body)).scalars())


@pytest.mark.rule("N1")
def test_a_partner_names_one_person_for_habilitations_and_one_for_security(desk: Desk) -> None:
    desk.add_partner("un", "un.example")
    assert _contacts(desk, "un") == {}
    assert desk.annexe_2("un", "Zoé  d’Arc <Zoe.Darc@un.example>").status == 0
    assert _contacts(desk, "un") == {
        "on": "2026-01-15",
        "habilitations": {"name": "Zoé d'Arc", "email": "zoe.darc@un.example"},
        "securite": {"name": "Hugo Petit", "email": "hugo.petit@un.example"},
    }
    shown = desk.run("partner", "show", "un", today=TODAY).out
    assert "annexe 2 du 15 janvier 2026" in shown
    assert "Responsable de la sécurité" in shown


@pytest.mark.rule("N1")
def test_a_partner_s_contact_is_a_person_with_a_name(desk: Desk) -> None:
    desk.add_partner("un", "un.example")
    answer = desk.annexe_2("un", "accueil@un.example")
    assert answer.status == 1
    assert "Responsable des habilitations" in answer.err
    assert _contacts(desk, "un") == {}


@pytest.mark.rule("N2")
def test_the_caf_may_name_a_shared_mailbox(desk: Desk) -> None:
    assert valid(desk.run("caf", "show", "--format", "json").json, "caf") == {}
    assert desk.annexe_3().status == 0
    shown = valid(desk.run("caf", "show", "--format", "json").json, "caf")
    assert shown["habilitations"] == {"name": None, "email": "habilitations@caf.example"}
    assert shown["securite"] == {"name": "Nadia Lefèvre", "email": "nadia.lefevre@caf.example"}
    assert "annexe 3 du 1er septembre 2026" in desk.run("caf", "show").out


@pytest.mark.rule("N2")
def test_the_signed_annexe_3_fills_one_cell_the_empty_ones_are_told_and_go_to_that_one(desk: Desk) -> None:
    to = desk.partner_with_contact("un")
    who = ("--habilitations", "Anne Roy <anne.roy@caf.example>", "--protection-donnees", "dpo@caf.example")
    answer = desk.run("caf", "contacts", "--on", "2026-09-01", *who, today=TODAY)
    assert answer.status == 0
    assert "Non désigné à l'annexe 3 : responsable de la sécurité, contact technique." in answer.err
    shown = valid(desk.run("caf", "show", "--format", "json").json, "caf")
    assert list(shown) == ["on", "habilitations", "protection-donnees"]
    (sent,) = desk.received(to)
    assert "Délégué à la protection" in text_of(pdf_of(sent))
    with desk.register() as register, register.read() as connection:
        annexe_3 = contacts_of(connection, None)
        assert annexe_3 is not None
        assert annexe_3.of(Role.SECURITE).email == "anne.roy@caf.example"


@pytest.mark.rule("N3")
def test_a_newer_annexe_replaces_the_previous_one_as_a_whole_and_an_older_one_nothing(desk: Desk) -> None:
    desk.add_partner("un", "un.example")
    desk.annexe_2("un", "Camille Martin <camille@un.example>", on="2026-03-01")
    known = _contacts(desk, "un")
    older = desk.annexe_2("un", "Paul Roux <paul@un.example>", on="2026-02-28")
    assert (older.status, _contacts(desk, "un")) == (1, known)
    assert "1er mars 2026" in older.err
    entries = _entries(desk)
    assert desk.annexe_2("un", "Camille Martin <camille@un.example>", on="2026-03-01").status == 0
    assert _entries(desk) == entries, "the same again is nothing new"
    assert desk.annexe_2("un", "Paul Roux <paul@un.example>", on="2026-03-01").status == 0
    with desk.register() as register, register.read() as connection:
        emails = set(connection.execute(select(contact.c.email)).scalars())
    assert emails == {"paul@un.example", "hugo.petit@un.example"}


@pytest.mark.rule("N3")
def test_an_annexe_of_tomorrow_is_refused(desk: Desk) -> None:
    desk.add_partner("un", "un.example")
    assert desk.annexe_2("un", "Camille Martin <camille@un.example>", on="2026-09-03").status == 1
    assert desk.annexe_3("2026-09-03").status == 1
    assert desk.annexe_3("2026-09-02").status == 0


@pytest.mark.parametrize(
    "who",
    [
        "",
        "Camille Martin",
        "Camille Martin camille@un.example",
        "Camille Martin <camille>",
        "camille@un.example <camille@un.example>",
        "Camille Martin <camille@un.example> <autre@un.example>",
        "Camille Martin\r\nBcc: tous@ailleurs.example <camille@un.example>",
        "Camille Martin <camille@un.example>\nBcc: tous@ailleurs.example",
        "Camille \u202enitraM <camille@un.example>",
        "Сamille Martin <camille@un.example>",  # a Cyrillic letter
    ],
)
@pytest.mark.rule("N1")
def test_what_is_not_a_name_and_an_address_is_refused(desk: Desk, who: str) -> None:
    desk.add_partner("un", "un.example")
    assert desk.annexe_2("un", who).status == 1
    assert _contacts(desk, "un") == {}
    assert desk.annexe_3(habilitations=who).status == 1


def test_contacts_of_an_unknown_partner_are_wrong_usage(desk: Desk) -> None:
    assert desk.annexe_2("inconnu", "Camille Martin <camille@un.example>").status == 2


@pytest.mark.rule("N3")
def test_each_partner_gets_a_new_annexe_3_once_unless_its_convention_has_ended(desk: Desk) -> None:
    # The days at each side of the end, one not signed yet, one without a contact.
    running = [
        desk.partner_with_contact("un"),
        desk.partner_with_contact("dernier-jour", "--signed-on", "2026-01-15", "--ctg-end", TODAY),
        desk.partner_with_contact("non-signe", "--ctg-end", "2030-12-31"),
    ]
    ended = desk.partner_with_contact("fini", "--signed-on", "2026-01-15", "--ctg-end", "2026-09-01")
    desk.add_partner("sans-contact", "sans-contact.example")
    answer = desk.annexe_3()
    assert (answer.status, answer.out) == (0, "")
    assert "sans-contact" in answer.err
    assert "fini" not in answer.err
    for address in running:
        (mail,) = desk.received(address)
        said = text_of(pdf_of(mail))
        for expected in ("Annexe 3", "1er septembre 2026", "Nadia Lefèvre", "assistance@caf.example", "remplace"):
            assert expected in said
        assert "1er septembre 2026" in mail.text
        assert "1er septembre 2026" in mail.html
    assert desk.received(ended) == []
    assert len(desk.mails()) == len(running)


@pytest.mark.rule("N3")
def test_the_same_annexe_3_again_is_sent_to_nobody_and_a_new_one_to_everybody(desk: Desk) -> None:
    address = desk.partner_with_contact("un")
    for _ in range(2):
        assert desk.annexe_3().status == 0
        assert len(desk.received(address)) == 1
    assert desk.annexe_3(technique="Zacharie Blanc <z.blanc@caf.example>").status == 0
    assert ["Zacharie Blanc" in text_of(pdf_of(mail)) for mail in desk.received(address)] == [False, True]


@pytest.mark.rule("N2")
def test_the_notice_is_written_by_a_machine_in_french_and_answered_to_the_caf(desk: Desk) -> None:
    desk.add_partner("un", "un.example")
    desk.annexe_2("un", '"Martin, Zoé" <zoe@un.example>')
    desk.annexe_3()
    (mail,) = desk.received("zoe@un.example")
    headers = message(mail)
    assert headers["From"] == "ne-pas-repondre@caf.example"
    assert headers["To"].addresses[0].display_name == "Martin, Zoé"
    assert headers["Reply-To"] == "habilitations@caf.example"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "fr"
    assert headers["Date"].datetime.date() == date.fromisoformat(TODAY)
    assert headers["Message-ID"].endswith("@caf.example>")


@pytest.mark.rule("N3")
def test_the_annexe_3_can_be_had_as_a_file_for_a_partner_without_a_contact(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "annexe3.pdf"
    assert desk.run("caf", "show", "--output", file).status == 1
    address = desk.partner_with_contact("un")
    desk.annexe_3()
    assert desk.run("caf", "show", "--output", file).status == 0
    assert file.read_bytes() == pdf_of(desk.received(address)[0])
    assert desk.run("caf", "show", "--output", file).status == 2, "a file that exists is left as it is"


def test_no_value_of_the_annexe_3_is_taken_for_markup() -> None:
    name = '#strong[Zoé] *B* $x$ @ref `c` \\ "q"'
    lines = [ContactLine("Contact technique", name, "a_*b*@caf.example")]
    made = [write_annexe_3(date(2026, 9, 1), "1er septembre 2026", lines) for _ in range(2)]
    assert made[0] == made[1], "the same contacts are the same file"
    said = " ".join(text_of(made[0]).split())
    assert "#strong[Zoé]" in said
    assert "a_*b*@caf.example" in said


def test_after_a_suspension_the_partner_s_contact_is_asked_for_an_annexe_1(desk: Desk) -> None:
    address = desk.partner_with_contact("un")
    desk.add_partner("deux", "deux.example")
    person = Person("Wattrelos", "Élise", "agente", EmailAddress("elise@un.example"))
    desk.annexe_3()
    with desk.register() as register:
        settings = desk.settings_on(TODAY)
        with register.work("test") as work:
            suspension = Hold(id=1, kind=HoldKind.SUSPENSION, reason="Vol", since=work.now)
            for code in ("un", "deux"):
                ask_for_annexe(work, partner_of(register, code), person, suspension, settings)
        assert deliver(register, settings, "test").sent == 1
    mail = desk.received(address)[-1]
    assert "Wattrelos" not in mail.subject
    for body in (mail.text, " ".join(mail.html.split())):
        for expected in ("Élise Wattrelos (elise@un.example)", "2 septembre 2026", "sans délai", "liste"):
            assert expected in body
    assert message(mail)["Reply-To"] == "habilitations@caf.example"


def test_names_and_addresses_stand_beside_the_journal_and_in_no_log(desk: Desk) -> None:
    address = desk.partner_with_contact("un")
    answer = desk.annexe_3(environment={"PROVISIONER_LOG__LEVEL": "DEBUG", "PROVISIONER_LOG__FORMAT": "json"})
    assert '"event": "notice.sent"' in answer.err
    assert '"partner": "un"' in answer.err
    chained = "".join(_entries(desk))
    with desk.register() as register, register.read() as connection:
        beside = "".join(connection.execute(select(journal_detail.c.data)).scalars())
    for personal in (address, "Camille", "Nadia", "@caf.example"):
        assert personal not in answer.err
        assert personal not in chained
        assert personal in beside
    for action in ("partner.contacts", "caf.contacts", "notice"):
        assert f'"action":"{action}"' in chained


@pytest.mark.rule("N3")
def test_with_the_register_on_postgresql_it_is_the_same(desk: Desk, postgres: Postgres) -> None:
    desk.environment["PROVISIONER_DATABASE__URL"] = postgres.new_database()
    address = desk.partner_with_contact("un")
    for day in ("2026-08-01", "2026-09-01", "2026-09-01"):
        assert desk.annexe_3(day).status == 0
    assert desk.annexe_3("2026-08-01").status == 1
    shown = desk.run("caf", "show", "--format", "json").json
    assert shown["on"] == "2026-09-01"
    assert len(desk.received(address)) == 2


@pytest.mark.rule("D6")
def test_the_sheet_and_the_notice_are_new_files_of_their_owner_and_what_lacks_is_said(
    desk: Desk, tmp_path: Path
) -> None:
    desk.annexe_3()
    for command in ("registre", "mentions"):
        page = tmp_path / f"{command}.html"
        told = desk.run("caf", command, "--output", page, PROVISIONER_CAF__NAME="Caf du Pas-de-Calais")
        assert (told.status, page.stat().st_mode & 0o777) == (0, 0o600)
        assert "Caf du Pas-de-Calais" in page.read_text("utf-8")
        assert "PROVISIONER_CAF__ADDRESS" in told.err
        assert "PROVISIONER_CAF__NAME" not in told.err
        assert desk.run("caf", command, "--output", page).status == 2
