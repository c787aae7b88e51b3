"""Plays a history on a real Keycloak: people by the real commands, the rest by one long-lived `serve` process."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from contextlib import ExitStack
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from provisioner.domain.access.habilitation import State
from provisioner.domain.calendar import PARIS
from provisioner.keycloak.realm import apply_realm
from provisioner.operations.notice_delivery import waiting
from provisioner.register import open_register
from provisioner.sandbox.keycloak import Keycloak
from provisioner.settings import load_settings
from tests.serve.serving import until
from tests.shared import approvals
from tests.shared.console import Console
from tests.shared.office import Office
from tests.shared.proxy import FaultyProxy
from tests.shared.sink import FaultyMailbox
from tests.soak.history import Day
from tests.soak.model import Annexe, Model, Row
from tests.soak.service import Service, Strikes
from tests.soak.service_main import MovedClock, write

BY = approvals.BY

#: The contacts' addresses, whose notices are no links.
_CONTACTS = ".contacts.example"


class Player:
    """An office of its own on that server, its service, and the model that it is held to."""

    def __init__(self, keycloak: Keycloak, home: Path) -> None:
        self.keycloak, self.home, self.closing = keycloak, home, ExitStack()
        self.mailbox = self.closing.enter_context(FaultyMailbox(home / "mail"))
        settings = load_settings(environment=self._variables(home))
        apply_realm(settings)
        self.office = Office(settings, self.mailbox, home)
        self.office.environment |= self._variables(home)
        self.proxy = FaultyProxy(keycloak.url)
        self.closing.callback(self.proxy.stop)
        self.console = Console(self.office)
        self.closing.callback(self.console.connection.close)
        self.model = Model(date.min)
        self.mails = self.files = 0
        self.report: Counter[str] = Counter()
        write(home / "clock", "0")
        self.clock = MovedClock(home / "clock")
        self.closing.enter_context(patch("provisioner.clock.make_clock", lambda _settings: self.clock))

    def _variables(self, home: Path) -> dict[str, str]:
        given = {
            "KEYCLOAK__URL": self.keycloak.url,
            "KEYCLOAK__REALM": "endurance",
            "KEYCLOAK__CLIENT_SECRET": "secret-of-the-soak",
            "KEYCLOAK__ADMIN_USERNAME": self.keycloak.admin_username,
            "KEYCLOAK__ADMIN_PASSWORD": self.keycloak.admin_password,
            "SMTP__HOST": self.mailbox.host,
            "SMTP__PORT": str(self.mailbox.port),
            "SMTP__FROM": "ne-pas-repondre@caf.example",
            "DATA_DIR": str(home / "data"),
            "INVITATION__LIFESPAN_HOURS": "12",  # a day's walk may begin some minutes earlier than the last one's
            "INVITATION__SETTLE_SECONDS": "2",
            "DOCUMENTS__SECONDS": "300",  # a machine under load is no fault of the document
        }
        return {f"PROVISIONER_{name}": value for name, value in given.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.close()

    def play(self, days: list[Day], looks: int, say: Any = lambda line: None) -> None:
        """Every day, compared with the model; everything that can be read is looked at `looks` times."""
        self._move(days[0].on)
        self.service = Service(self.office, self.proxy)
        self.closing.callback(self.service.end)
        self.strikes = Strikes(self.service, self.keycloak, self.mailbox)
        for number, day in enumerate(days, start=1):
            try:
                self._day(day)
                if number * looks // len(days) != (number - 1) * looks // len(days):
                    self._look()
                    say(f"{day.on} {self.service.told} {dict(self.strikes.hit)}")
            except Exception as error:
                raise AssertionError(f"on {day.on}, fault {day.fault}, did {day.actions}") from error
        self._log_names_nobody()

    def _move(self, day: date) -> None:
        self.today = day.isoformat()
        there = datetime.combine(day, time(9), PARIS)
        write(self.home / "clock", str((there - datetime.now(PARIS)).total_seconds()))

    def _day(self, day: Day) -> None:
        self._move(day.on)
        self.model.today = day.on
        for action in day.actions:
            self.model.do(action)
            name, *given = action
            getattr(self, name)(*given)
        expected = self.model.settle()
        failing = self.strikes.work(day.fault)
        if day.fault:
            self._until_done("sync")
            self._until_done("invitation", "repeat", "--by", BY)
        assert not failing, failing
        self._compare(expected)

    def _until_done(self, *command: str) -> None:
        """What a person types after an incident, instead of waiting for what rests."""
        for _ in range(4):
            if (answer := self._run(*command, "--format", "json", status=None)).status == 0:
                return
        raise AssertionError(answer)

    # What people do.

    def _run(self, *arguments: str | Path, status: int | None = 0) -> Any:
        answer = self.office.run(*arguments)
        assert status in (None, answer.status), (arguments, answer)
        return answer

    def partner_added(self, code: str, ends: date) -> None:
        self._run("partner", "add", code, "--name", code, "--domain", f"{code}.example", "--signed-on", self.today,
                  "--ctg-end", ends.isoformat())  # fmt: skip
        people = [f"Anne Martin <{role}@{code}{_CONTACTS}>" for role in ("habilitations", "securite")]
        on = ("--on", self.today)
        self._run("partner", "contacts", code, *on, "--habilitations", people[0], "--securite", people[1])

    def partner_ends(self, code: str, on: date) -> None:
        self._run("partner", "end", code, "--on", on.isoformat(), "--reason", "essai", "--by", BY)

    def partner_reinstated(self, code: str) -> None:
        self._run("partner", "reinstate", code, "--reason", "essai", "--by", BY)

    def annexe(self, annexe: Annexe) -> None:
        file = self._file(annexe)
        decisions = ["--close-absent" if annexe.closes_absent else "--keep-absent", "all"]
        decisions += [part for old, new in annexe.renames for part in ("--rename", f"{old}={new}")]
        if annexe.way != "apply":
            submit = self._submit if annexe.way == "submit" else self._drop
            number = submit(file, annexe.partner)
            approvals.approve(self.office, number, *decisions, today=self.today)
            return
        status = 1 if annexe.is_held else 0
        done = self.office.apply(file, *decisions, today=self.today, partner=annexe.partner, status=status)
        assert not done["failed"], done
        if annexe.is_held:
            (held,) = done["blocked_by"]
            self._run("held", "release", held["plan_id"], "--by", BY, "--reason", "essai")

    def _submit(self, file: Path, partner: str, status: int = 0) -> int:
        return int(approvals.submit(self.office, file, today=self.today, partner=partner, status=status)["annexe"])

    def _drop(self, file: Path, partner: str) -> int:
        """Into the drop folder; the number is in the report."""
        folders = [self.home / "data" / box / partner for box in ("inbox", "outbox")]
        until(folders[0].is_dir, "the partner's folder")
        shutil.copy2(file, folders[0])
        report = folders[1] / f"{file.name}.rapport.json"
        until(report.exists, "the report", 120)
        return int(json.loads(report.read_text("utf-8"))["annexe"])

    def wrong_document(self, partner: str, kind: str) -> None:
        row = Row("Rebut", "agent", f"rebut@{'autre' if kind == 'domain' else partner}.example", self.model.today)
        on = date(2026, 1, 1) if kind == "stale" else self.model.today
        file = self._file(Annexe(partner, on, (row,), ()))
        if kind == "unreadable":
            file = file.with_suffix(".docx")
            file.write_bytes(b"PK\x03\x04")
        self._submit(file, partner, status=1)

    def rejected_annexe(self, annexe: Annexe) -> None:
        number = self._submit(self._file(annexe), annexe.partner)
        assert approvals.reject(self.office, number, today=self.today).status == 0

    def suspended(self, email: str) -> None:
        self._run("person", "suspend", email, "--by", BY, "--reason", "essai")

    def reopened(self, email: str, new_password: bool) -> None:
        more = ["--new-password"] if new_password else []
        self._run("person", "reopen", email, "--by", BY, "--reason", "essai", *more)

    def bounced(self, email: str) -> None:
        self._run("invitation", "bounced", email, "--by", BY)

    def link_used(self, email: str) -> None:
        self.console.set_password(email)

    def console_disables(self, email: str) -> None:
        self.console.save(email, enabled=False)

    def console_enables(self, email: str) -> None:
        self.console.save(email, enabled=True)

    def console_meddles(self, email: str) -> None:
        self.console.save(email, firstName="Autre", attributes={"partenaire": ["ailleurs"]})

    def console_deletes(self, email: str) -> None:
        self.console.delete(f"users/{self.console.user(email)['id']}")

    def console_adds(self, email: str, partner: str) -> None:
        id_ = self.console.add(email)
        group = self.console.connection.get(f"{self.console.realm}/group-by-path/partenaires/{partner}")["id"]
        self.console.connection.request("put", f"{self.console.realm}/users/{id_}/groups/{group}", {})

    def _file(self, annexe: Annexe) -> Path:
        """The annexe 1 as .csv."""
        lines = ["ANNEXE 1", f"Date de transmission :;{annexe.transmitted_on}"]
        for number, what, rows in ((1, "demande", annexe.asked), (2, "fin", annexe.ended)):
            lines += [
                "",
                f"{number} - Liste",
                f"Nom;Prénom;Fonction;Adresse électronique;Date de {what} d'habilitation",
            ]
            lines += [f"{row.name};Camille;{row.function};{row.email};{row.on}" for row in rows]
        self.files += 1
        file = self.home / f"annexe-{self.files}.csv"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        return file

    # What is compared.

    def _compare(self, expected: Counter[str]) -> None:
        """Today's e-mails with a link, and every account of the realm."""
        files = sorted(self.mailbox.directory.glob("*.eml"))[self.mails :]
        self.mails += len(files)
        to = [_first_line(file).strip().removeprefix("X-Envelope-To: ") for file in files]
        links = Counter(address for address in to if not address.endswith(_CONTACTS))
        assert links == expected, f"e-mails too many {links - expected}, too few {expected - links}"
        self.report["links"] += links.total()
        self.report["notices"] += len(to) - links.total()
        asked = {"max": "100000", "briefRepresentation": "true"}
        users = self.console.connection.get(f"{self.console.realm}/users", **asked)
        accounts, wanted = {user["email"]: user["enabled"] for user in users}, self.model.accounts()
        wrong = {
            key: (accounts.get(key), wanted.get(key))
            for key in {*accounts, *wanted}
            if accounts.get(key) != wanted.get(key)
        }
        assert not wrong, f"accounts enabled, wanted: {wrong}"

    def _look(self) -> None:
        """The plan, the groups, the register, the journal."""
        plan = self.office.plan(today=self.today)
        assert (plan["changes"], plan["blocked_by"]) == ([], []), plan
        assert Counter((drifted["kind"], drifted["email"]) for drifted in plan["drift"]) == self.model.drift(), plan[
            "drift"
        ]
        directory = self.office.directory()
        snapshot = directory.snapshot(dict.fromkeys(self.model.last_days))
        directory.close()
        emails = {account.id: str(account.email) for account in snapshot.accounts.values()}
        for code, group in snapshot.groups.items():
            wanted = {person.email for person in self.model.of(code) if person.has_account}
            wanted |= {email for email, partner in self.model.strangers.items() if partner == code}
            assert {emails[id_] for id_ in group.members if id_ in emails} == wanted if group else not wanted, code
        register = open_register(self.office.settings, self.clock)
        records = register.records()
        assert waiting(register).waiting == 0
        register.close()
        opened = sorted(
            habilitation.email for habilitation in records.habilitations if habilitation.state is State.OPEN
        )
        assert opened == sorted(person.email for person in self.model.people if person.is_open)
        closed = Counter(
            (str(habilitation.email), habilitation.end.on)
            for habilitation in records.habilitations
            if habilitation.state is State.CLOSED and habilitation.end
        )
        # a new address takes its history along
        due = Counter((person.email, on) for person, on in self.model.closures)
        assert closed == due, (closed - due, due - closed)
        self._run("journal", "verify")

    def memory_has_not_grown(self) -> None:
        """Of the last process, which lives through the last quarter: its first third fills pools and caches."""
        samples = self.service.lives[-1]
        for name, factor, more in (("rss_kib", 1.1, 8 * 1024), ("files", 1, 4), ("threads", 1, 2)):
            figures = [getattr(sample, name) for sample in samples]
            warm, end = max(figures[len(figures) // 3 :][:10]), max(figures[-10:])
            assert end <= warm * factor + more, (name, figures)

    def _log_names_nobody(self) -> None:
        named = [line for line in self.service.log_file.read_text("utf-8").splitlines() if ".example" in line]
        assert not named, named[:3]


def _first_line(file: Path) -> str:
    with file.open("rb") as lines:
        return lines.readline().decode()
