"""`review caf` on a real Keycloak: who may act, by whatever way; declared, signed, told again (V4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared.administrator import Administrator
from tests.shared.office import Office, annexe_csv, valid

BY = ("--by", "Claire Martin")
TODAY, NEXT_YEAR = "2026-09-02", "2027-09-02"
DECLARED = ("machine-shell", "machine-sudo", "database", "secrets", "backup-keys")


class Server:
    """What an administrator does in the console; what is made outside the test's realm goes at the end."""

    def __init__(self, office: Office) -> None:
        self.office, self.admin = office, Administrator(office.settings.keycloak)
        self.name = office.settings.keycloak.realm
        self.realm, self.agents = f"admin/realms/{self.name}", f"{self.name}-agents"
        self._made: list[str] = []

    def close(self) -> None:
        for path in self._made:
            self.admin.request("delete", path)
        self.admin.close()

    def made(self, where: str, body: dict[str, Any], *, elsewhere: bool = False) -> str:
        """Makes it; gives its id."""
        location = self.admin.request("post", where, body).headers["Location"]
        path = location[location.index("admin/realms") :]
        self._made += [path] if elsewhere else []
        return path.rpartition("/")[2]

    def user(self, name: str, realm: str | None = None, **more: Any) -> str:
        where = f"admin/realms/{realm or self.name}/users"
        email = f"{name}@caf.example"
        person = {"username": email, "email": email, "enabled": True, "firstName": "A", "lastName": "B", **more}
        return self.made(where, person, elsewhere=realm == "master")

    def client(self, client: str, realm: str | None = None) -> str:
        (known,) = self.admin.get(f"admin/realms/{realm or self.name}/clients", clientId=client)
        return str(known["id"])

    def give(self, holder: str, role: str, client: str = "realm-management", realm: str | None = None) -> None:
        where, id_ = f"admin/realms/{realm or self.name}", self.client(client, realm)
        known = self.admin.get(f"{where}/clients/{id_}/roles/{role}")
        self.admin.request("post", f"{where}/{holder}/role-mappings/clients/{id_}", [known])

    def compose(self, role: str, part: str) -> dict[str, Any]:
        """Has a role of the realm give one of realm-management."""
        known: dict[str, Any] = self.admin.get(f"{self.realm}/roles/{role}")
        client = self.client("realm-management")
        body = [self.admin.get(f"{self.realm}/clients/{client}/roles/{part}")]
        self.admin.request("post", f"{self.realm}/roles-by-id/{known['id']}/composites", body)
        return known

    def agents_realm(self) -> None:
        self.admin.request("post", "admin/realms", {"realm": self.agents, "enabled": True})
        self._made.append(f"admin/realms/{self.agents}")


@pytest.fixture
def server(office: Office) -> Iterator[Server]:
    """An office whose settings name the administrator of the master realm."""
    office.environment |= office.administrator
    server = Server(office)
    yield server
    server.close()


def _review(office: Office, *more: str, today: str = TODAY) -> Any:
    answer = office.run("review", "caf", *more, "--format", "json", today=today)
    assert answer.status == 0, answer.err
    return valid(answer.json, "review_caf")


def _line(review: Any, kind: str, name: str) -> Any:
    (line,) = [line for line in review["lines"] if (line["kind"], line["name"]) == (kind, name)]
    return line


def _grant(role: str, *gives: str, group: str | None = None, member_of: str | None = None) -> dict[str, Any]:
    return {"role": role, "gives": list(gives), "group": group, "member_of": member_of}


def _declare_nobody(office: Office, today: str = TODAY) -> None:
    for what in DECLARED:
        answer = office.run("review", "caf", "declare", "--what", what, "--nobody", *BY, today=today)
        assert answer.status == 0, answer.err


@pytest.mark.rule("V4")
def test_whoever_may_administer_is_a_line_with_how_each_came_to_it(
    office: Office, server: Server, tmp_path: Path
) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today="2026-06-16")
    server.give(f"users/{server.user('direct')}", "manage-users")
    server.made(f"{server.realm}/roles", {"name": "aide/n2"})
    aide = server.compose("aide%2Fn2", "view-events")
    server.admin.request("post", f"{server.realm}/users/{server.user('compose')}/role-mappings/realm", [aide])
    team = server.made(f"{server.realm}/groups", {"name": "equipe"})
    night = server.made(f"{server.realm}/groups/{team}/children", {"name": "nuit"})
    server.give(f"groups/{team}", "realm-admin")
    member = server.user("nuit")
    server.admin.request("put", f"{server.realm}/users/{member}/groups/{night}")
    tool = server.made(f"{server.realm}/clients", {"clientId": "outil", "serviceAccountsEnabled": True})
    account = server.admin.get(f"{server.realm}/clients/{tool}/service-account-user")["id"]
    server.give(f"users/{account}", "manage-clients")
    server.user("main")
    ours = f"{server.name}-realm"
    server.give(f"users/{server.user('maitre', 'master', enabled=False)}", "manage-users", ours, realm="master")

    review = _review(office)
    management = "realm-management"
    expected = {
        ("administrator", "direct@caf.example"): [_grant(f"{management}/manage-users")],
        ("administrator", "compose@caf.example"): [_grant("aide/n2", f"{management}/view-events")],
        ("administrator", "nuit@caf.example"): [
            _grant(f"{management}/realm-admin", group="/equipe", member_of="/equipe/nuit")
        ],
        ("administrator", "maitre@caf.example"): [_grant(f"{ours}/manage-users")],
        ("group", "/equipe"): [_grant(f"{management}/realm-admin")],
        ("service-account", "outil"): [_grant(f"{management}/manage-clients")],
        ("service-account", "provisioner"): [
            _grant(f"{management}/{role}") for role in ("manage-users", "view-events", "view-realm")
        ],
        ("unasked", "main@caf.example"): [],
    }
    assert {key: _line(review, *key)["grants"] for key in expected} == expected
    assert not _line(review, "administrator", "maitre@caf.example")["enabled"]
    assert _line(review, "administrator", office.settings.keycloak.admin_username or "")["realm"] == "master"
    assert "leroy" not in str(review), "an annexe asked for that account"
    assert set(review["undeclared"]) == set(DECLARED)
    assert "secret" not in str(review["lines"]).lower()

    server.compose(f"default-roles-{server.name}", "view-users")
    everybody = _line(_review(office), "everybody", f"default-roles-{server.name}")
    assert everybody["grants"] == [_grant(f"default-roles-{server.name}", f"{management}/view-users")]


