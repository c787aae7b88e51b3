"""The images built, compose.yml run, an annexe to a login, restart, upgrade, backup: `make test-containers`.

One story in order, each test a step of it. `make test` does not collect this file: it needs a container engine and
takes minutes.
"""

from __future__ import annotations

import email
import email.policy
import html
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
import requests
from pyrage import x25519

from provisioner.sandbox.demo import write_examples
from provisioner.sandbox.keycloak import start_keycloak
from provisioner.settings import load_settings
from tests.shared.login_form import LoginForm
from tests.shared.older_registers import restore_file

ROOT = Path(__file__).parents[2]
KEYCLOAK_URL, PLATFORM_URL, MAILBOX_URL = "http://localhost:8080", "https://ctg.example/", "http://127.0.0.1:8025"
PARTNER, PERSON, PASSWORD = "agglo-lys", "alice.carpentier@agglo-lys.example", "Abcdef1!"
TODAY = datetime.now(ZoneInfo("Europe/Paris")).date()
PROJECT = "provisioner-tests"  # not that of compose.yml: at the end its volumes are removed
LABEL = f"label=com.docker.compose.project={PROJECT}"
ACCESSES = ("access", "list", "--format", "json")
COMPOSE_FILE = os.environ.get("COMPOSE_FILE", "compose.yml")  # the engine's of scripts/container-engine.sh adds to it
REGISTER = "/var/lib/provisioner/provisioner.sqlite3"


class Project:
    """A copy of what the containers are made from, with the secrets and the settings that production.md asks for."""

    def __init__(self, home: Path) -> None:
        self.home = home
        admitted = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
        for name in (*admitted, "compose.yml", "deploy", ".env.example", ".dockerignore"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, home / name)
        shutil.copy(ROOT / "tests/containers/compose.yml", home / "compose.tests.yml")
        self._make_mail_certificate()
        self.environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_FILE": f"{COMPOSE_FILE}:deploy/compose.authority.yml:compose.tests.yml",
            "AUTHORITIES_FILE": "./mail/mail.crt",
            "SMTP_TLS": "implicit",
        }

    def _make_mail_certificate(self) -> None:
        folder = self.home / "mail"
        folder.mkdir()
        files = ["-keyout", str(folder / "mail.key"), "-out", str(folder / "mail.crt")]
        name = ["-subj", "/CN=mail", "-addext", "subjectAltName=DNS:mail", "-days", "2"]
        run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *name], self.home)
        (folder / "mail.key").chmod(0o444)

    def run(self, *command: str, status: int = 0, given: Path | None = None) -> str:
        return run(["docker", *command], self.home, self.environment, status=status, given=given)

    def compose(self, *command: str, status: int = 0, given: Path | None = None) -> str:
        return self.run("compose", *command, status=status, given=given)

    def provisioner(self, *command: str, status: int = 0) -> str:
        """A command in the container of the service, as production.md types it."""
        return self.compose("exec", "-T", "provisioner", "provisioner", *command, status=status)

    def once(self, *command: str, options: tuple[str, ...] = (), status: int = 0, given: Path | None = None) -> str:
        """A command in a container of its own, beside the service or while it is stopped."""
        run = ("run", "--rm", "-T", "--no-deps", *options, "provisioner")
        return self.compose(*run, *command, status=status, given=given)

    def shell(self, script: str, given: Path | None = None) -> None:
        """A script with the register's volume, while the service is stopped."""
        self.once("-ec", script, options=("--entrypoint", "sh"), given=given)

    def started_at(self, service: str) -> str:
        """When the service's container last began."""
        container = _inspected(self, "container", self.compose("ps", "--quiet", service).strip())
        return str(container["State"]["StartedAt"])

    def left(self, kind: str) -> list[str]:
        """What of that kind is there of this project."""
        listed = self.run(kind, "ls", *(("--all",) if kind == "container" else ()), "--quiet", "--filter", LABEL)
        return listed.split()

    def remove(self) -> None:
        """All there is of this project, before its files are there too."""
        self.compose("--env-file", ".env.example", "down", "--volumes", "--remove-orphans", "--timeout", "30")
        assert [self.left(kind) for kind in ("container", "network", "volume")] == [[], [], []]

    def base(self, name: str) -> Any:
        """What the engine says of the image of that name, in the version that our images begin with."""
        files = (self.home / "deploy").glob("Dockerfile*")
        tags = re.findall(rf"\b{name}:[\w.-]+", "\n".join(file.read_text("utf-8") for file in files))
        return _inspected(self, "image", tags[0])

    def put(self, file: Path, path: str) -> None:
        self.compose("exec", "-T", "provisioner", "sh", "-c", f"cat >{path}", given=file)


