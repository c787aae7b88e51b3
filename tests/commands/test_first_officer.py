"""`realm apply --first-officer`, and what `doctor`, `realm check` and `review caf` say of the agents' realm (V4)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mail
from tests.shared.office import Office, valid

FIRST = "claire.martin@caf.example"
OPTION = ("--first-officer", f"Claire Martin <{FIRST}>")
TODAY = "2026-09-02"
OTP = {
    "type": "otp",
    "secretData": '{"value":"invented-secret-of-20"}',
    "credentialData": '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}',
}


class Agents:
    """The agents' realm, as the administrator of the server has it before them."""

    def __init__(self, office: Office) -> None:
        self.admin = Administrator(office.settings.keycloak)
        self.path = f"admin/realms/{office.settings.keycloak.realm}-agents"

    def account(self, email: str = FIRST) -> Any:
        (account,) = self.admin.get(f"{self.path}/users", email=email, exact="true")
        return account

    def officers(self) -> list[str]:
        return [user["email"] for user in self.admin.get(f"{self.path}/roles/officer/users")]

    def add(self, email: str, *, role: str | None = None, credentials: list[dict[str, Any]] | None = None) -> None:
        names = {"firstName": "Louis", "lastName": "Petit", "credentials": credentials or []}
        self.admin.request(
            "post", f"{self.path}/users", {"username": email, "email": email, "enabled": True, **names}
        )
        if role is not None:
            known = self.admin.get(f"{self.path}/roles/{role}")
            user = self.account(email)["id"]
            self.admin.request("post", f"{self.path}/users/{user}/role-mappings/realm", [known])


@pytest.fixture
def agents(office: Office) -> Iterator[Agents]:
    """An office whose officer's page has an address, and the administrator's account at hand."""
    office.environment |= {
        **office.administrator,
        "PROVISIONER_WEB__URL": "https://gestion.caf.example",
        "PROVISIONER_WEB__CLIENT_SECRET": "page-des-gestionnaires",
    }
    office.sends_notices()
    agents = Agents(office)
    yield agents
    agents.admin.request("delete", agents.path)
    agents.admin.close()


def _apply(office: Office, *more: str, status: int = 0) -> Any:
    answer = office.run("realm", "apply", *more)
    assert answer.status == status, answer.err
    return answer


def _mails(office: Office, email: str) -> list[Mail]:
    return [mail for mail in office.mails() if mail.to == email]


def _lines(office: Office) -> dict[str, Any]:
    lines = valid(office.run("doctor", "--format", "json").json, "doctor")["lines"]
    return {line["check"]: line for line in lines}


@pytest.mark.rule("V4")
def test_the_first_officer_gets_an_account_with_the_role_and_one_link(office: Office, agents: Agents) -> None:
    answer = _apply(office, *OPTION)

    assert f"Un lien est parti à {FIRST}" in answer.err
    account = agents.account()
    assert (account["firstName"], account["lastName"], account["enabled"]) == ("Claire", "Martin", True)
    assert agents.officers() == [FIRST]
    (mail,) = _mails(office, FIRST)
    assert mail.subject == "Plateforme Coopération : votre accès d’agent de la Caf"
    assert "relier votre application d’authentification" in mail.text
    assert agents.admin.get(f"{agents.path}/users/{account['id']}/credentials") == []

    again = _apply(office, *OPTION)
    assert f"{FIRST} a déjà reçu un lien" in again.err
    assert len(_mails(office, FIRST)) == 1


@pytest.mark.rule("V4")
def test_an_interrupted_invitation_is_gone_on_with(office: Office, agents: Agents) -> None:
    """Killed behind the account, or behind the role: the next one goes on."""
    _apply(office)
    email = "marc.leroy@caf.example"
    agents.add(email)

    _apply(office, "--first-officer", f"Marc Leroy <{email}>")

    assert agents.officers() == [email]
    assert len(_mails(office, email)) == 1


@pytest.mark.rule("V4")
def test_an_officer_who_is_ready_gets_nothing_more(office: Office, agents: Agents) -> None:
    _apply(office)
    email = "anne.caron@caf.example"
    agents.add(email, role="officer", credentials=[OTP, {"type": "password", "value": "Abcdefgh-1234"}])

    answer = _apply(office, "--first-officer", f"Anne Caron <{email}>")

    assert "a déjà son mot de passe et son second facteur" in answer.err
    assert _mails(office, email) == []


