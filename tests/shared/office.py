"""A Caf's office for tests: the real commands, on a realm of its own, with a register of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from provisioner.cli.app import app
from provisioner.keycloak.directory import Directory
from provisioner.settings import Settings
from tests.shared.mailbox import Mail, Mailbox
from tests.shared.pace import PATIENCE

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "data" / "samples"
SCHEMAS = json.loads((ROOT / "docs" / "schemas" / "answers.schema.json").read_text("utf-8"))

PARTNER = "agglo-lys"
DOMAIN = "agglo-lys.example"
FIRST = SAMPLES / "01-premiere-demande.docx"
SECOND = SAMPLES / "02-ajouts-et-cloture.xlsx"
FIRST_DAY = "2026-06-16"
SECOND_DAY = "2026-09-02"

#: How long the product waits for what a machine under load is late with: no fault of what is tested.
PATIENT = (
    "PROVISIONER_DATABASE__BUSY_SECONDS",
    "PROVISIONER_DOCUMENTS__SECONDS",
    "PROVISIONER_KEYCLOAK__TIMEOUT_SECONDS",
    "PROVISIONER_LOCK_WAIT_SECONDS",
)

#: The command in a process of its own.
PROVISIONER = ("-m", "provisioner")


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def valid(answer: Any, definition: str) -> Any:
    """The answer, once it is exactly what the contract says."""
    schema = {"$ref": f"#/$defs/{definition}", "$defs": SCHEMAS["$defs"]}
    Draft202012Validator(schema).validate(answer)
    return answer


class Office:
    """One register, one realm, one mailbox."""

    def __init__(self, settings: Settings, mailbox: Mailbox, home: Path) -> None:
        self.settings, self.mailbox, self.home = settings, mailbox, home
        secret = settings.keycloak.client_secret
        assert secret is not None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PROVISIONER_")},
            "PROVISIONER_KEYCLOAK__URL": settings.keycloak.url,
            "PROVISIONER_KEYCLOAK__REALM": settings.keycloak.realm,
            "PROVISIONER_KEYCLOAK__CLIENT_SECRET": secret.get_secret_value(),
            "PROVISIONER_DATA_DIR": str(home / "data"),
            "PROVISIONER_INVITATION__SETTLE_SECONDS": "2",
            **dict.fromkeys(PATIENT, str(PATIENCE)),
        }
        self.sent_before = len(mailbox.messages())

    def sends_notices(self) -> None:
        """Sets the mail server of our own notices."""
        self.environment |= {
            "PROVISIONER_SMTP__HOST": self.mailbox.host,
            "PROVISIONER_SMTP__PORT": str(self.mailbox.port),
            "PROVISIONER_SMTP__FROM": "ne-pas-repondre@caf.example",
        }

    @property
    def administrator(self) -> dict[str, str]:
        """The variables that name the administrator of the master realm."""
        ours = self.settings.keycloak
        assert ours.admin_username is not None
        assert ours.admin_password is not None
        return {
            "PROVISIONER_KEYCLOAK__ADMIN_USERNAME": ours.admin_username,
            "PROVISIONER_KEYCLOAK__ADMIN_PASSWORD": ours.admin_password.get_secret_value(),
        }

    def run(
        self,
        *arguments: str | Path,
        today: str | None = None,
        program: tuple[str, ...] | None = None,
        **environment: str,
    ) -> Answer:
        """One command, as a user types it, on that day; in a process of its own when `program` says which."""
        moved = {"PROVISIONER_TODAY": today} if today else {}
        environment = {**self.environment, **moved, **environment}
        if program is None:
            ours = {name: None for name in os.environ if name.startswith("PROVISIONER_")}
            result = CliRunner().invoke(app, list(map(str, arguments)), env={**ours, **environment})
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return Answer(result.exit_code, result.stdout, result.stderr)
        ended = subprocess.run(
            [sys.executable, *program, *map(str, arguments)],
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Answer(ended.returncode, ended.stdout, ended.stderr)

    def add_partner(self, code: str = PARTNER, domain: str = DOMAIN, *more: str) -> None:
        signed = more or ("--signed-on", "2026-01-15")
        answer = self.run("partner", "add", code, "--name", f"Partenaire {code}", "--domain", domain, *signed)
        assert answer.status == 0, answer.err

    def apply(self, file: Path, *more: str, today: str, partner: str = PARTNER, status: int = 0) -> Any:
        """`apply --yes --format json`, its answer held against the schema."""
        answer = self.run(
            "apply",
            file,
            "--partner",
            partner,
            "--approved-by",
            "Claire Martin",
            "--yes",
            "--format",
            "json",
            *more,
            today=today,
        )
        assert answer.status == status, (answer.status, answer.err, answer.out)
        return valid(answer.json, "outcome")

    def plan(self, *arguments: str | Path, today: str, status: int = 0) -> Any:
        answer = self.run("plan", *arguments, "--format", "json", today=today)
        assert answer.status == status, (answer.status, answer.err, answer.out)
        return valid(answer.json, "plan")

    def sync(self, *more: str, today: str, status: int = 0) -> Any:
        answer = self.run("sync", "--format", "json", *more, today=today)
        assert answer.status == status, (answer.status, answer.err, answer.out)
        return valid(answer.json, "outcome")

    def controls(self) -> list[Any]:
        """What the connection controls say after one more reading of Keycloak's events."""
        pulled = self.run("connections", "pull")
        assert pulled.status == 0, pulled.err
        return list(self.run("controls", "list", "--format", "json").json)

    def directory(self) -> Directory:
        """Keycloak as our own service account sees it."""
        return Directory(self.settings.keycloak)

    def mails(self) -> list[Mail]:
        """What was received since the office opened, by this realm's persons."""
        return self.mailbox.messages()[self.sent_before :]


def changes(answer: Any, key: str = "changes") -> list[tuple[str, str | None]]:
    """The actions and addresses of an answer, in order."""
    return [(change["action"], change["email"]) for change in answer[key]]


def last_name(mailbox: str) -> str:
    """A person's last name, which has no digits: « agent12 » is « Agentbc »."""
    return mailbox.capitalize().translate(str.maketrans("0123456789", "abcdefghij"))


def annexe_csv(
    path: Path, asked: dict[str, str], ended: dict[str, str], transmitted_on: str, domain: str = DOMAIN
) -> Path:
    """An annexe 1 as .csv: for each list, a person's name and their date."""
    lines = ["ANNEXE 1 : Suivi des habilitations", f"Date de transmission :;{transmitted_on}"]
    titles = (
        "1 - Liste des personnes pour lesquelles un nouvel accès est demandé",
        "2 - Liste des personnes à clôturer",
    )
    columns = ("Date de demande d'habilitation", "Date de fin d'habilitation")
    for title, column, rows in zip(titles, columns, (asked, ended), strict=True):
        lines += ["", title, f"Nom;Prénom;Fonction/qualité;Adresse électronique;{column}"]
        lines += [f"{last_name(name)};Camille;agent;{name}@{domain};{day}" for name, day in rows.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
