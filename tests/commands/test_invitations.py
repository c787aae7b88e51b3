"""The e-mails with the link, from the first one to a silence that is told: on a real Keycloak, day by day (P2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.people import EmailAddress
from provisioner.settings import Settings
from tests.commands.conftest import weaken_policy
from tests.keycloak.hands import KeycloakHands
from tests.shared.mailbox import Mail
from tests.shared.office import DOMAIN, PARTNER, Answer, Office, annexe_csv, changes, valid
from tests.shared.sink import FaultyMailbox, send_through

ASKED = "2026-06-10"
DAY_0, DAY_1, DAY_2, DAY_3, DAY_9, DAY_10, DAY_11 = (f"2026-06-{day}" for day in (16, 17, 18, 19, 25, 26, 27))
LEROY, NGUYEN, PETIT = (f"{name}@{DOMAIN}" for name in ("leroy", "nguyen", "petit"))
CONTACT = f"zoe.martin@{DOMAIN}"
CAF = "habilitations@caf.example"
SILENT, BOUNCED = "accès jamais activés", "adresse électronique à vérifier"
BY = ("--by", "Claire Martin")


class Desk:
    """An office with a mail server of its own, which serves the notices too."""

    def __init__(self, office: Office, mailbox: FaultyMailbox, hands: KeycloakHands) -> None:
        self.office, self.mailbox, self.hands = office, mailbox, hands
        office.environment |= {
            "PROVISIONER_SMTP__HOST": mailbox.host,
            "PROVISIONER_SMTP__PORT": str(mailbox.port),
            "PROVISIONER_SMTP__FROM": "ne-pas-repondre@caf.example",
        }
        office.add_partner()

    def contact(self) -> None:
        people = ("--habilitations", f"Zoé Martin <{CONTACT}>", "--securite", f"Hugo Petit <hugo.petit@{DOMAIN}>")
        caf = ("--habilitations", CAF, "--securite", "ssi@caf.example", "--technique", "aide@caf.example")
        for command in (("partner", "contacts", PARTNER, *people), ("caf", "contacts", *caf)):
            assert self.office.run(*command, "--on", "2026-01-15", today="2026-06-15").status == 0
        self.office.sent_before = len(self.mailbox.messages())

    def apply(self, *names: str, today: str = DAY_0, more: tuple[str, ...] = (), status: int = 0) -> Any:
        file = annexe_csv(self.office.home / f"{today}.csv", dict.fromkeys(names, ASKED), {}, today[:10])
        return self.office.apply(file, *more, today=today, status=status)

    def listed(self, today: str, *more: str) -> dict[str, tuple[str, int, str | None]]:
        """The state, the attempts and the last day for each address."""
        answer = self.office.run("invitation", "list", *more, "--format", "json", today=today)
        assert answer.status == 0, answer.err
        lines = valid(answer.json, "invitations")
        return {line["email"]: (line["state"], line["attempts"], line["sent_on"]) for line in lines}

    def repeat(self, today: str, *email: str) -> Answer:
        return self.office.run("invitation", "repeat", *email, *BY, "--format", "json", today=today)

    def repeated(self, today: str, *email: str, status: int = 0) -> list[tuple[str, str | None]]:
        answer = self.repeat(today, *email)
        assert answer.status == status, answer.err + answer.out
        return changes(valid(answer.json, "outcome"), "done")

    def bounced(self, today: str, email: str = LEROY) -> Answer:
        return self.office.run("invitation", "bounced", email, *BY, today=today)

    def received(self, to: str) -> list[Mail]:
        return [mail for mail in self.office.mails() if mail.to == to]

    def told(self, about: str) -> list[Mail]:
        """The notices to the partner's contact with that in their subject."""
        return [mail for mail in self.received(CONTACT) if about in mail.subject]


@pytest.fixture
def desk(realm: Settings, tmp_path: Path) -> Iterator[Desk]:
    mailbox = FaultyMailbox(tmp_path / "mail")
    send_through(realm, mailbox)
    hands = KeycloakHands(realm.keycloak, mailbox)
    yield Desk(Office(realm, mailbox, tmp_path), mailbox, hands)
    hands.close()
    mailbox.stop()


