"""What the contacts are told by e-mail: each fact once, to the right person, with figures and no more than that."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.commands.conftest import weaken_policy
from tests.shared.approvals import approve, elsewhere, reject, run_sync, submit
from tests.shared.desk import CAF, message
from tests.shared.mailbox import Mail
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Office, annexe_csv

JUNE = "2026-06-10"
CONTACT = "camille.martin@contacts.example"
OFFICERS = "habilitations@caf.example"
#: Ages, in days, of what began on the first of these days; nothing ran on the 7th.
DAYS = {
    0: "2026-09-02",
    1: "2026-09-03",
    2: "2026-09-04",
    8: "2026-09-10",
    29: "2026-10-01",
    30: "2026-10-02",
    60: "2026-11-01",
}
BY = ("--by", "Claire Martin", "--reason", "Motif confidentiel")


class Notices:
    """An office with a mail server, where contacts may be known, and what they received."""

    def __init__(self, office: Office, home: Path) -> None:
        self.office, self.home = office, home
        office.sends_notices()
        office.add_partner()

    def annexe_3(self, today: str) -> None:
        roles = [part for role, who in CAF.items() for part in (f"--{role}", who)]
        answer = self.office.run("caf", "contacts", "--on", "2026-01-15", *roles, today=today)
        assert answer.status == 0, answer.err

    def annexe_2(self, partner: str, address: str) -> None:
        people = (
            "--habilitations",
            f"Camille Martin <{address}>",
            "--securite",
            "Hugo Petit <hugo@contacts.example>",
        )
        answer = self.office.run("partner", "contacts", partner, "--on", "2026-01-15", *people, today=FIRST_DAY)
        assert answer.status == 0, answer.err

    def annexe(self, name: str, asked: dict[str, str], ended: dict[str, str], on: str, domain: str = DOMAIN) -> Path:
        return annexe_csv(self.home / f"{name}.csv", asked, ended, on, domain)

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.office.mails() if mail.to == address]

    def only(self, address: str) -> Mail:
        (mail,) = self.to(address)
        return mail

    def forget(self) -> None:
        """What was received so far is past."""
        self.office.sent_before = len(self.office.mailbox.messages())

    def counts(self) -> tuple[int, int]:
        """How many notices the partner's contact and the Caf's got."""
        return len(self.to(CONTACT)), len(self.to(OFFICERS))


@pytest.fixture
def notices(office: Office, tmp_path: Path) -> Notices:
    """Both sides' contacts are known."""
    made = Notices(office, tmp_path)
    made.annexe_3(FIRST_DAY)
    made.annexe_2(PARTNER, CONTACT)
    made.forget()
    return made


@pytest.fixture
def opened(notices: Notices) -> Notices:
    """Leroy, Vasseur and Nguyen are open, and the mails about it are past."""
    three = dict.fromkeys(("leroy", "vasseur", "nguyen"), JUNE)
    notices.office.apply(notices.annexe("1", three, {}, "2026-06-15"), today=FIRST_DAY)
    notices.forget()
    return notices


def _said(mail: Mail) -> tuple[str, str]:
    """Both parts, as one line each; whatever the notice, it leads to no account and speaks of no password."""
    inline = re.sub(r"</?(a|code|strong)\b[^>]*>", "", mail.html)
    page = re.sub(r"<[^>]+>", " ", inline).replace("&nbsp;", " ").replace("&#39;", "'")
    both = " ".join(mail.text.split()), " ".join(page.split())
    for said in (*both, mail.html):
        assert not re.search(r"mot de passe|password|https?://", said, re.IGNORECASE)
    assert not mail.links
    assert "@" not in mail.subject
    return both


def _says(mail: Mail, *expected: str, never: tuple[str, ...] = ()) -> None:
    for said in _said(mail):
        for words in expected:
            assert words in said, (words, said)
        for words in never:
            assert words not in said, (words, said)


def _report(mail: Mail) -> str:
    (file,) = message(mail).iter_attachments()
    assert isinstance(file, EmailMessage)
    assert file.get_content_type() == "text/html"
    assert str(file.get_filename()).endswith(".html")
    return str(file.get_content())