@pytest.mark.rule("V4")
def test_no_first_officer_beside_another_nor_in_place_of_an_account_in_use(office: Office, agents: Agents) -> None:
    _apply(office)
    email = "louis.petit@caf.example"
    agents.add(email, credentials=[{"type": "password", "value": "Abcdefgh-1234"}])
    taken = _apply(office, "--first-officer", f"Louis Petit <{email}>", status=1)
    assert f"a déjà un compte pour {email}" in taken.err
    agents.add("autre@caf.example", role="officer")

    refused = _apply(office, "--first-officer", "Jean Second <jean.second@caf.example>", status=1)

    assert "a déjà un gestionnaire" in refused.err
    assert agents.officers() == ["autre@caf.example"]
    assert _mails(office, "jean.second@caf.example") == []


@pytest.mark.parametrize(
    "text", ["claire.martin@caf.example", "Claire <claire@caf.example>", "Claire Martin <claire>"]
)
def test_who_is_not_named_whole_is_refused_before_anything_is_sent(office: Office, agents: Agents, text: str) -> None:
    office.run("realm", "apply")
    answer = _apply(office, "--first-officer", text, status=1)
    assert "« Prénom NOM <ADRESSE> » est attendu" in answer.err
    assert agents.officers() == []


def test_without_the_pages_address_there_is_no_first_officer(office: Office) -> None:
    answer = _apply(office, *OPTION, status=2)
    assert "PROVISIONER_WEB__URL" in answer.err


@pytest.mark.rule("V4")
def test_doctor_is_wanting_under_two_officers_who_can_sign_in(office: Office, agents: Agents) -> None:
    assert "n'existe pas" in _lines(office)["agents"]["found"]
    _apply(office, *OPTION)
    lines = _lines(office)
    assert lines["realm-files"]["verdict"] != "wanting"
    assert lines["agents"]["verdict"] == "wanting"
    assert lines["agents"]["found"].endswith(": 0.")
    ready = [OTP, {"type": "password", "value": "Abcdefgh-1234"}]
    agents.add("un@caf.example", role="officer", credentials=ready)
    agents.add("deux@caf.example", role="officer", credentials=ready)
    assert _lines(office)["agents"]["verdict"] == "ok"
    agents.admin.request("put", agents.path, {"resetPasswordAllowed": True})
    assert _lines(office)["realm-files"]["verdict"] == "wanting"
    for name in ("USERNAME", "PASSWORD"):
        del office.environment[f"PROVISIONER_KEYCLOAK__ADMIN_{name}"]
    assert _lines(office)["agents"]["verdict"] == "attention"


@pytest.mark.rule("V4")
def test_realm_check_and_a_dry_run_tell_of_the_agents_realm_too(office: Office, agents: Agents) -> None:
    before = office.run("realm", "apply", "--dry-run", *OPTION)
    assert f"Royaume {office.settings.keycloak.realm}-agents" in before.out
    assert "n'existe pas" in before.out
    _apply(office)
    agents.admin.request("put", agents.path, {"browserFlow": "browser"})

    checked = valid(office.run("realm", "check", "--format", "json").json, "realm_check")

    ours, of_agents = checked["realms"]
    assert of_agents["realm"] == f"{ours['realm']}-agents"
    (difference,) = of_agents["differences"]
    assert (difference["setting"], difference["grave"], difference["stops_logins"]) == (
        "steps:browserFlow",
        True,
        True,
    )
    assert "second facteur" in difference["risk"]


@pytest.mark.rule("P6")
def test_what_fails_in_the_persons_realm_keeps_nothing_of_the_agents_realm_out(
    office: Office, agents: Agents, tmp_path: Path
) -> None:
    _apply(office)
    agents.admin.request("put", agents.path, {"resetPasswordAllowed": True})
    copy = tmp_path / "realm-config"
    shutil.copytree(Path(__file__).parents[2] / "realm-config", copy)
    realm = json.loads((copy / "realm.json").read_text("utf-8"))
    realm["passwordPolicy"] += " and passwordBlacklist(absente.txt)"
    (copy / "realm.json").write_text(json.dumps(realm), "utf-8")
    office.environment["PROVISIONER_REALM_CONFIG"] = str(copy)

    failed = _apply(office, status=3)

    assert "passwordPolicy" in failed.err

    assert agents.admin.get(agents.path)["resetPasswordAllowed"] is False


@pytest.mark.rule("V4")
def test_officers_and_viewers_stand_in_the_cafs_own_review(office: Office, agents: Agents) -> None:
    _apply(office, *OPTION)
    agents.add("vera.lecteur@caf.example", role="viewer")

    office.add_partner()

    review = valid(office.run("review", "caf", "--format", "json", today=TODAY).json, "review_caf")

    of_agents = [line for line in review["lines"] if line["kind"] == "agent"]
    told = {line["name"]: [grant["role"] for grant in line["grants"]] for line in of_agents}
    assert told == {FIRST: ["officer"], "vera.lecteur@caf.example": ["viewer"]}
