"""A person's new address keeps the account: its password, its dates, its history (`--rename OLD=NEW`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from provisioner.domain.people import EmailAddress
from tests.shared.administrator import Administrator
from tests.shared.approvals import BY, approve, errors, journal_details, plan_id, run_sync, submit
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Office, annexe_csv, changes, valid
from tests.shared.pace import PATIENCE
from tests.shared.proxy import Answer as Replied
from tests.shared.proxy import Call, Dropped, Faults, FaultyProxy

JUNE = "2026-06-10"
OLD, NEW = EmailAddress(f"leroy@{DOMAIN}"), EmailAddress(f"leroy.dupont@{DOMAIN}")
RENAME = ("--rename", f"{OLD}={NEW}")


def _at(name: str) -> str:
    return f"{name}@{DOMAIN}"


class Accounts:
    """The realm's accounts: what a test has to look at, or to do in a person's place."""

    def __init__(self, admin: Administrator, realm: str) -> None:
        self.admin, self.path = admin, f"admin/realms/{realm}/users"

    def user(self, email: str) -> dict[str, Any] | None:
        users: list[dict[str, Any]] = self.admin.get(self.path, email=email, exact="true")
        return self.whole(users[0]["id"]) if users else None

    def whole(self, id: str) -> dict[str, Any]:
        user: dict[str, Any] = self.admin.get(f"{self.path}/{id}")
        groups = self.admin.get(f"{self.path}/{id}/groups")
        return {**user, "groups": sorted(group["path"] for group in groups)}

    def give_password(self, id: str) -> None:
        """What the person does with the link: a password, and the address proven."""
        password = {"type": "password", "value": "Abcdef1!", "temporary": False}
        self.admin.request("put", f"{self.path}/{id}/reset-password", password)
        user = self.admin.get(f"{self.path}/{id}")
        self.admin.request("put", f"{self.path}/{id}", {**user, "emailVerified": True, "requiredActions": []})

    def add(self, email: str) -> dict[str, Any]:
        """An account that is not ours."""
        user = {"username": email, "email": email, "enabled": True, "emailVerified": True, "lastName": "Ailleurs"}
        self.admin.request("post", self.path, user)
        made = self.user(email)
        assert made is not None
        return made


@pytest.fixture
def accounts(office: Office, admin: Administrator, tmp_path: Path) -> Accounts:
    """Leroy and Vasseur are open."""
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": JUNE, "vasseur": JUNE}, {}, "2026-06-15"), today=FIRST_DAY)
    return Accounts(admin, office.settings.keycloak.realm)


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """Leroy has a new address, and another date beside it."""
    return annexe_csv(tmp_path / "2.csv", {"leroy.dupont": "2026-09-01", "vasseur": JUNE}, {}, "2026-09-01")


def _habilitations(office: Office) -> list[dict[str, Any]]:
    answer = office.run("partner", "show", PARTNER, "--format", "json", today=SECOND_DAY)
    shown: list[dict[str, Any]] = valid(answer.json, "partner")["habilitations"]
    return shown


def _mails(office: Office) -> list[str]:
    return [mail.to for mail in office.mails()][2:]


@pytest.mark.rule("A7")
@pytest.mark.rule("P2")
def test_a_person_with_a_password_keeps_it_and_verifies_the_new_address(
    office: Office, accounts: Accounts, moved: Path
) -> None:
    before = accounts.user(OLD)
    assert before is not None
    accounts.give_password(before["id"])
    said = office.plan(moved, "--partner", PARTNER, *RENAME, today=SECOND_DAY)
    did = office.apply(moved, *RENAME, today=SECOND_DAY)
    for answer, key in ((said, "changes"), (did, "done")):
        (change,) = answer[key]
        assert (change["action"], change["email"], change["new_email"]) == ("rename", OLD, NEW)
        assert (change["rule"], change["due_on"]) == ("A7", None)
    assert said["plans"] == did["plans"]
    assert _mails(office) == []

    after = accounts.whole(before["id"])
    assert accounts.user(OLD) is None
    assert (after["username"], after["email"], after["emailVerified"]) == (NEW, NEW, False)
    assert (after["requiredActions"], after["enabled"]) == (["VERIFY_EMAIL"], True)
    assert (after["attributes"], after["groups"]) == (before["attributes"], before["groups"])
    shown = {habilitation["email"]: habilitation["requested_on"] for habilitation in _habilitations(office)}
    assert shown == {NEW: JUNE, _at("vasseur"): JUNE}
    assert [change["habilitation"] for change in did["done"]] == [1]
    assert [(detail["old"], detail["new"]) for detail in journal_details(office, "account.renamed")] == [(OLD, NEW)]
    assert office.plan(today=SECOND_DAY)["changes"] == []
    for _ in range(2):
        again = office.apply(moved, today=SECOND_DAY)
        assert (again["done"], again["drift"], _mails(office)) == ([], [], [])


@pytest.mark.rule("A7")
@pytest.mark.rule("P2")
def test_a_person_without_a_password_gets_one_new_link_and_the_old_one_is_dead(
    office: Office, accounts: Accounts, moved: Path
) -> None:
    (old_link,) = [mail.links[0] for mail in office.mails() if mail.to == OLD]
    said = office.plan(moved, "--partner", PARTNER, *RENAME, today=SECOND_DAY)
    did = office.apply(moved, *RENAME, today=SECOND_DAY)
    assert changes(did, "done") == changes(said) == [("rename", OLD), ("invite", NEW)]
    assert _mails(office) == [NEW]
    after = accounts.user(NEW)
    assert after is not None
    assert after["requiredActions"] == []
    assert _opens(office.mails()[-1].links[0])
    assert not _opens(old_link)
    assert office.plan(today=SECOND_DAY)["changes"] == []
    assert office.sync(today=SECOND_DAY)["done"] == []
    assert _mails(office) == [NEW]


def _opens(link: str) -> bool:
    """Whether a mailed link leads on to a form, and not to an error."""
    page = requests.get(link, timeout=PATIENCE)
    return page.ok and 'id="kc-info-message"' in page.text


@pytest.mark.rule("A10")
def test_an_approval_binds_the_new_address(office: Office, accounts: Accounts, moved: Path) -> None:
    twice = annexe_csv(moved, {"leroy.dupont": JUNE, "leroy.durand": JUNE, "vasseur": JUNE}, {}, "2026-09-01")
    annexe = submit(office, twice, today=SECOND_DAY)["annexe"]
    other = ("--rename", f"{OLD}={_at('leroy.durand')}")
    ids = [plan_id(office, annexe, *decided, today=SECOND_DAY) for decided in (RENAME, other)]
    assert ids[0] != ids[1]
    approve(office, annexe, *other, plan=ids[0], today=SECOND_DAY, status=1)
    approve(office, annexe, *RENAME, today=SECOND_DAY)
    said = office.run("sync", "--dry-run", "--format", "json", today=SECOND_DAY).json
    assert changes(said) == changes(run_sync(office, today=SECOND_DAY)[0], "done")
    assert accounts.user(NEW) is not None


@pytest.mark.rule("A7")
@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize("after", [True, False], ids=["once it is done", "before it arrives"])
def test_a_rename_cut_off_in_keycloak_is_ended_by_the_next_sync_with_one_link_at_most(
    office: Office, accounts: Accounts, moved: Path, proxy: FaultyProxy, has_password: bool, after: bool
) -> None:
    user = accounts.user(OLD)
    assert user is not None
    if has_password:
        accounts.give_password(user["id"])
    annexe = submit(office, moved, today=SECOND_DAY)["annexe"]
    approve(office, annexe, *RENAME, today=SECOND_DAY)

    def cut(call: Call) -> Replied:
        if after:
            call.forward()
        raise Dropped

    proxy.faults = Faults(r"/users/[^/]+$", ("PUT",), cut, lambda _number: True)
    failed = office.run("sync", "--format", "json", today=SECOND_DAY, PROVISIONER_KEYCLOAK__URL=proxy.url)
    assert failed.status == 1, (failed.err, failed.out)
    assert ("rename", OLD) in changes(failed.json, "failed")
    assert _mails(office) == []

    links = [] if has_password else [("invite", NEW)]
    assert changes(office.plan(today=SECOND_DAY)) == [("rename", OLD), *links]
    done, _ = run_sync(office, today=SECOND_DAY)
    assert (changes(done, "done"), done["drift"]) == ([("rename", OLD), *links], [])
    assert office.sync(today=SECOND_DAY)["done"] == []
    assert _mails(office) == ([] if has_password else [NEW])
    assert accounts.whole(user["id"])["email"] == NEW


@pytest.mark.rule("A7")
@pytest.mark.rule("A8")
def test_what_would_not_be_one_persons_new_address_is_refused(
    office: Office, accounts: Accounts, tmp_path: Path
) -> None:
    office.add_partner("sivom", "sivom.example", "--domain", DOMAIN, "--signed-on", "2026-01-15")
    shared = annexe_csv(tmp_path / "s.csv", {"vasseur": JUNE, "petit": JUNE}, {}, "2026-06-15")
    office.apply(shared, "--waive", "1=Mission commune", today=FIRST_DAY, partner="sivom")
    foreign = accounts.add(_at("jean.admin"))
    listed = {"leroy": JUNE, "nouveau": "2026-09-01", "petit": "2026-09-01"}
    file = annexe_csv(tmp_path / "2.csv", {**listed, "jean.admin": JUNE}, {}, "2026-09-01")
    cases = {
        "n'a pas d'accès ouvert": ("inconnue", "nouveau"),
        "figure encore": ("leroy", "nouveau"),
        "ne figure pas dans la liste 1": ("vasseur", "absente"),
        "déjà celle d'un autre compte": ("vasseur", "leroy"),
        "celle d'un autre compte ": ("vasseur", "petit"),
        "un autre compte": ("vasseur", "jean.admin"),
        "sert aussi un autre partenaire": ("vasseur", "nouveau"),
    }
    before = _habilitations(office)
    for words, (old, new) in cases.items():
        rename = ("--rename", f"{_at(old)}={_at(new)}", "--keep-absent", "all")
        for command in ("plan", "apply"):
            by = ("--approved-by", BY, "--yes") if command == "apply" else ()
            answer = office.run(command, file, "--partner", PARTNER, *rename, *by, today=SECOND_DAY)
            assert (answer.status, words.strip() in answer.err) == (1, True), (words, answer)
    assert _habilitations(office) == before
    assert accounts.user(_at("jean.admin")) == foreign
    assert len(office.mails()) == 3
    for wrong in ("leroy", f"{OLD}={OLD}", f"{OLD}="):
        assert office.run("plan", file, "--partner", PARTNER, "--rename", wrong, today=SECOND_DAY).status == 2
    two = ("--rename", f"{OLD}={NEW}", "--rename", f"{OLD}={_at('nouveau')}")
    assert office.run("plan", file, "--partner", PARTNER, *two, today=SECOND_DAY).status == 2


@pytest.mark.rule("A8")
def test_an_account_that_is_not_ours_is_never_touched_whatever_names_it(
    office: Office, accounts: Accounts, tmp_path: Path
) -> None:
    foreign = accounts.add(_at("jean.admin"))
    both = {"leroy": JUNE, "vasseur": JUNE}
    asked = annexe_csv(tmp_path / "a.csv", {**both, "jean.admin": JUNE}, {}, "2026-09-01")
    refused = office.apply(asked, today=SECOND_DAY, status=1)
    assert errors(refused) == [("address-not-managed", 3)]
    ended = annexe_csv(tmp_path / "e.csv", both, {"jean.admin": "2026-08-31"}, "2026-09-01")
    told = office.apply(ended, today=SECOND_DAY)
    assert ("closure-unknown", "warning") in [(finding["code"], finding["severity"]) for finding in told["findings"]]
    assert told["done"] == []
    renamed = annexe_csv(tmp_path / "r.csv", {"vasseur": JUNE, "jean.admin": JUNE}, {}, "2026-09-01")
    rename = ("--rename", f"{OLD}={_at('jean.admin')}")
    assert office.apply(renamed, *rename, today=SECOND_DAY, status=1)["done"] == []
    assert accounts.user(_at("jean.admin")) == foreign