@pytest.mark.rule("P2")
def test_a_link_is_owed_sent_expired_sent_again_on_days_3_and_10_then_given_up_and_told_once(desk: Desk) -> None:
    desk.contact()
    desk.mailbox.refuses_all = True
    desk.apply("leroy", today=f"{DAY_0}T09:00", status=3)
    assert desk.listed(DAY_0) == {LEROY: ("owed", 1, None)}
    desk.mailbox.refuses_all = False
    assert desk.repeated(f"{DAY_0}T09:30") == [], "the first link is sync's"
    desk.office.sync(today=f"{DAY_0}T10:00")
    assert desk.listed(f"{DAY_1}T09:50") == {LEROY: ("sent", 1, DAY_0)}
    assert desk.listed(f"{DAY_1}T10:10") == {LEROY: ("expired", 1, DAY_0)}
    assert desk.repeated(f"{DAY_2}T23:50") == []
    assert desk.repeated(f"{DAY_3}T10:30") == [("invite", LEROY)]
    assert desk.repeated(f"{DAY_3}T10:40") == []
    assert desk.listed(f"{DAY_3}T10:50") == {LEROY: ("sent", 2, DAY_3)}
    assert desk.repeated(f"{DAY_9}T10:30") == []
    assert desk.repeated(f"{DAY_10}T11:00") == [("invite", LEROY)]
    assert desk.listed(f"{DAY_11}T10:50") == {LEROY: ("sent", 3, DAY_10)}
    assert desk.repeated(f"{DAY_11}T10:50") == []
    assert desk.told(SILENT) == []
    assert desk.listed(f"{DAY_11}T11:10") == {LEROY: ("given-up", 3, DAY_10)}
    for today in (f"{DAY_11}T11:10", "2026-06-28", "2026-07-30"):
        assert desk.repeated(today) == []
    assert len(desk.received(LEROY)) == 3
    (notice,) = desk.told(SILENT)
    for body in (notice.text, " ".join(notice.html.split())):
        for expected in (f"Camille Leroy ({LEROY})", "mot de passe", "liste", CAF):
            assert expected in body
    assert "leroy" not in notice.subject.lower()


@pytest.mark.rule("P2")
def test_sync_and_apply_never_send_a_link_again(desk: Desk) -> None:
    desk.apply("leroy")
    for today in (DAY_3, DAY_10, "2026-07-30"):
        assert desk.office.sync(today=today)["done"] == []
        assert desk.office.plan(today=today)["changes"] == []
    assert desk.apply("leroy", today="2026-07-31")["done"] == []
    assert len(desk.received(LEROY)) == 1


@pytest.mark.rule("P2")
def test_who_made_a_password_is_sent_nothing_more(desk: Desk) -> None:
    desk.apply("leroy", "nguyen")
    assert desk.hands.set_password_by_link(EmailAddress(LEROY))
    assert desk.listed(DAY_0) == {LEROY: ("used", 1, DAY_0), NGUYEN: ("sent", 1, DAY_0)}
    assert desk.repeated(DAY_3) == [("invite", NGUYEN)]
    refused = desk.repeat(DAY_3, LEROY)
    assert (refused.status, refused.out) == (1, "")
    assert "a déjà un mot de passe" in refused.err
    assert (len(desk.received(LEROY)), len(desk.received(NGUYEN))) == (1, 2)


@pytest.mark.rule("P2")
def test_one_person_asked_for_by_name_is_sent_a_link_as_soon_as_the_last_has_expired(desk: Desk) -> None:
    desk.apply("leroy", today=f"{DAY_0}T10:00")
    early = desk.repeat(f"{DAY_1}T09:50", LEROY)
    assert (early.status, "encore valable" in early.err) == (1, True)
    assert desk.repeated(f"{DAY_1}T10:10", LEROY.upper()) == [("invite", LEROY)]
    assert desk.repeated(f"{DAY_9}T10:00") == [], "the third is due 10 days after the first"
    assert desk.repeated(f"{DAY_9}T10:00", LEROY) == [("invite", LEROY)]
    last = desk.repeat("2026-07-30", LEROY)
    assert (last.status, "trois liens" in last.err) == (1, True)
    unknown = desk.repeat(DAY_3, f"personne@{DOMAIN}")
    assert (unknown.status, "invitation list" in unknown.err) == (1, True)
    assert len(desk.received(LEROY)) == 3


@pytest.mark.rule("P2")
def test_nobody_suspended_or_disabled_in_the_console_is_sent_a_link(desk: Desk) -> None:
    desk.apply("leroy", "nguyen", "petit")
    reason = ("--reason", "incident")
    assert desk.office.run("person", "suspend", LEROY, *BY, *reason, today=DAY_1).status == 0
    directory = desk.office.directory()
    account = directory.find(EmailAddress(NGUYEN))
    directory.close()
    assert account is not None
    desk.hands.set_enabled(account.id, enabled=False)
    assert desk.repeated(DAY_3) == [("invite", PETIT)]
    for email, word in ((LEROY, "suspendu"), (NGUYEN, "désactivé")):
        refused = desk.repeat(DAY_3, email)
        assert (refused.status, word in refused.err) == (1, True)
    assert desk.office.run("person", "reopen", LEROY, *BY, *reason, today=DAY_3).status == 0
    assert desk.repeated(DAY_3) == [("invite", LEROY)]


@pytest.mark.rule("P1")
def test_while_the_policy_is_weak_no_link_is_sent_again(desk: Desk) -> None:
    desk.apply("leroy")
    weaken_policy(desk.office.settings)
    for email in ((), (LEROY,)):
        answer = desk.repeat(DAY_3, *email)
        assert answer.status == 1
        assert [blocked["limit"] for blocked in valid(answer.json, "outcome")["blocked_by"]] == ["password-policy"]
    assert len(desk.received(LEROY)) == 1


