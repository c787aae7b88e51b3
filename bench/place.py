"""Where the contenders meet: one Keycloak on PostgreSQL, one mail sink, realms, and fresh work for each run."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
from provisioner.operations.context import Context
from provisioner.operations.partners import Given, add_partner
from provisioner.register import open_register
from provisioner.sandbox.keycloak import Keycloak, start_keycloak
from provisioner.sandbox.process import tail
from provisioner.settings import Settings, load_settings
from tests.shared.postgres import Postgres, for_keycloak, start_postgres
from tests.shared.server import KeycloakServer

#: How long a token works, in seconds: longer than any run of wrk, which has one only.
TOKEN_SECONDS = 3600

_SYLLABLES = ("ba", "do", "fi", "gue", "jo", "lau", "mer", "nou", "pi", "ro", "sel", "tan", "vau", "xi", "zen", "cha")

#: What Keycloak keeps beside its cache of users, and how many of these a MiB holds with room to spare.
_HEAP_MIB, _USERS_A_MIB = 768, 100

#: How many persons can be named apart.
MOST_ACCOUNTS = len(_SYLLABLES) ** 4


def person_name(number: int) -> str:
    """A name of four syllables, little like that of the next number."""
    rest, name = number * 40_503 % MOST_ACCOUNTS, ""
    for _ in range(4):
        rest, syllable = divmod(rest, len(_SYLLABLES))
        name += _SYLLABLES[syllable]
    return name


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """What an option of a bench takes."""

    def read(text: str) -> int:
        value = int(text)
        if value < least or (most is not None and value > most):
            asked = f"at least {least}" if most is None else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"{asked}, not {value}")
        return value

    read.__name__ = "number"  # what argparse says that it is not
    return read


def known(parser: argparse.ArgumentParser, figures: list[str], names: Sequence[str]) -> list[str]:
    """The chosen figures, or all of them; wrong usage where there is none of such a name."""
    if unknown := set(figures) - {*names}:
        parser.error(f"there is no figure {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    return figures or list(names)


@dataclass(frozen=True)
class Work:
    """Persons of one partner that no run has had before; `newcomers` of them are not in its first annexe."""

    partner: str
    domain: str
    group: str
    people: tuple[Person, ...]
    newcomers: int = 0

    @property
    def first(self) -> tuple[Person, ...]:
        """Those of the first annexe."""
        return self.people[: len(self.people) - self.newcomers]

    def annexe(self, day: date, asked: Sequence[Person], ended: Sequence[Person] = ()) -> bytes:
        """The annexe 1 of that day that asks for some and ends others, as .csv."""
        lines = ["ANNEXE 1 : Suivi des habilitations", f"Date de transmission :;{day:%d/%m/%Y}", ""]
        for title, what, people, on in (
            ("1 - Liste des personnes pour lesquelles un nouvel accès est demandé", "demande", asked, day),
            ("2 - Liste des personnes à clôturer", "fin", ended, day - timedelta(days=1)),
        ):
            lines += [title, f"Nom;Prénom;Fonction/qualité;Adresse électronique;Date de {what} d'habilitation"]
            lines += [f"{p.last_name};{p.first_names};{p.function};{p.email};{on:%d/%m/%Y}" for p in people]
            lines.append("")
        return "\n".join(lines).encode()

    def users(self, day: date, group_root: str, people: Sequence[Person]) -> list[dict[str, Any]]:
        """The same persons as the operations would send them to Keycloak."""
        shown = (Habilitation(partner=self.partner, person=p, requested_on=day, transmitted_on=day) for p in people)
        path = f"{group_root}/{self.partner}"
        return [new_user(wanted_account([habilitation], enabled=True), [path]) for habilitation in shown]


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

    def at(self, url: str) -> Place:
        """The same by another way to Keycloak."""
        keycloak = self.settings.keycloak.model_copy(update={"url": url})
        return replace(self, settings=self.settings.model_copy(update={"keycloak": keycloak}))

    def later(self, days: int) -> Place:
        """The same so many days from now."""
        return replace(self, clock=self.clock.as_of(self.clock.today() + timedelta(days=days)))

    @contextmanager
    def context(self, *, read_only: bool = False) -> Iterator[Context]:
        """What an operation works with, opened as a command opens it."""
        register = open_register(self.settings, self.clock)
        directory = Directory(self.settings.keycloak, read_only=read_only)
        try:
            yield Context(
                settings=self.settings, clock=self.clock, register=register, directory=directory, by="bench"
            )
        finally:
            directory.close()
            register.close()

    def new_work(self, people: int, newcomers: int = 0) -> Work:
        """So many persons of a new partner, which is registered and has its group."""
        partner = f"run-{next(self._numbers):05}"
        domain, today = f"{partner}.example", self.clock.today()
        names = [person_name(next(self._people)) for _ in range(people + newcomers)]
        persons = (Person(name.capitalize(), "Camille", "agent", EmailAddress(f"{name}@{domain}")) for name in names)
        given = Given(name=partner, domains=[domain], signed_on=today - timedelta(days=365))
        with self.context() as context:
            add_partner(context.register, partner, given, self.settings.documents, "bench")
            group = context.directory.place_group(partner)
        return Work(partner, domain, group, tuple(persons), newcomers)

    def administrator(self) -> KeycloakAdmin:
        """As the administrator of the settings."""
        return KeycloakAdmin(connection=administrator_connection(self.settings.keycloak))

    @property
    def secret(self) -> str:
        """Our service account's."""
        assert self.settings.keycloak.client_secret is not None
        return self.settings.keycloak.client_secret.get_secret_value()

    def mails_received(self) -> int:
        """How many messages the sink has."""
        return sum(1 for _ in self.mails.glob("*.eml"))