@pytest.fixture
def wrong(opened: Notices) -> Path:
    """Nguyen's address is elsewhere, and Martin's is open at another partner."""
    office = opened.office
    office.add_partner("sivom", "sivom.example")
    elsewhere_open = opened.annexe("s", {"martin": JUNE}, {}, "2026-06-15", "sivom.example")
    office.apply(elsewhere_open, today=FIRST_DAY, partner="sivom")
    office.run("partner", "set", PARTNER, "--domain", DOMAIN, "--domain", "sivom.example", "--by", "Claire Martin")
    opened.forget()
    asked = dict.fromkeys(("leroy", "vasseur", "nguyen", "bernard", "martin"), JUNE)
    file = elsewhere(opened.annexe("2", asked, {}, "2026-09-01"), "bernard", "ailleurs.example")
    return elsewhere(file, "martin", "sivom.example")


@pytest.mark.rule("A8")
def test_a_refused_annexe_goes_back_once_with_its_report_and_tells_nothing_of_another_partner(
    opened: Notices, wrong: Path
) -> None:
    for _ in range(2):
        submit(opened.office, wrong, today=SECOND_DAY, status=1)
        run_sync(opened.office, today=SECOND_DAY)
    assert opened.counts() == (1, 0)
    mail = opened.only(CONTACT)
    dates = "transmise le 1er septembre 2026 et reçue le 2 septembre 2026"
    _says(
        mail,
        dates,
        f"Partenaire {PARTNER}",
        "2 erreurs",
        "Le rapport joint",
        "la Caf vous contactera",
        f"la transmettre de nouveau à {OFFICERS}",
        never=("sivom", "bernard", "Martin"),
    )
    report = _report(mail)
    assert "2 erreurs" in report
    assert "bernard@ailleurs.example" in report
    assert "Cette personne ne peut pas être habilitée en l'état" in report.replace("&#39;", "'")
    assert "Partenaire sivom" not in report
    assert message(mail)["Reply-To"] == OFFICERS


def test_refused_in_another_way_the_same_annexe_goes_back_again(opened: Notices, wrong: Path) -> None:
    submit(opened.office, wrong, today=SECOND_DAY, status=1)
    domains = (part for domain in (DOMAIN, "ailleurs.example", "sivom.example") for part in ("--domain", domain))
    assert opened.office.run("partner", "set", PARTNER, *domains, "--by", "Claire Martin").status == 0
    submit(opened.office, wrong, today=SECOND_DAY, status=1)
    first, second = opened.to(CONTACT)
    _says(first, "2 erreurs")
    _says(second, "1 erreur.")


def test_a_refused_apply_keeps_nothing_and_tells_nobody(opened: Notices, wrong: Path) -> None:
    opened.office.apply(wrong, today=SECOND_DAY, status=1)
    assert opened.counts() == (0, 0)


def test_an_unreadable_annexe_goes_back_with_what_to_do(opened: Notices, tmp_path: Path) -> None:
    file = tmp_path / "vide.docx"
    file.write_bytes(b"")
    submit(opened.office, file, today=SECOND_DAY, status=1)
    mail = opened.only(CONTACT)
    _says(mail, "L'annexe 1 reçue le 2 septembre 2026", "1 erreur.")
    assert "ne peut pas être lu" in _report(mail)


def test_a_rejected_annexe_is_told_without_the_reason(opened: Notices) -> None:
    three = dict.fromkeys(("leroy", "vasseur", "nguyen"), JUNE)
    number = submit(opened.office, opened.annexe("2", three, {}, "2026-09-01"), today=SECOND_DAY)["annexe"]
    assert opened.counts() == (0, 0)
    assert reject(opened.office, number, today=SECOND_DAY, reason="Motif confidentiel").status == 0
    run_sync(opened.office, today=SECOND_DAY)
    assert opened.counts() == (1, 0)
    mail = opened.only(CONTACT)
    _says(mail, "a rejeté l'annexe 1", "1er septembre 2026", OFFICERS, never=("confidentiel", "Claire"))
    report = _report(mail)
    assert f"leroy@{DOMAIN}" in report
    assert "confidentiel" not in report