def run(
    command: list[str],
    home: Path,
    environment: dict[str, str] | None = None,
    *,
    status: int = 0,
    given: Path | None = None,
) -> str:
    with (given or Path(os.devnull)).open("rb") as stdin:
        done = subprocess.run(
            command, cwd=home, env=environment, stdin=stdin, capture_output=True, text=True, check=False
        )
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("project"))
    made.remove()  # what a run left that was killed, with its passwords
    yield made
    made.remove()


def _type_documented(project: Project, page: str, section: str) -> str:
    """Types the first block of commands of that section; what they answer."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    block = re.search(rf"^## {section}.*?^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert block
    return run(["bash", "-ec", block[1]], project.home, project.environment)


def _inspected(project: Project, kind: str, name: str) -> Any:
    return json.loads(project.run(kind, "inspect", name))[0]


@pytest.mark.parametrize(
    ("service", "base", "most_mib"), [("provisioner", "python", 300), ("keycloak", "keycloak/keycloak", 20)]
)
def test_an_image_is_built_and_adds_little(
    project: Project, capsys: pytest.CaptureFixture[str], service: str, base: str, most_mib: int
) -> None:
    shutil.copy(project.home / ".env.example", project.home / ".env")
    project.compose("build", service)
    (project.home / ".env").unlink()

    ours, begun_with = _inspected(project, "image", f"{PROJECT}-{service}"), project.base(base)
    added = (ours["Size"] - begun_with["Size"]) / 2**20
    with capsys.disabled():
        print(f" {ours['Size'] / 2**20:.0f} MiB, {added:.0f} of them above {base}", end=" ")
    assert added <= most_mib
    assert ours["Config"]["User"].split(":")[0] not in {"", "0", "root"}


def test_the_documented_commands_start_everything_and_doctor_finds_nothing_wanting(project: Project) -> None:
    _type_documented(project, "production.md", "3b")

    told = _type_documented(project, "production.md", "5")
    assert "master-temporary" in told, "only the administrator sees that"


def test_each_container_is_shut_in(project: Project) -> None:
    secrets = [secret.read_text("utf-8").strip() for secret in (project.home / "secrets").iterdir()]
    for container in project.compose("ps", "--all", "--quiet").split():
        inspected = _inspected(project, "container", container)
        name, host = inspected["Config"]["Labels"]["com.docker.compose.service"], inspected["HostConfig"]
        assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"]), name
        assert inspected["Config"]["User"].split(":")[0] not in {"", "0", "root"}, name
        anonymous = [
            mount["Name"] for mount in inspected["Mounts"] if re.fullmatch(r"[0-9a-f]{64}", mount.get("Name", ""))
        ]
        assert anonymous == [], name
        assert not any(secret in json.dumps(inspected) for secret in secrets), name
    told = project.provisioner("doctor", "--format", "json")
    (reader,) = [line for line in json.loads(told)["lines"] if line["check"] == "document-reader"]
    assert reader["verdict"] == "ok", reader


def test_an_annexe_becomes_accounts_and_a_person_logs_in(project: Project) -> None:
    annexe, _ = write_examples(project.home, TODAY)

    _apply(project, PARTNER, annexe)

    assert not _logs_in(PERSON)
    _make_password(_link(PERSON))
    assert _logs_in(PERSON)


@pytest.fixture
def kept(project: Project) -> Iterator[None]:
    """What the register holds before the step is there after it, and the person logs in."""
    accesses, head = project.provisioner(*ACCESSES), project.provisioner("journal", "head").strip()
    assert PERSON in accesses
    yield
    assert project.provisioner(*ACCESSES) == accesses
    project.provisioner("journal", "verify", "--head", head)
    assert _logs_in(PERSON)


@pytest.mark.usefixtures("kept")
def test_after_a_restart_everything_is_there_and_the_realm_is_left_as_it_is(project: Project) -> None:
    running = ("database", "keycloak", "mail", "provisioner")
    begun = [project.started_at(service) for service in running]

    project.compose("restart", *running)
    project.compose("up", "--detach", "--wait")

    assert not set(begun) & {project.started_at(service) for service in running}
    assert "a des comptes : rien n'y est modifié" in project.compose("logs", "realm")


@pytest.mark.usefixtures("kept")
def test_a_backup_is_put_back_where_the_register_is_lost(project: Project) -> None:
    key = x25519.Identity.generate()
    folder = project.home / "backups"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)  # written by a number that this machine does not know
    (folder / "recipients").write_text(f"{TODAY:%Y-%m} {key.to_public()}\n", "utf-8")
    (folder / "month.key").write_text(f"{key}\n", "utf-8")
    options = ("--volume", f"{folder}:/backups", "--env", "PROVISIONER_BACKUP__RECIPIENTS_FILE=/backups/recipients")
    project.once("backup", "--output", "/backups/register.age", options=options)
    project.compose("stop", "provisioner")
    project.shell(f"rm {REGISTER}")
    project.once("journal", "verify", status=3)  # no register there
    project.once(
        *("restore", "/backups/register.age", "--identity", "/backups/month.key"),
        *("--without-list", "--by", "Claire Martin"),
        options=options,
    )

    project.compose("up", "--detach", "--wait")


@pytest.mark.usefixtures("kept")
def test_a_register_of_version_0_2_is_brought_along_and_worked_with_and_the_copy_put_back(
    project: Project, tmp_path: Path
) -> None:
    project.provisioner("backup", "--output", f"{REGISTER}.copy")
    project.compose("cp", f"provisioner:{REGISTER}.copy", "COPY")
    older = tmp_path / "older.sqlite3"
    restore_file("0_2", older)
    with closing(sqlite3.connect(older)) as database, database:
        database.execute("DELETE FROM mark WHERE name = 'realm_id'")  # so that this realm is taken for its own
        (habilitations,) = database.execute("SELECT count(*) FROM habilitation").fetchone()
    project.compose("stop", "provisioner")
    project.shell(f"cat >{REGISTER}", given=older)

    project.once("journal", "verify")
    project.compose("up", "--detach", "--wait")

    assert len(json.loads(project.provisioner(*ACCESSES))) == habilitations
    annexe, _ = write_examples(tmp_path, TODAY)
    _apply(project, "ville-haute", _of_another_partner(annexe, "ville-haute.example"))
    person = PERSON.replace("agglo-lys", "ville-haute")
    _make_password(_link(person))
    assert _logs_in(person)
    project.compose("stop", "provisioner")
    _type_documented(project, "upgrade.md", "Back")


@pytest.mark.usefixtures("kept")
def test_after_down_the_volumes_are_there_and_the_next_up_goes_on_with_them(project: Project) -> None:
    project.compose("down", "--timeout", "30")
    assert project.left("container") == []

    project.compose("up", "--detach", "--wait")


def test_a_release_has_its_images_and_what_is_in_them(project: Project, tmp_path: Path) -> None:
    here = tmp_path / "here"  # a repository of its own, with what stands in this one, committed or not
    git = ["git", f"--git-dir={here / '.git'}"]
    run(["git", "init", "--quiet", str(here)], tmp_path)
    run([*git, f"--work-tree={ROOT}", "add", "--all"], ROOT)
    run(["git", "checkout-index", "--all"], here)
    (here / "CHANGELOG.md").write_text("# Changelog\n\n## 99.0.0 (unreleased)\n", "utf-8")
    for name in ("name", "email"):
        run([*git, "config", f"user.{name}", "essai@caf.example"], here)
    run(["git", "commit", "--quiet", "--all", "--message=Essai"], here)
    unasked = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": "http://127.0.0.1:9/"}

    ours = tmp_path / "compose.yml"  # a release names Keycloak's image by Keycloak's version, as a production does
    ours.write_text(f"services: {{keycloak: {{image: {PROJECT}-keycloak}}}}", "utf-8")
    command = [sys.executable, "scripts/release.py", "99.0.0", "--without-audit"]
    run(command, here, {**os.environ, "COMPOSE_FILE": f"{COMPOSE_FILE}:{ours}", **unasked})

    image = "provisioner:99.0.0"
    assert "99.0.0" in project.run("run", "--rm", "--network=none", image, "--version")
    project.run("image", "rm", image)
    made = here / "dist" / "99.0.0"
    run(["sha256sum", "--check", "--strict", "SHA256SUMS"], made)
    assert {file.suffix for file in made.iterdir()} == {".whl", ".gz", ".txt", ".json", ".csv", ""}
    parts = json.loads((made / "sbom.cdx.json").read_text("utf-8"))["components"]
    assert any(part["purl"].startswith("pkg:deb/debian/libc6@") for part in parts)
    assert run(["git", "describe", "--exact-match"], here) == "v99.0.0\n"


def test_the_sandbox_runs_its_keycloak_in_a_container(tmp_path: Path) -> None:
    with start_keycloak(log_file=tmp_path / "log") as keycloak:
        assert keycloak.how == "container"
        keycloak.restart()
        assert keycloak.is_ready()
    assert not keycloak.is_ready()


def _apply(project: Project, partner: str, annexe: Path) -> None:
    """A new partner, and what it sent approved, as production.md types it."""
    convention = ("--name", partner, "--domain", f"{partner}.example", "--signed-on", "2026-01-02")
    project.provisioner("partner", "add", partner, *convention)
    project.put(annexe, "/tmp/annexe.docx")
    decided = ("--partner", partner, "--approved-by", "Claire Martin", "--yes")
    project.provisioner("apply", "/tmp/annexe.docx", *decided)


def _of_another_partner(annexe: Path, domain: str) -> Path:
    """The example with other addresses."""
    other = annexe.with_name("other.docx")
    with ZipFile(annexe) as old, ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"(?i)agglo-lys\.example", domain.encode(), old.read(name)))
    return other


def _link(address: str) -> Any:
    """The link in the newest e-mail to that address, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        mails = requests.get(f"{MAILBOX_URL}/api/v1/messages", timeout=10).json()["messages"]
        for mail in mails:
            if address in [to["Address"] for to in mail["To"]]:
                raw = requests.get(f"{MAILBOX_URL}/api/v1/message/{mail['ID']}/raw", timeout=10).content
                body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
                assert body is not None
                return re.findall(r"http://localhost:8080/\S+", body.get_content())[0]
        time.sleep(0.5)
    raise AssertionError(f"no e-mail to {address}")