@dataclass(frozen=True)
class Servers:
    """What runs for all places."""

    keycloak: Keycloak | KeycloakServer
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
            # No limit is what is measured here.
            "LIMITS__CLOSURES": "1000000",
            "LIMITS__CLOSURES_PERCENT": "100",
            "LIMITS__DESTRUCTIONS": "1000000",
        }
        environment = {f"PROVISIONER_{key}": value for key, value in variables.items()}
        settings = load_settings(environment=environment)
        apply_realm(settings)
        place = Place(settings, environment, self.directory / "mails", self.directory)
        _lengthen_tokens(place)
        return place


@contextmanager
def open_servers(directory: Path, cached_users: int, *, apart: bool = False) -> Iterator[Servers]:
    """Starts everything, Keycloak with room for so many users in its cache; all ends with the block.

    `apart`: on half of the processors, and what the block starts on the others, as on a machine of its own.
    """
    processors = sorted(os.sched_getaffinity(0))
    half = len(processors) // 2 if apart else len(processors)
    os.sched_setaffinity(0, processors[:half])  # what a thread starts stays where the thread was
    with _started(directory, cached_users) as servers:
        os.sched_setaffinity(0, processors[-half:])
        try:
            yield servers
        finally:
            os.sched_setaffinity(0, processors)


@contextmanager
def _started(directory: Path, cached_users: int) -> Iterator[Servers]:
    command = [sys.executable, str(Path(__file__).with_name("sink.py")), str(directory / "mails")]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink,
        start_postgres(log_file=directory / "postgres.log") as postgres,
    ):
        assert sink.stdin is not None
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        database = postgres.new_database()
        # Java's own choice of what to compile: the sandbox's spares a server of some minutes.
        options = {"JAVA_OPTS_APPEND": "", "KC_CACHE_EMBEDDED_USERS_MAX_COUNT": str(max(10_000, cached_users))}
        options["JAVA_OPTS_KC_HEAP"] = f"-Xms256m -Xmx{_HEAP_MIB + cached_users // _USERS_A_MIB}m"
        log_file, variables = directory / "keycloak.log", for_keycloak(database) | options
        with start_keycloak(log_file=log_file, database=variables) as keycloak:
            try:
                yield Servers(keycloak, database, postgres, port, directory)
            except Exception as error:
                error.add_note(f"The end of Keycloak's log:\n{tail(keycloak.log_file)}")
                raise
        sink.stdin.close()


def _lengthen_tokens(place: Place) -> None:
    admin = place.administrator()
    client_id = admin.get_client_id(place.settings.keycloak.client_id)
    assert client_id is not None
    client = admin.get_client(client_id)
    client["attributes"]["access.token.lifespan"] = str(TOKEN_SECONDS)
    admin.update_client(client_id, client)