def test_an_applied_annexe_is_told_in_figures_to_the_partner_and_to_the_caf(opened: Notices) -> None:
    asked = {"leroy": JUNE, "nguyen": JUNE, "bernard": "2026-09-01", "petit": "2026-09-01", "morel": "2026-12-01"}
    file = opened.annexe("2", asked, {"vasseur": "2026-08-31"}, "2026-09-01")
    text = file.read_text("utf-8").replace("Nguyen;Camille;agent;", "Nguyen;Camille;cheffe de projet;")
    file.write_text(text, "utf-8")
    for _ in range(2):  # a script does so every night
        opened.office.apply(file, today=SECOND_DAY)
    run_sync(opened.office, today=SECOND_DAY)
    assert opened.counts() == (1, 1)
    figures = (
        "L'annexe 1 transmise le 1er septembre 2026",
        "Accès ouverts : 2",
        "Accès clôturés : 1",
        "Accès mis à jour : 1",
        "Accès inchangés : 1",
        "Ouvertures à venir, à la date demandée : 1",
    )
    names = ("eroy", "guyen", "ernard", "asseur", "orel", DOMAIN)
    _says(opened.only(CONTACT), *figures, "courriel d'activation", never=names)
    _says(opened.only(OFFICERS), *figures, "Le partenaire reçoit le même avis", never=names)


def test_an_approved_annexe_is_told_when_sync_applies_it(opened: Notices) -> None:
    file = opened.annexe("2", {"leroy": JUNE, "nguyen": JUNE}, {"vasseur": "2026-08-31"}, "2026-09-01")
    submitted = submit(opened.office, file, today=SECOND_DAY)
    approve(opened.office, submitted["annexe"], plan=submitted["plan_id"], today=SECOND_DAY)
    assert opened.counts() == (0, 0)
    for _ in range(2):
        run_sync(opened.office, today=SECOND_DAY)
    assert opened.counts() == (1, 1)
    _says(opened.only(CONTACT), "Accès ouverts : 0", "Accès clôturés : 1", "Accès inchangés : 2")


@pytest.mark.rule("A10")
@pytest.mark.parametrize("decisions", [(), ("--closures-only",)], ids=["whole", "list 2"])
def test_the_caf_learns_once_that_an_approval_came_to_nothing_and_what_to_type(
    opened: Notices, decisions: tuple[str, ...]
) -> None:
    file = opened.annexe("2", {"leroy": JUNE}, {"vasseur": "2026-09-02", "nguyen": "2026-09-02"}, "2026-09-01")
    annexe = submit(opened.office, file, today=SECOND_DAY)["annexe"]
    approve(opened.office, annexe, *decisions, today=SECOND_DAY)
    for _ in range(2):
        opened.office.run("sync", today="2026-09-03")
    more = " --closures-only" if decisions else ""
    expected = [f"provisioner plan --annexe {annexe}{more}", f"provisioner annexe approve {annexe}{more} --plan PLAN"]
    if not decisions:
        expected.append("détruite après le 3 octobre 2026")
    assert opened.counts() == (0, 1)
    _says(opened.only(OFFICERS), *expected, never=("asseur", "guyen", DOMAIN))


@pytest.mark.rule("A4")
def test_list_2_applied_alone_is_told_as_such(opened: Notices) -> None:
    file = opened.annexe("2", {"leroy": "bientôt", "nguyen": JUNE}, {"vasseur": "2026-08-31"}, "2026-09-01")
    for _ in range(2):
        opened.office.apply(file, "--closures-only", today=SECOND_DAY)
    assert opened.counts() == (1, 1)
    _says(opened.only(CONTACT), "ne porte pas sur la liste 1", "Accès clôturés : 1", never=("ouverts", "courriel d'"))


def test_openings_that_the_realm_s_policy_holds_are_not_told_as_made(opened: Notices) -> None:
    weaken_policy(opened.office.settings)
    asked = dict.fromkeys(("leroy", "vasseur", "nguyen"), JUNE) | {"bernard": "2026-09-01"}
    opened.office.apply(opened.annexe("2", asked, {}, "2026-09-01"), today=SECOND_DAY, status=1)
    _says(opened.only(CONTACT), "Accès ouverts : 0", "vérification technique de la Caf : 1", "Accès inchangés : 3")


def test_without_a_partner_s_contact_the_command_says_so_once_and_the_caf_learns_it(notices: Notices) -> None:
    office = notices.office
    office.add_partner("sivom", "sivom.example")
    file = notices.annexe("s", {"martin": JUNE}, {}, "2026-06-15", "sivom.example")
    arguments = ("apply", file, "--partner", "sivom", "--approved-by", "Claire Martin", "--yes")
    said = office.run(*arguments, today=FIRST_DAY)
    assert said.err.count("sivom") == 1
    assert "Aucun contact n'est connu pour : sivom" in said.err
    assert notices.counts() == (0, 1)
    _says(notices.only(OFFICERS), "Le partenaire n'a pas été avisé", "partner contacts sivom")
    refused = notices.annexe("t", {"martin": "bientôt"}, {}, "2026-06-15", "sivom.example")
    refusal = office.run("annexe", "submit", refused, "--partner", "sivom", "--format", "json", today=FIRST_DAY)
    assert refusal.err.count("Aucun contact n'est connu pour : sivom") == 1
    assert (
        reject(office, refusal.json["annexe"], today=FIRST_DAY).err.count("Aucun contact n'est connu pour : sivom")
        == 1
    )
    assert notices.counts() == (0, 1)