@pytest.mark.rule("V4")
def test_a_year_later_what_is_new_changed_or_was_to_be_removed_comes_first(office: Office, server: Server) -> None:
    office.add_partner("agglo-lys", "agglo-lys.example")
    server.agents_realm()
    server.made(f"admin/realms/{server.agents}/roles", {"name": "gestionnaire"})
    agent = server.user("camille", server.agents)
    role = server.admin.get(f"admin/realms/{server.agents}/roles/gestionnaire")
    server.admin.request("post", f"admin/realms/{server.agents}/users/{agent}/role-mappings/realm", [role])
    server.give(f"users/{server.user('parti')}", "manage-users")
    stays = server.user("reste")
    server.give(f"users/{stays}", "view-users")

    _declare_nobody(office)
    who = ("--who", "Hugo Petit", "--who", "Nadia Lefèvre")
    assert office.run("review", "caf", "declare", "--what", "secrets", *who, *BY, today=TODAY).status == 0
    early = office.run("review", "caf", "--sign", *BY, today=TODAY)
    assert (early.status, "provisioner review caf" in early.err) == (1, True)
    review = _review(office)
    assert _line(review, "agent", "camille@caf.example")["grants"] == [_grant("gestionnaire")]
    gone, kept = (_line(review, "administrator", f"{name}@caf.example")["line"] for name in ("parti", "reste"))
    assert _review(office, "--sign", *BY, "--line", str(kept))["unsigned"] == review["unsigned"] - 1
    signed = _review(office, "--sign", *BY, "--except", f"{gone}=Partie en août")
    assert (signed["unsigned"], signed["completed_at"][:10], signed["due_on"]) == (0, TODAY, NEXT_YEAR)
    assert _line(signed, "administrator", "parti@caf.example")["wrong"] == "Partie en août"

    server.give(f"users/{stays}", "manage-users")
    server.give(f"users/{server.user('nouvelle')}", "view-users")
    server.admin.request("delete", f"admin/realms/{server.agents}/users/{agent}")
    late = _review(office, today="2027-09-12")
    assert (late["days_late"], late["last_signed_at"][:10], set(late["undeclared"])) == (10, TODAY, set(DECLARED))
    first = {line["name"]: (line["change"], line["to_remove"]) for line in late["lines"][:3]}
    assert first == {
        "parti@caf.example": ("same", "Partie en août"),
        "reste@caf.example": ("changed", None),
        "nouvelle@caf.example": ("new", None),
    }
    assert [access["name"] for access in late["gone"]] == ["camille@caf.example"]

    page = office.home / "revue.html"
    first_line = ("--line", str(late["lines"][0]["line"]), "--format", "html", "--output", page)
    assert office.run("review", "caf", "--sign", *BY, *first_line, today="2027-09-12").status == 0
    assert "nouvelle@caf.example" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert office.run("journal", "verify").status == 0


@pytest.mark.rule("V4")
def test_without_the_administrators_account_or_keycloak_nothing_is_kept(office: Office, server: Server) -> None:
    office.add_partner()
    named = {name: office.environment.pop(name) for name in list(office.environment) if "__ADMIN_" in name}
    answer = office.run("review", "caf", today=TODAY)
    assert (answer.status, "PROVISIONER_KEYCLOAK__ADMIN_USERNAME" in answer.err) == (2, True)
    office.environment |= named
    answer = office.run("review", "caf", today=TODAY, PROVISIONER_KEYCLOAK__URL="http://127.0.0.1:9")
    assert (answer.status, "127.0.0.1:9" in answer.err) == (3, True)
    assert office.run("review", "caf", "--sign", *BY, today=TODAY).status == 1
    for usage in (("--sign",), BY, ("--line", "1"), ("--sign", *BY, "--except", "1= "), ("--sign", "--by", " ")):
        assert office.run("review", "caf", *usage, today=TODAY).status == 2, usage
    for who in (("--nobody", "--who", "Hugo Petit"), (), ("--who", " ")):
        assert office.run("review", "caf", "declare", "--what", "secrets", *who, *BY).status == 2, who
    entries = office.run("journal", "show", "--format", "json").json
    assert not [entry for entry in entries if entry["action"].startswith("caf-review")]