def _make_password(link: str) -> None:
    """What the person does with the link: goes on, and types the password twice."""
    # « localhost » is safe to a browser: it gives such a page its cookies back though they are « Secure ».
    cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
    browser = build_opener(HTTPCookieProcessor(cookies))

    def page(url: str, typed: dict[str, str] | None = None) -> Any:
        with browser.open(url, urlencode(typed).encode() if typed else None, timeout=60) as answer:
            return answer.read().decode()

    def address(pattern: str, text: str) -> str:
        match = re.search(pattern, text)
        assert match, text
        return html.unescape(match[1])

    onward = address(r'id="kc-proceed" href="([^"]+)"', page(link))
    form = address(r'<form id="kc-passwd-update-form"[^>]*action="([^"]+)"', page(onward))
    with suppress(URLError):  # it ends at the platform, which is nowhere here
        page(form, {"password-new": PASSWORD, "password-confirm": PASSWORD})


def _logs_in(person: str) -> bool:
    settings = load_settings(
        environment={"PROVISIONER_KEYCLOAK__URL": KEYCLOAK_URL, "PROVISIONER_PLATFORM__URL": PLATFORM_URL}
    )
    form = LoginForm(settings)
    try:
        return form.log_in(person, PASSWORD)
    finally:
        form.close()