@pytest.fixture
def mass_closure(notices: Notices) -> Callable[[str], str]:
    """Applies an annexe that closes 12 of 20 accesses, with that date; gives the held plan's id."""
    twenty = {f"agent{chr(97 + n) * 3}": JUNE for n in range(20)}
    notices.office.apply(notices.annexe("1", twenty, {}, "2026-06-15"), today=FIRST_DAY)
    notices.forget()

    def close(today: str) -> str:
        names = list(twenty)
        file = notices.annexe(
            today, dict.fromkeys(names[12:], JUNE), dict.fromkeys(names[:12], "2026-08-31"), "2026-09-01"
        )
        (blocked,) = notices.office.apply(file, today=today, status=1)["blocked_by"]
        return str(blocked["plan_id"])

    return close


@pytest.mark.rule("A10")
def test_a_held_plan_is_told_to_the_caf_at_once_and_on_days_1_7_30_and_each_30_after(
    notices: Notices, mass_closure: Callable[[str], str]
) -> None:
    plan = mass_closure(SECOND_DAY)
    assert notices.counts() == (0, 1)
    _says(
        notices.only(OFFICERS),
        f"Partenaire {PARTNER} ({PARTNER})",
        "12 clôtures en 24 heures, 5 au plus sans accord",
        "Clôtures : 12",
        f"provisioner held release {plan}",
        "provisioner annexe reject",
        never=("agentaaa", DOMAIN),
    )
    seen = {}
    for age, today in DAYS.items():
        for _ in range(2 if age == 30 else 1):
            run_sync(notices.office, today=today, status=1)
        seen[age] = len(notices.to(OFFICERS))
    assert seen == {0: 1, 1: 2, 2: 2, 8: 3, 29: 3, 30: 4, 60: 5}
    last = notices.to(OFFICERS)[-1]
    assert last.subject.endswith("rappel, 60 jours")
    _says(last, plan, "soit 60 jours")
    assert notices.counts()[0] == 0


def test_a_plan_let_go_is_told_no_more_and_its_annexe_is_told_as_applied(
    notices: Notices, mass_closure: Callable[[str], str]
) -> None:
    plan = mass_closure(SECOND_DAY)
    assert notices.office.run("held", "release", plan, *BY, today=SECOND_DAY).status == 0
    run_sync(notices.office, today="2026-09-03")
    run_sync(notices.office, today="2026-09-09")
    assert notices.counts() == (1, 2)
    _says(notices.only(CONTACT), "Accès clôturés : 12", "Accès inchangés : 8")


def test_what_was_held_before_the_caf_had_a_contact_is_told_once_it_has_one(office: Office, tmp_path: Path) -> None:
    notices = Notices(office, tmp_path)
    names = [f"agent{chr(97 + n) * 3}" for n in range(8)]
    office.apply(notices.annexe("1", dict.fromkeys(names, JUNE), {}, "2026-06-15"), today=FIRST_DAY)
    gone = notices.annexe("2", {}, dict.fromkeys(names, "2026-08-31"), "2026-09-01")
    office.apply(gone, today=SECOND_DAY, status=1)
    office.environment["PROVISIONER_LOG__LEVEL"] = "WARNING"
    said = run_sync(office, today="2026-09-03", status=1)[1]
    assert said.count("notice.no_contact") == 1
    assert "@" not in said
    notices.annexe_3("2026-09-04")
    for _ in range(2):
        run_sync(office, today="2026-09-04", status=1)
    _says(notices.only(OFFICERS), "soit 2 jours")


