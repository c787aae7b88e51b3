"""Where the contenders meet: one Keycloak on PostgreSQL, one mail sink, realms, and fresh work for each run."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from keycloak import KeycloakAdmin

from provisioner.clock import Clock
from provisioner.domain.access.account import wanted_account
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.people import EmailAddress, Person
from provisioner.keycloak.accounts import new_user
from provisioner.keycloak.connection import administrator_connection
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.realm import apply_realm
from provisioner.operations.partners import Given, add_partner
from provisioner.register import Register, open_register
from provisioner.sandbox.keycloak import Keycloak, start_keycloak
from provisioner.sandbox.process import tail
from provisioner.settings import Settings, load_settings
from tests.shared.postgres import Postgres, for_keycloak, start_postgres

#: How long a token works, in seconds: longer than any run of the generator, which has one only.
TOKEN_SECONDS = 3600

#: The directory of the received messages.
MAILS = "mails"

_SYLLABLES = ("ba", "do", "fi", "gue", "jo", "lau", "mer", "nou", "pi", "ro", "sel", "tan", "vau", "xi", "zen", "cha")


#: How many persons can be named apart.
MOST_ACCOUNTS = len(_SYLLABLES) ** 4


def person_name(number: int) -> str:
    """A name of four syllables, little like that of the next number."""
    rest, name = number * 40_503 % MOST_ACCOUNTS, ""
    for _ in range(4):
        rest, syllable = divmod(rest, len(_SYLLABLES))
        name += _SYLLABLES[syllable]
    return name


@dataclass(frozen=True)
class Work:
    """Persons of one partner that no run has had before."""

    partner: str
    domain: str
    people: tuple[Person, ...]

    def annexe(self, day: date) -> bytes:
        """The annexe 1 that asks for them, as .csv."""
        lines = [
            "ANNEXE 1 : Suivi des habilitations",
            f"Date de transmission :;{day:%d/%m/%Y}",
            "",
            "1 - Liste des personnes pour lesquelles un nouvel accès est demandé",
            "Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation",
            *(
                f"{person.last_name};{person.first_names};{person.function};{person.email};{day:%d/%m/%Y}"
                for person in self.people
            ),
            "",
            "2 - Liste des personnes à clôturer",
            "Nom;Prénom;Fonction/qualité;Adresse électronique;Date de fin d'habilitation",
        ]
        return ("\n".join(lines) + "\n").encode()

    def users(self, day: date, group_root: str) -> list[dict[str, Any]]:
        """The same persons as the operations would send them to Keycloak."""
        shown = (
            Habilitation(partner=self.partner, person=person, requested_on=day, transmitted_on=day)
            for person in self.people
        )
        return [
            new_user(wanted_account([habilitation], enabled=True), [f"{group_root}/{self.partner}"])
            for habilitation in shown
        ]


@dataclass(frozen=True)
class Place:
    """A realm and a register, and the settings to use them, also as variables."""

    settings: Settings
    environment: dict[str, str]
    mails: Path
    directory: Path
    clock: Clock = field(default_factory=Clock)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _people: Iterator[int] = field(default_factory=count)

    def register(self) -> Register:
        """The register, opened as a command does."""
        return open_register(self.settings, self.clock)

    def new_work(self, accounts: int) -> Work:
        """So many persons of a new partner, which is registered and has its group."""
        partner = f"run-{next(self._numbers)}"
        domain = f"{partner}.example"
        names = [person_name(next(self._people)) for _ in range(accounts)]
        people = tuple(
            Person(name.capitalize(), "Camille", "agent", EmailAddress(f"{name}@{domain}")) for name in names
        )
        register = self.register()
        today = self.clock.today()
        given = Given(name=partner, domains=[domain], signed_on=today - timedelta(days=365))
        add_partner(register, partner, given, self.settings.documents, "bench")
        register.close()
        directory = Directory(self.settings.keycloak)
        directory.place_group(partner)
        directory.close()
        return Work(partner, domain, people)

    def mails_received(self) -> int:
        """How many messages the sink has."""
        return sum(1 for _ in self.mails.glob("*.eml"))


@dataclass(frozen=True)
class Servers:
    """What runs for all places."""

    keycloak: Keycloak
    #: the address of Keycloak's own database
    keycloak_database: str
    postgres: Postgres
    mail_port: int
    directory: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_place(self) -> Place:
        """A new realm and a new register: what a run costs does not depend on the runs before it."""
        name = f"place{next(self._numbers)}"
        register = self.postgres.new_database()
        variables = {
            "KEYCLOAK__URL": self.keycloak.url,
            "KEYCLOAK__REALM": name,
            "KEYCLOAK__CLIENT_SECRET": secrets.token_urlsafe(16),
            "KEYCLOAK__ADMIN_USERNAME": self.keycloak.admin_username,
            "KEYCLOAK__ADMIN_PASSWORD": self.keycloak.admin_password,
            "SMTP__HOST": "127.0.0.1",
            "SMTP__PORT": str(self.mail_port),
            "SMTP__FROM": "ne-pas-repondre@caf.example",
            "DATABASE__URL": register.replace("postgresql:", "postgresql+psycopg:", 1),
            "DATA_DIR": str(self.directory / name),
        }
        environment = {f"PROVISIONER_{key}": value for key, value in variables.items()}
        settings = load_settings(environment=environment)
        apply_realm(settings)
        _lengthen_tokens(settings)
        return Place(settings, environment, self.directory / MAILS, self.directory)


@contextmanager
def open_servers(directory: Path) -> Iterator[Servers]:
    """Starts everything; all ends with the block."""
    command = [sys.executable, str(Path(__file__).with_name("sink.py")), str(directory / MAILS)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink,
        start_postgres(log_file=directory / "postgres.log") as postgres,
    ):
        assert sink.stdin is not None
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        database = postgres.new_database()
        with start_keycloak(log_file=directory / "keycloak.log", database=for_keycloak(database)) as keycloak:
            try:
                yield Servers(keycloak, database, postgres, port, directory)
            except Exception as error:
                error.add_note(f"The end of Keycloak's log:\n{tail(keycloak.log_file)}")
                raise
        sink.stdin.close()


def _lengthen_tokens(settings: Settings) -> None:
    connection = administrator_connection(settings.keycloak)
    admin = KeycloakAdmin(connection=connection)
    client_id = admin.get_client_id(settings.keycloak.client_id)
    assert client_id is not None
    client = admin.get_client(client_id)
    client["attributes"]["access.token.lifespan"] = str(TOKEN_SECONDS)
    admin.update_client(client_id, client)
    connection.close()
