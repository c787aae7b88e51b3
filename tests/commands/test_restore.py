"""A register put back from an older copy while Keycloak went on: an ordinary day, and the gap is told."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared.administrator import Administrator
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, changes, valid

JUNE, SEPTEMBER, OCTOBER = "2026-06-16", "2026-09-02", "2026-10-06"
BY = ("--by", "Claire Martin", "--reason", "Départ précipité")
RENAME = ("--rename", f"petit@{DOMAIN}=petit.durand@{DOMAIN}")


def _at(*names: str) -> list[str]:
    return [f"{name}@{DOMAIN}" for name in names]


class Scene:
    """An office, its administrator's hands, and an older copy of its register."""

    def __init__(self, office: Office, home: Path) -> None:
        self.office, self.home = office, home
        self.admin: Administrator = Administrator(office.settings.keycloak)
        self.users = f"admin/realms/{office.settings.keycloak.realm}/users"
        self.database = office.home / "data" / "provisioner.sqlite3"
        self.copy = home / "copy.sqlite3"

    def accounts(self) -> dict[str, bool]:
        """Whether each account is enabled."""
        users = self.admin.get(self.users, max=-1)
        return {user["email"]: user["enabled"] for user in users}

    def give_password(self, name: str) -> None:
        """What the person does with the link."""
        (user,) = self.admin.get(self.users, email=f"{name}@{DOMAIN}", exact="true")
        password = {"type": "password", "value": "Abcdef1!", "temporary": False}
        self.admin.request("put", f"{self.users}/{user['id']}/reset-password", password)

    def mails(self) -> Counter[str]:
        return Counter(mail.to for mail in self.office.mails())

    def back_up(self) -> None:
        assert self.office.run("backup", "--output", self.copy).status == 0

    def put_back(self) -> None:
        shutil.copy(self.copy, self.database)

    def doctor(self, today: str) -> dict[str, list[str]]:
        """What doctor finds, by check."""
        answer = valid(self.office.run("doctor", "--format", "json", today=today).json, "doctor")
        sentences: dict[str, list[str]] = {}
        for line in answer["lines"]:
            sentences.setdefault(line["check"], []).append(line["found"])
        return sentences


@pytest.fixture
def scene(office: Office, tmp_path: Path) -> Iterator[Scene]:
    office.add_partner()
    scene = Scene(office, tmp_path)
    yield scene
    scene.admin.close()


@pytest.fixture
def restored(scene: Scene, office: Office, tmp_path: Path) -> tuple[Scene, Path, str]:
    """Copied in June with three persons open and one planned; in September two annexes, a change of address, a
    closure and a suspension went on; then the copy was put back. The second annexe, and the head kept outside.
    """
    first = {"leroy": "2026-06-10", "petit": "2026-06-10", "vasseur": "2026-06-10", "nguyen": "2026-09-01"}
    office.apply(annexe_csv(tmp_path / "1.csv", first, {}, "2026-06-15"), today=JUNE)
    scene.give_password("petit")
    scene.back_up()
    kept = {"leroy": "2026-06-10", "petit.durand": "2026-06-10", "nguyen": "2026-09-01", "carpentier": "2026-09-01"}
    second = annexe_csv(tmp_path / "2.csv", kept, {"vasseur": "2026-08-31"}, "2026-09-01")
    did = office.apply(second, *RENAME, today=SEPTEMBER)
    assert {change["action"] for change in did["done"]} == {"open", "invite", "close", "rename"}
    assert office.run("person", "suspend", f"leroy@{DOMAIN}", *BY, today=SEPTEMBER).status == 0
    scene.give_password("carpentier")
    head = office.run("journal", "head").out.strip()
    scene.put_back()
    return scene, second, head


def test_after_an_older_copy_was_put_back_sync_mails_nobody_again_and_opens_nobody_who_was_closed(
    restored: tuple[Scene, Path, str], office: Office
) -> None:
    scene, _, _ = restored
    before, mails = scene.accounts(), scene.mails()
    assert mails == dict.fromkeys(_at("leroy", "petit", "vasseur", "nguyen", "carpentier"), 1)
    did = office.sync(today=SEPTEMBER)
    assert scene.mails() == mails
    closed = _at("leroy", "vasseur")
    assert [email for email, enabled in before.items() if not enabled] == closed
    assert [email for email, enabled in scene.accounts().items() if not enabled] == closed
    drift = {(drifted["kind"], drifted["email"]) for drifted in did["drift"]}
    assert drift >= {("suspended-by-hand", email) for email in closed}
    assert ("unknown-in-group", f"carpentier@{DOMAIN}") in drift
    assert ("changed-by-hand", f"petit@{DOMAIN}") in drift
    assert ("open", f"nguyen@{DOMAIN}") in changes(did, "done"), "planned in the copy, open in Keycloak"
    again = office.sync(today=SEPTEMBER)
    assert (again["done"], scene.mails()) == ([], mails)