def test_a_suspension_is_told_again_as_it_ages_to_the_caf_and_to_the_partner_until_its_annexe_comes(
    opened: Notices,
) -> None:
    office = opened.office
    assert office.run("person", "suspend", f"vasseur@{DOMAIN}", *BY, today="2026-09-02").status == 0
    seen = {}
    for age, today in {**DAYS, 181: "2027-03-02", 182: "2027-03-03"}.items():
        for _ in range(2 if age == 30 else 1):
            run_sync(office, today=today)
        seen[age] = opened.counts()
    assert seen == {
        0: (1, 0),  # the first request
        1: (2, 1),
        2: (2, 1),
        8: (3, 2),
        29: (3, 2),
        30: (4, 3),
        60: (5, 4),
        181: (6, 5),  # 6 months
        182: (6, 5),
    }
    who = f"Camille Vasseur (vasseur@{DOMAIN})"
    second = opened.to(CONTACT)[1]
    _says(second, who, "depuis le 2 septembre 2026, soit 1 jour", "sans délai", never=("confidentiel", "Claire"))
    asked = "une annexe 1 lui est de nouveau demandée ce jour"
    first, *_, alarm = opened.to(OFFICERS)
    _says(first, who, "soit 1 jour", asked, "provisioner person reopen", never=("6 mois", "confidentiel"))
    _says(alarm, "Cette suspension dure depuis 6 mois", "soit 181 jours")
    assert not any("asseur" in mail.subject for mail in (*opened.to(CONTACT), *opened.to(OFFICERS)))


@pytest.mark.rule("A4")
def test_a_suspension_that_keycloak_could_not_be_told_is_said_to_be_still_open(opened: Notices) -> None:
    office = opened.office
    cut = ("person", "suspend", f"vasseur@{DOMAIN}", *BY)
    for _ in range(2):
        away = office.run(*cut, today="2026-09-02", PROVISIONER_KEYCLOAK__URL="http://127.0.0.1:1")
        assert away.status == 3
    _says(opened.only(CONTACT), f"vasseur@{DOMAIN}", "l'accès est encore ouvert", never=("aussitôt",))
    assert office.run(*cut, today="2026-09-02").status == 0
    assert opened.counts() == (1, 0)
    assert office.run("person", "suspend", f"leroy@{DOMAIN}", *BY, today="2026-09-02").status == 0
    _says(opened.to(CONTACT)[1], f"leroy@{DOMAIN}", "L'accès est coupé aussitôt", never=("encore ouvert",))


@pytest.mark.rule("L2")
def test_a_containment_that_keycloak_could_not_be_told_is_said_to_be_still_open(opened: Notices) -> None:
    cut = ("partner", "suspend", PARTNER, *BY, "--second", "Paul Durand")
    away = opened.office.run(*cut, today="2026-09-02", PROVISIONER_KEYCLOAK__URL="http://127.0.0.1:1")
    assert away.status == 3
    decided, still_open = opened.to(OFFICERS)
    assert "tous les accès d'un partenaire coupés" in decided.subject
    _says(still_open, "n'a pas encore pu être appliquée", "encore ouverts au moment où ce courriel a été écrit : 3")
    assert opened.office.run(*cut, today="2026-09-02").status == 0
    assert opened.counts() == (0, 2)


def test_a_partner_that_answered_is_asked_no_more_and_a_suspension_lifted_or_ended_is_told_no_more(
    opened: Notices,
) -> None:
    office = opened.office
    for name in ("vasseur", "nguyen"):
        assert office.run("person", "suspend", f"{name}@{DOMAIN}", *BY, today="2026-09-02").status == 0
    three = dict.fromkeys(("leroy", "vasseur", "nguyen"), JUNE)
    submit(office, opened.annexe("2", three, {}, "2026-09-03"), today="2026-09-03")
    run_sync(office, today="2026-09-03")
    assert opened.counts() == (2, 2)
    for mail in opened.to(OFFICERS):
        _says(mail, "une annexe 1 a été reçue depuis la suspension")
    assert office.run("person", "reopen", f"vasseur@{DOMAIN}", *BY, today="2026-09-03").status == 0
    ended = opened.annexe("3", {"leroy": JUNE, "vasseur": JUNE}, {"nguyen": "2026-09-03"}, "2026-09-04")
    office.apply(ended, today="2026-09-04")
    before = opened.counts()
    run_sync(office, today="2026-09-09")
    run_sync(office, today="2027-03-05", status=1)  # an account's day has come (D1), and no run announced it
    told = opened.counts()
    assert (told[0], told[1] - before[1]) == (before[0], 1), "of the destructions that wait, to the Caf"