def test_a_pause_or_an_ended_convention_keeps_links_from_being_sent_again(desk: Desk) -> None:
    desk.apply("leroy")
    assert desk.office.run("pause", "--reason", "migration", *BY, today=DAY_2).status == 0
    held = desk.repeat(DAY_3)
    assert held.status == 1
    assert [blocked["limit"] for blocked in valid(held.json, "outcome")["blocked_by"]] == ["pause"]
    assert desk.office.run("resume", *BY, today=DAY_3).status == 0
    end = ("--on", DAY_3, "--reason", "résiliation", *BY)
    assert desk.office.run("partner", "end", PARTNER, *end, today=DAY_3).status == 0
    assert desk.repeated("2026-06-20") == []
    refused = desk.repeat("2026-06-20", LEROY)
    assert (refused.status, "convention" in refused.err) == (1, True)
    assert len(desk.received(LEROY)) == 1


@pytest.mark.rule("P2")
def test_a_mail_server_that_refuses_leaves_the_second_link_due(desk: Desk) -> None:
    desk.apply("leroy", "nguyen")
    desk.mailbox.refuses = {LEROY}
    assert desk.repeated(DAY_3, status=1) == [("invite", NGUYEN)]
    assert desk.listed(DAY_3)[LEROY] == ("expired", 2, DAY_0)
    desk.mailbox.refuses = set()
    assert desk.repeated(DAY_3) == [("invite", LEROY)]
    assert desk.repeated(DAY_10) == [("invite", LEROY), ("invite", NGUYEN)]
    assert (len(desk.received(LEROY)), len(desk.received(NGUYEN))) == (3, 3)


@pytest.mark.rule("P2")
def test_an_address_that_bounced_is_told_once_and_sent_nothing_until_it_is_corrected(desk: Desk) -> None:
    desk.contact()
    desk.apply("leroy")
    assert desk.bounced(DAY_1).status == 0
    assert desk.bounced(DAY_1).status == 0
    assert desk.listed(DAY_1) == {LEROY: ("bounced", 1, DAY_0)}
    (notice,) = desk.told(BOUNCED)
    for body in (notice.text, " ".join(notice.html.split())):
        for expected in (f"Camille Leroy ({LEROY})", "vérifier cette adresse", "annexe", CAF):
            assert expected in body.replace("\N{NO-BREAK SPACE}", " ")
    assert desk.repeated(DAY_3) == []
    refused = desk.repeat(DAY_3, LEROY)
    assert (refused.status, "est revenu" in refused.err) == (1, True)
    desk.apply("leroyer", today=DAY_3, more=("--rename", f"{LEROY}=leroyer@{DOMAIN}"))
    assert desk.listed(DAY_3) == {f"leroyer@{DOMAIN}": ("sent", 1, DAY_3)}
    assert desk.repeated("2026-06-22") == [("invite", f"leroyer@{DOMAIN}")]
    assert len(desk.told(BOUNCED)) == 1


@pytest.mark.rule("P2")
def test_a_new_password_by_name_begins_a_new_round_after_a_bounce(desk: Desk) -> None:
    desk.apply("leroy")
    answer = desk.bounced(DAY_1)
    assert answer.status == 0
    assert f"Aucun contact n'est connu pour : {PARTNER}" in answer.err
    new = ("person", "reopen", LEROY, *BY, "--reason", "boîte réparée", "--new-password")
    assert desk.office.run(*new, today=DAY_2).status == 0
    assert desk.listed(DAY_2) == {LEROY: ("sent", 1, DAY_2)}
    assert len(desk.received(LEROY)) == 2


def test_a_bounce_of_what_was_never_sent_is_refused(desk: Desk) -> None:
    desk.mailbox.refuses_all = True
    desk.apply("leroy", status=1)
    for email in (LEROY, f"personne@{DOMAIN}"):
        assert desk.bounced(DAY_0, email).status == 1
    assert desk.listed(DAY_0) == {LEROY: ("owed", 1, None)}


def test_a_partner_without_a_contact_is_named_until_it_has_one_and_then_told(desk: Desk) -> None:
    desk.apply("leroy")
    for today in (DAY_3, DAY_10):
        desk.repeated(today)
    for _ in range(2):
        assert f"Aucun contact n'est connu pour : {PARTNER}" in desk.repeat("2026-06-30").err
    desk.contact()
    for _ in range(2):
        assert desk.repeated("2026-06-30") == []
    assert len(desk.told(SILENT)) == 1


def test_the_list_is_by_partner_and_reads_in_french(desk: Desk) -> None:
    assert "Aucun courriel" in desk.office.run("invitation", "list", today=DAY_0).out
    desk.apply("leroy", "nguyen")
    assert list(desk.listed(DAY_0)) == [LEROY, NGUYEN]
    assert desk.listed(DAY_0, "--partner", PARTNER) == desk.listed(DAY_0)
    assert desk.office.run("invitation", "list", "--partner", "inconnu", today=DAY_0).status == 2
    shown = desk.office.run("invitation", "list", today=DAY_0).out
    for expected in ("Courriels d'activation", "Leroy", "envoyé", "16/06/2026"):
        assert expected in shown