def test_what_came_since_is_applied_again_without_a_mail(restored: tuple[Scene, Path, str], office: Office) -> None:
    scene, second, _ = restored
    before, mails = scene.accounts(), scene.mails()
    office.apply(second, *RENAME, today=SEPTEMBER)
    assert (scene.accounts(), scene.mails()) == (before, mails)
    assert office.plan(today=SEPTEMBER)["changes"] == []
    shown = valid(office.run("partner", "show", PARTNER, "--format", "json", today=SEPTEMBER).json, "partner")
    states = {habilitation["email"]: habilitation["state"] for habilitation in shown["habilitations"]}
    assert states == dict.fromkeys(_at("leroy", "petit.durand", "nguyen", "carpentier"), "open") | {
        f"vasseur@{DOMAIN}": "closed"
    }
    listed = office.run("invitation", "list", "--format", "json", today=SEPTEMBER).json
    sent = {
        invitation["email"]: (invitation["state"], invitation["attempts"])
        for invitation in valid(listed, "invitations")
    }
    assert sent[f"nguyen@{DOMAIN}"] == ("sent", 1)
    assert sent[f"carpentier@{DOMAIN}"] == ("used", 1)


def test_the_gap_is_told_by_the_head_kept_outside_and_by_doctor(
    restored: tuple[Scene, Path, str], office: Office
) -> None:
    scene, _, head = restored
    verified = office.run("journal", "verify", "--head", head, "--format", "json")
    assert (verified.status, valid(verified.json, "journal_verify")["problem"]) == (1, "cut")
    told = scene.doctor(SEPTEMBER)
    assert told["forgotten-accounts"] == ["Comptes qui portent notre marque et que le registre ne connaît pas : 1."]
    assert {drift.replace("\N{NO-BREAK SPACE}", " ") for drift in told["drift"]} == {
        "« suspended-by-hand » : 2.",
        "« unknown-in-group » : 1.",
        "« changed-by-hand » : 2.",
    }
    assert DOMAIN not in str(told)
    for number in range(int(head.split(":")[0])):
        assert office.run("pause", *BY, "--partner", PARTNER).status == 0, number
    beyond = office.run("journal", "verify", "--head", head, "--format", "json")
    assert (beyond.status, beyond.json["problem"]) == (1, "rewritten"), "whatever was written since"


def test_a_link_that_left_after_a_first_try_failed_does_not_leave_again(
    scene: Scene, office: Office, tmp_path: Path
) -> None:
    _set_mail_port(scene, 1)
    file = annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15")
    office.apply(file, today=JUNE, status=3)
    scene.back_up()
    _set_mail_port(scene, office.mailbox.port)
    assert changes(office.sync(today=JUNE), "done") == [("invite", f"leroy@{DOMAIN}")]
    scene.put_back()
    assert changes(office.sync(today=JUNE), "done") == [("invite", f"leroy@{DOMAIN}")]
    assert scene.mails() == {f"leroy@{DOMAIN}": 1}
    assert office.sync(today=JUNE)["done"] == []


def test_a_person_who_made_a_password_is_sent_no_link_once_keycloaks_events_are_gone(
    scene: Scene, office: Office, tmp_path: Path
) -> None:
    scene.back_up()
    file = annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15")
    office.apply(file, today=JUNE)
    scene.give_password("leroy")
    scene.put_back()
    scene.admin.request("delete", f"admin/realms/{office.settings.keycloak.realm}/admin-events")
    office.apply(file, today=JUNE)
    assert scene.mails() == {f"leroy@{DOMAIN}": 1}
    assert office.sync(today=JUNE)["done"] == []
    assert "Aucun lien à envoyer" in office.run("journal", "show").out


def test_a_return_that_was_made_and_ended_since_is_not_made_again(
    scene: Scene, office: Office, tmp_path: Path
) -> None:
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today=JUNE)
    ended = annexe_csv(tmp_path / "2.csv", {}, {"leroy": "2026-06-30"}, "2026-07-01")
    office.apply(ended, today="2026-07-01")
    back = annexe_csv(tmp_path / "3.csv", {"leroy": "2026-09-01"}, {}, "2026-08-15")
    office.apply(back, today="2026-08-20")
    scene.back_up()
    assert ("reopen", f"leroy@{DOMAIN}") in changes(office.sync(today=SEPTEMBER), "done")
    office.apply(annexe_csv(tmp_path / "4.csv", {}, {"leroy": "2026-10-01"}, "2026-10-02"), today=OCTOBER)
    scene.put_back()
    mails = scene.mails()
    did: Any = office.sync(today=OCTOBER)
    assert ([change["action"] for change in did["done"]], scene.mails()) == ([], mails)
    assert scene.accounts() == {f"leroy@{DOMAIN}": False}
    assert [drifted["kind"] for drifted in did["drift"]] == ["suspended-by-hand"]


def _set_mail_port(scene: Scene, port: int) -> None:
    path = scene.users.rpartition("/")[0]
    realm = scene.admin.get(path)
    scene.admin.request("put", path, {"smtpServer": {**realm["smtpServer"], "port": str(port)}})
