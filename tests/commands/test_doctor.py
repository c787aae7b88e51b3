"""`doctor`: a line a thing, what to do when it is not well, and an exit status that a script can hold on to."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from provisioner.clock import Clock
from provisioner.domain.records import Records
from provisioner.keycloak.inspection import OwnView
from provisioner.keycloak.realm import apply_realm
from provisioner.operations.doctor import Level, examine
from provisioner.operations.doctor.keycloak import realm_lines, version_line
from provisioner.operations.doctor.machine import file_system_of, is_network
from provisioner.sandbox.distribution import KEYCLOAK_VERSION
from provisioner.settings import Settings, load_settings
from tests.shared.administrator import Administrator
from tests.shared.console import Console
from tests.shared.mailbox import Mailbox
from tests.shared.office import DOMAIN, PARTNER, Office, annexe_csv, valid

ASKED, LATER = "2026-06-10", "2026-09-02"

Lines = dict[str, list[dict[str, Any]]]


class Clinic:
    """An office that doctor looks at."""

    def __init__(self, office: Office) -> None:
        self.office, self.settings = office, office.settings
        self.admin: Administrator = Administrator(office.settings.keycloak)
        self.realm = f"admin/realms/{office.settings.keycloak.realm}"
        office.sends_notices()
        office.environment["PROVISIONER_PLATFORM__URL"] = "https://ctg.caf.fr/"

    def look(self, status: int, today: str | None = None, **environment: str) -> Lines:
        """What doctor says, by check."""
        answer = self.office.run("doctor", "--format", "json", today=today, program=None, **environment)
        assert answer.status == status, (answer.status, answer.out, answer.err)
        said = valid(answer.json, "doctor")
        assert all((line["verdict"] == "ok") == (line["todo"] is None) for line in said["lines"])
        assert said["reachable"] == (status != 3)
        lines: Lines = {}
        for line in said["lines"]:
            lines.setdefault(line["check"], []).append(line)
        return lines

    def set_realm(self, **values: object) -> None:
        self.admin.request("put", self.realm, values)

    def group(self, path: str) -> str:
        return str(self.admin.get(f"{self.realm}/group-by-path{path}")["id"])

    def give_admin_role(self, holder: str, name: str = "manage-realm") -> None:
        (client,) = self.admin.get(f"{self.realm}/clients", clientId="realm-management")
        role = self.admin.get(f"{self.realm}/clients/{client['id']}/roles/{name}")
        self.admin.request("post", f"{self.realm}/{holder}/role-mappings/clients/{client['id']}", [role])


@pytest.fixture
def clinic(office: Office) -> Iterator[Clinic]:
    clinic = Clinic(office)
    yield clinic
    clinic.admin.close()


def verdicts(lines: Lines, *checks: str) -> dict[str, set[str]]:
    return {check: {line["verdict"] for line in lines.get(check, [])} for check in checks}


def test_all_is_well_once_all_is_set_up(clinic: Clinic, office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": ASKED, "petit": ASKED}, {}, "2026-06-15"), today=LATER)
    contacts = ("--habilitations", "habilitations@caf.example", "--securite", "Nadia Lefèvre <n.lefevre@caf.example>")
    more = ("--technique", "x@caf.example", "--protection-donnees", "dpo@caf.example")
    assert office.run("caf", "contacts", "--on", "2026-01-15", *contacts, *more).status == 0
    people = ("--habilitations", f"Camille Martin <c.martin@{DOMAIN}>", "--securite", f"Hugo Petit <petit@{DOMAIN}>")
    assert office.run("partner", "contacts", PARTNER, "--on", "2026-01-15", *people).status == 0
    assert office.run("partner", "set", PARTNER, "--notice-days", "60", "--by", "Claire Martin").status == 0
    office.environment["PROVISIONER_PLATFORM__PRIVACY_URL"] = "https://caf.example/mentions"
    applied = office.run("realm", "apply", program=None, **clinic.office.administrator)
    assert applied.status == 0, "pages name whom annexe 3 names, and where the mentions d'information are"
    assert office.run("sync").status == 0
    assert verdicts(clinic.look(0), "connections") == {"connections": {"attention"}}
    assert office.run("connections", "pull").status == 0
    office.environment["PROVISIONER_CONNECTIONS__OUR_ADDRESSES"] = "127.0.0.1"
    office.environment["PROVISIONER_ATTESTATION__ARCHIVES_REFERENCE"] = "AD62-2026-14"
    office.environment["PROVISIONER_ATTESTATION__OTHER_BACKUPS_DAYS"] = "30"
    key = pyrage.x25519.Identity.generate().to_public()
    (tmp_path / "recipients.txt").write_text(f"{Clock().today():%Y-%m} {key}\n")
    office.environment["PROVISIONER_BACKUP__RECIPIENTS_FILE"] = str(tmp_path / "recipients.txt")
    office.environment["PROVISIONER_BACKUP__LIST_FILE"] = str(tmp_path / "list.jsonl")
    mails = len(office.mails())
    lines = clinic.look(0, **clinic.office.administrator)
    lines.pop("caf-review")  # due a year after the signature, which the real clock may have passed
    master = [lines.pop(check) for check in sorted(lines) if check.startswith("master-")]  # test_doctor_master.py
    assert len(master) == 5
    assert [line for of_check in lines.values() for line in of_check if line["verdict"] != "ok"] == []
    assert lines["roles"][0]["found"].endswith("manage-users, view-events, view-realm.")
    assert lines["version"][0]["found"].startswith("Keycloak 26.")
    assert sqlite3.sqlite_version in lines["database"][0]["found"]
    assert lines["accounts"][0]["found"].startswith("Comptes lus : 2 ; accès ouverts : 2 ; changements à faire : 0")
    assert len(office.mails()) == mails

    text = office.run("doctor", today=None, program=None, **clinic.office.administrator)
    assert text.status == 0
    for secret in (
        office.environment["PROVISIONER_KEYCLOAK__CLIENT_SECRET"],
        office.administrator["PROVISIONER_KEYCLOAK__ADMIN_PASSWORD"],
    ):
        assert secret not in text.out + text.err
    assert "PROVISIONER_KEYCLOAK__CLIENT_SECRET=********" in text.out
    assert not [name for name in ("leroy", "Martin", "Camille", "Petit", "Lefèvre") if name in text.out]


def test_without_the_administrators_account_it_says_what_it_cannot_see(clinic: Clinic) -> None:
    lines = clinic.look(0)
    assert verdicts(lines, "roles", "groups", "version") == {
        "roles": {"ok"},
        "groups": {"ok"},
        "version": {"attention"},
    }


@pytest.mark.rule("D6")
def test_a_realm_that_shows_keycloaks_own_pages_is_wanting_and_told_how_to_get_ours(clinic: Clinic) -> None:
    assert verdicts(clinic.look(0), "theme") == {"theme": {"ok"}}
    clinic.set_realm(emailTheme="")
    (line,) = clinic.look(1)["theme"]
    assert line["verdict"] == "wanting"
    assert "provisioner realm export-theme" in line["todo"]


def test_realm_files_that_cannot_be_used_are_wanting_since_nothing_is_compared(clinic: Clinic) -> None:
    as_administrator = clinic.office.administrator
    (line,) = clinic.look(1, PROVISIONER_WEB__URL="https://gestion.caf.example", **as_administrator)["realm-files"]
    assert line["verdict"] == "wanting"
    assert "PROVISIONER_WEB__CLIENT_SECRET" in line["todo"]
    lines = clinic.look(1, PROVISIONER_REALM_CONFIG="/absent", **as_administrator)
    assert verdicts(lines, "realm-files", "user-profile") == {"realm-files": {"wanting"}, "user-profile": {"wanting"}}


def test_it_makes_nothing_where_nothing_is_yet(clinic: Clinic, office: Office) -> None:
    lines = clinic.look(0)
    assert verdicts(lines, "data-directory", "database") == {
        "data-directory": {"attention"},
        "database": {"attention"},
    }
    assert not (office.home / "data").exists()


@pytest.mark.rule("P1")
def test_a_weak_policy_and_a_guessable_password_are_wanting(clinic: Clinic) -> None:
    clinic.set_realm(passwordPolicy="length(8)", bruteForceProtected=False, failureFactor=30)
    lines = clinic.look(1)
    assert verdicts(lines, "password-policy", "brute-force", "token") == {
        "password-policy": {"wanting"},
        "brute-force": {"wanting"},
        "token": {"ok"},
    }
    assert "30 échecs" in lines["brute-force"][0]["found"]
    clinic.set_realm(permanentLockout=True, bruteForceProtected=True, failureFactor=10, adminEventsEnabled=False)
    lines = clinic.look(1)
    assert "suspension à la main" in lines["brute-force"][0]["found"]
    assert verdicts(lines, "events") == {"events": {"wanting"}}
    clinic.set_realm(smtpServer={}, adminEventsEnabled=True, eventsEnabled=False)
    lines = clinic.look(1)
    assert verdicts(lines, "realm-mail", "events") == {"realm-mail": {"wanting"}, "events": {"attention"}}


def test_a_group_that_gives_an_admin_role_is_wanting(clinic: Clinic, office: Office, tmp_path: Path) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": ASKED}, {}, "2026-06-15"), today=LATER)
    clinic.give_admin_role(f"groups/{clinic.group('/partenaires/' + PARTNER)}", "view-users")
    (line,) = clinic.look(1, today=LATER)["groups"]
    assert line["found"] == f"Le groupe /partenaires/{PARTNER} donne realm-management/view-users."
    clinic.give_admin_role(f"groups/{clinic.group('/partenaires')}")
    assert len(clinic.look(1, today=LATER)["groups"]) == 2
    Console(office).move_group(f"/partenaires/{PARTNER}", name="renomme")
    assert len(clinic.look(1, today=LATER)["groups"]) == 2, "a group that another hand renamed is looked at too"


def test_an_admin_role_within_another_role_or_in_any_group_is_seen_with_the_administrators_account(
    clinic: Clinic,
) -> None:
    clinic.admin.request("post", f"{clinic.realm}/roles", {"name": "large"})
    clinic.admin.request("post", f"{clinic.realm}/roles", {"name": "plus-large"})
    large, larger = (clinic.admin.get(f"{clinic.realm}/roles/{name}") for name in ("large", "plus-large"))
    (client,) = clinic.admin.get(f"{clinic.realm}/clients", clientId="realm-management")
    role = clinic.admin.get(f"{clinic.realm}/clients/{client['id']}/roles/manage-realm")
    clinic.admin.request("post", f"{clinic.realm}/roles/large/composites", [role])
    clinic.admin.request("post", f"{clinic.realm}/roles/plus-large/composites", [large])
    clinic.admin.request("post", f"{clinic.realm}/groups", {"name": "autre"})
    clinic.admin.request("post", f"{clinic.realm}/groups/{clinic.group('/autre')}/role-mappings/realm", [larger])
    assert verdicts(clinic.look(0), "groups") == {"groups": {"ok"}}, "not ours to see"
    person = {"username": "inconnue@caf.example", "email": "inconnue@caf.example", "enabled": True}
    clinic.admin.request("post", f"{clinic.realm}/users", {**person, "groups": ["/autre"]})
    lines = clinic.look(1, **clinic.office.administrator)
    assert [line["found"] for line in lines["groups"]] == ["Le groupe /autre donne plus-large."]
    here, from_master = lines["administrators"]
    assert here["verdict"] == "attention"
    assert here["found"] == (
        "inconnue@caf.example peut administrer ce royaume : plus-large, qui donne realm-management/manage-realm, "
        "par le groupe /autre."
    )
    administrator = clinic.settings.keycloak.admin_username
    assert from_master["verdict"] == "ok"
    assert f"{administrator} (admin)" in from_master["found"]
    clinic.admin.request("post", f"{clinic.realm}/groups/{clinic.group('/partenaires')}/role-mappings/realm", [large])
    (line,) = clinic.look(0)["groups"]
    assert (line["verdict"], "nous est caché" in line["found"]) == ("attention", True)


def test_whoever_administers_is_named_a_service_a_new_account_and_from_the_master_realm_too(clinic: Clinic) -> None:
    ask, get, name = clinic.admin.request, clinic.admin.get, clinic.settings.keycloak.realm
    body = {"clientId": "robot", "serviceAccountsEnabled": True, "publicClient": False}
    ask("post", f"{clinic.realm}/clients", body)
    (robot,) = get(f"{clinic.realm}/clients", clientId="robot")
    account = get(f"{clinic.realm}/clients/{robot['id']}/service-account-user")
    clinic.give_admin_role(f"users/{account['id']}", "view-users")
    off = {"username": "partie@caf.example", "email": "partie@caf.example", "enabled": False}
    ask("post", f"{clinic.realm}/users", off)
    (gone,) = get(f"{clinic.realm}/users", username="partie@caf.example")
    clinic.give_admin_role(f"users/{gone['id']}", "manage-users")
    ask("post", "admin/realms/master/users", {"username": f"agent-{name}", "enabled": True})
    (agent,) = get("admin/realms/master/users", username=f"agent-{name}", exact="true")
    (of_realm,) = get("admin/realms/master/clients", clientId=f"{name}-realm")
    role = get(f"admin/realms/master/clients/{of_realm['id']}/roles/manage-users")
    path = f"admin/realms/master/users/{agent['id']}"
    try:
        ask("post", f"{path}/role-mappings/clients/{of_realm['id']}", [role])
        administrators = [line["found"] for line in clinic.look(0, **clinic.office.administrator)["administrators"]]
    finally:
        ask("delete", path)
    assert sorted(administrators[:2]) == [
        "partie@caf.example, dont le compte est désactivé, pourrait administrer ce royaume : "
        "realm-management/manage-users.",
        "robot peut administrer ce royaume : realm-management/view-users.",
    ]
    assert f"agent-{name} ({name}-realm/manage-users)" in administrators[2]
    default = get(clinic.realm)["defaultRole"]["name"]
    (management,) = get(f"{clinic.realm}/clients", clientId="realm-management")
    view = get(f"{clinic.realm}/clients/{management['id']}/roles/view-users")
    ask("post", f"{clinic.realm}/roles/{default}/composites", [view])
    lines = clinic.look(1, **clinic.office.administrator)["administrators"]
    assert {line["verdict"] for line in lines if f"par {default} :" in line["found"]} == {"wanting"}


def test_one_role_too_many_or_too_few_is_wanting(clinic: Clinic) -> None:
    (client,) = clinic.admin.get(f"{clinic.realm}/clients", clientId="provisioner")
    account = clinic.admin.get(f"{clinic.realm}/clients/{client['id']}/service-account-user")
    clinic.give_admin_role(f"users/{account['id']}", "manage-clients")
    for more in ({}, clinic.office.administrator):
        (line,) = clinic.look(1, **more)["roles"]
        assert (
            line["found"] == "Notre compte de service peut plus qu'il ne lui faut : realm-management/manage-clients."
        )
    (management,) = clinic.admin.get(f"{clinic.realm}/clients", clientId="realm-management")
    mapped = f"{clinic.realm}/users/{account['id']}/role-mappings/clients/{management['id']}"
    roles = [role for role in clinic.admin.get(mapped) if role["name"] in ("manage-clients", "view-realm")]
    clinic.admin.request("delete", mapped, roles)
    lines = clinic.look(1)
    assert lines["roles"][0]["found"] == "Il manque à notre compte de service : realm-management/view-realm."
    assert verdicts(lines, "realm") == {"realm": {"wanting"}}


def test_a_wrong_secret_is_wanting_and_a_keycloak_that_is_away_is_another_exit_status(
    clinic: Clinic, office: Office
) -> None:
    office.add_partner()
    lines = clinic.look(1, PROVISIONER_KEYCLOAK__CLIENT_SECRET="wrong")
    assert verdicts(lines, "keycloak", "token") == {"keycloak": {"ok"}, "token": {"wanting"}}
    assert "accounts" not in lines
    assert verdicts(clinic.look(1, PROVISIONER_KEYCLOAK__REALM="ailleurs"), "token") == {"token": {"wanting"}}
    away = clinic.look(3, PROVISIONER_KEYCLOAK__URL="http://127.0.0.1:9")
    assert verdicts(away, "keycloak", "journal", "mail") == {
        "keycloak": {"wanting"},
        "journal": {"ok"},
        "mail": {"ok"},
    }
    assert away["limit-closures"][0]["found"].endswith("clôtures en 24 heures : 0 ; admises : 5.")


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, Level.OK), (20, Level.ATTENTION), (-20, Level.ATTENTION), (90, Level.WANTING)],
)
def test_a_clock_that_is_off_is_told(clinic: Clinic, seconds: int, level: Level) -> None:
    settings = load_settings(environment=clinic.office.environment)
    clock = Clock(real_now=lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    (line,) = [line for line in examine(settings, clock).lines if line.check == "clock"]
    assert line.level is level, line.found
    if seconds:
        assert ("retarde" if seconds > 0 else "avance") in line.found


def test_a_mail_server_that_is_down_or_not_named_is_told(clinic: Clinic, office: Office) -> None:
    down = clinic.look(3, PROVISIONER_SMTP__PORT="9")
    assert verdicts(down, "mail", "keycloak") == {"mail": {"wanting"}, "keycloak": {"ok"}}
    del office.environment["PROVISIONER_SMTP__HOST"]
    assert "SMTP__HOST sans valeur" in clinic.look(1)["mail"][0]["found"]


def test_the_distance_to_each_limit_is_told_for_each_partner(clinic: Clinic, office: Office, tmp_path: Path) -> None:
    names = [f"agent{letter}" for letter in "abcdefghij"]
    office.add_partner()
    office.add_partner("ville-bois", "ville-bois.example")
    office.apply(annexe_csv(tmp_path / "1.csv", dict.fromkeys(names, ASKED), {}, "2026-06-15"), today="2026-06-16")
    kept, gone = dict.fromkeys(names[4:], ASKED), dict.fromkeys(names[:4], "2026-08-31")
    office.apply(annexe_csv(tmp_path / "2.csv", kept, gone, "2026-09-01"), today=LATER)

    def distances(today: str, **environment: str) -> list[str]:
        lines = clinic.look(0, today=today, **environment)
        return [line["found"] for check in ("limit-closures", "limit-partners") for line in lines[check]]

    assert distances(LATER) == [
        "agglo-lys : clôtures en 24 heures : 4 ; admises : 5.",
        "ville-bois : clôtures en 24 heures : 0 ; admises : 5.",
        "Partenaires dont une annexe clôt des accès, en 24 heures : 1 ; admis par passage : 5.",
    ]
    percent = {"PROVISIONER_LIMITS__CLOSURES": "0", "PROVISIONER_LIMITS__CLOSURES_PERCENT": "30"}
    assert distances(LATER, **percent)[0] == "agglo-lys : clôtures en 24 heures : 4 ; admises : 3."
    assert distances("2026-09-04")[0] == "agglo-lys : clôtures en 24 heures : 0 ; admises : 5."


def test_what_is_held_waits_or_lacks_is_told_and_is_no_failure(clinic: Clinic, office: Office) -> None:
    office.add_partner()
    assert office.run("pause", "--partner", PARTNER, "--by", "Claire Martin", "--reason", "Essai").status == 0
    lines = clinic.look(0)
    checks = ("held", "contacts", "last-sync")
    assert verdicts(lines, *checks) == {check: {"attention"} for check in checks}
    assert lines["held"][0]["partner"] == PARTNER
    assert {contact["partner"] for contact in lines["contacts"]} == {PARTNER, None}
    with (office.home / "data" / "provisioner.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 4242 (sync)")
        lock.flush()
        assert "process 4242 (sync)" in clinic.look(0)["lock"][0]["found"]
    assert clinic.look(0)["lock"][0]["found"] == "Aucun passage n'est en cours."


def test_a_journal_that_does_not_verify_and_a_realm_that_is_another_are_wanting(
    clinic: Clinic, office: Office, tmp_path: Path
) -> None:
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": ASKED}, {}, "2026-06-15"), today=LATER)
    connection = sqlite3.connect(office.home / "data" / "provisioner.sqlite3")
    connection.execute("UPDATE mark SET value = 'another' WHERE name = 'realm_id'")
    connection.execute("UPDATE journal_entry SET body = replace(body, 'partner.add', 'partner.set') WHERE entry = 1")
    connection.commit()
    connection.close()
    lines = clinic.look(1, today=LATER)
    assert verdicts(lines, "journal", "realm") == {"journal": {"wanting"}, "realm": {"wanting"}}
    assert "entrée 1" in lines["journal"][0]["found"]


def test_a_register_that_cannot_be_read_is_another_exit_status(clinic: Clinic, office: Office) -> None:
    (office.home / "data").mkdir()
    (office.home / "data" / "provisioner.sqlite3").write_bytes(b"no database at all" * 400)
    assert verdicts(clinic.look(3), "database", "keycloak") == {"database": {"wanting"}, "keycloak": {"ok"}}


def test_a_keycloak_without_tls_elsewhere_and_passwords_in_addresses_are_seen(
    new_settings: Callable[..., Settings], mailbox: Mailbox, tmp_path: Path
) -> None:
    settings = load_settings(
        environment={
            "PROVISIONER_KEYCLOAK__URL": "http://keycloak.invalid:8080",
            "PROVISIONER_KEYCLOAK__CLIENT_SECRET": "tres-secret",
            "PROVISIONER_DATABASE__URL": "postgresql+psycopg://caf:tres-secret@127.0.0.1:9/registre",
            "PROVISIONER_PLATFORM__URL": "https://ctg.caf.fr/cooperation",
            "PROVISIONER_DATA_DIR": str(tmp_path),
        }
    )
    examined = examine(settings, Clock())
    told = " ".join(line.found for line in examined.lines if line.check == "settings")
    assert ("sans TLS" in told, "« / »" in told) == (True, True)
    assert "tres-secret" not in str(examined)
    assert examined.settings["PROVISIONER_DATABASE__URL"] == "postgresql+psycopg://caf:********@127.0.0.1:9/registre"
    assert [line.check for line in examined.lines if line.is_unreachable] == ["database", "keycloak"]


MAIL_SERVERS = [
    ("implicit", "smtp.caf.example", "caf", "ok"),
    ("starttls", "smtp.caf.example", None, "attention"),  # Keycloak falls back to clear text
    ("starttls", "localhost", "caf", "ok"),
    ("off", "localhost", None, "ok"),
    ("off", "localhost", "caf", "wanting"),
    ("off", "smtp.caf.example", None, "wanting"),
]


@pytest.mark.rule("P2")
def test_links_that_leave_keycloak_in_clear_are_wanting(clinic: Clinic) -> None:
    for tls, host, user, level in MAIL_SERVERS:
        sign_in = {"SMTP__USERNAME": user, "SMTP__PASSWORD": "geheim"} if user else {}
        more = {
            f"PROVISIONER_{name}": value for name, value in ({"SMTP__HOST": host, "SMTP__TLS": tls} | sign_in).items()
        }
        settings = load_settings(environment=clinic.office.environment | clinic.office.administrator | more)
        apply_realm(settings)
        with OwnView(settings.keycloak) as view:
            (line,) = [line for line in realm_lines(view.realm(), Records({})) if line.check == "realm-mail"]
        assert line.level == level, line.found


def test_keycloak_sends_in_clear_where_starttls_is_not_offered(
    clinic: Clinic, office: Office, tmp_path: Path
) -> None:
    mail = clinic.admin.get(clinic.realm)["smtpServer"]
    clinic.set_realm(smtpServer={**mail, "starttls": "true"})
    office.add_partner()
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": ASKED}, {}, "2026-06-15"), today=LATER)
    assert [mail.to for mail in office.mails()] == [f"leroy@{DOMAIN}"], "the sink has no TLS: doctor is right"


@pytest.mark.parametrize(
    ("tls", "host", "signs_in", "level"),
    [("off", "smtp.invalid", False, "wanting"), ("off", None, True, "wanting"), ("off", None, False, "ok")],
)
def test_our_own_notices_in_clear_are_wanting(
    clinic: Clinic, tls: str, host: str | None, signs_in: bool, level: str
) -> None:
    more = {"PROVISIONER_SMTP__TLS": tls} | ({"PROVISIONER_SMTP__HOST": host} if host else {})
    more |= {"PROVISIONER_SMTP__USERNAME": "caf", "PROVISIONER_SMTP__PASSWORD": "geheim"} if signs_in else {}
    lines = examine(load_settings(environment=clinic.office.environment | more), Clock()).lines
    line = [line for line in lines if line.check == "mail"][-1]
    assert (line.level, "sans TLS" in line.found) == (level, level == "wanting"), line.found


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("26.7.2", Level.WANTING),
        ("25.9.9", Level.WANTING),
        ("26.7.3", Level.OK),
        (KEYCLOAK_VERSION, Level.OK),
        ("26.10.0", Level.OK),
        ("27.0.0-SNAPSHOT", Level.OK),
    ],
)
def test_a_keycloak_with_known_holes_is_wanting(version: str, level: Level) -> None:
    assert version_line(version).level is level


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /srv rw shared:9 - nfs4 nas:/srv rw
41 40 8:2 / /srv/local\\040disk rw - xfs /dev/sdb1 rw
42 22 0:40 / /home/caf rw - fuse.sshfs caf@nas: rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/var/lib/provisioner", "ext4", False),
        ("/srv/provisioner", "nfs4", True),
        ("/srv/local disk/provisioner", "xfs", False),
        ("/home/caf/data", "fuse.sshfs", True),
        ("/srvX", "ext4", False),
    ],
)
def test_a_file_system_over_a_network_is_told_from_a_local_one(path: str, kind: str, network: bool) -> None:
    file_system = file_system_of(Path(path), MOUNTS)
    assert file_system == kind
    assert is_network(file_system) == network


def test_a_user_profile_that_could_keep_an_access_open_is_wanting_with_what_to_do(clinic: Clinic) -> None:
    assert [line["verdict"] for line in clinic.look(0)["user-profile"]] == ["ok"]
    path = f"{clinic.realm}/users/profile"
    profile = clinic.admin.get(path)
    names = {attribute["name"]: attribute for attribute in profile["attributes"]}
    names["fonction"]["validations"] = {"length": {"min": 3}}
    names["gere_par"]["displayName"] = "Autre"
    required = {"roles": ["admin", "user"]}
    profile["attributes"].append({"name": "matricule", "required": required, "permissions": {"edit": ["admin"]}})
    clinic.admin.request("put", path, profile)
    asks, changed = clinic.look(1)["user-profile"]
    assert "fonction, matricule" in asks["found"]
    assert "realm apply" in asks["todo"]
    assert "gere_par" in changed["found"]
