"""What one wait costs in a large realm: seconds, calls and memory beside their aims, of the real commands.

A realm of 12 persons and one of many (20,000 by default, of 1,000 partners), each with its register on PostgreSQL, on
one Keycloak whose user cache holds everybody. The rows of one real account are copied, so filling takes a minute.

`make bench-large`, or `python -m bench.large sync start --partners 100`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.crowd import crowd, fill_realm, fill_register
from bench.memory import measure_serve
from bench.place import Place, Servers, Work, known, open_servers, whole
from provisioner.domain.access.change import Action
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.people import EmailAddress, Person
from provisioner.keycloak.groups import id_by_path
from provisioner.logs import configure_logging
from provisioner.operations.check import Request as Application
from provisioner.operations.context import Ending
from provisioner.operations.decide import apply_document
from tests.shared.login_form import LoginForm

#: Persons of a partner of the large realm, and all of the small one.
_EACH, _SMALL = 20, 12

#: How many days ago everybody was asked for (`crowd`).
_ASKED_DAYS = 30

_PASSWORD = "Cinq petits mots sans suite 1!"


@dataclass(frozen=True)
class Cost:
    """What one command took: seconds on the clock and of its processor, and its memory at most."""

    seconds: float
    processor: float
    mib: float


@dataclass
class Figures:
    """The figures as they come: what, measured, aimed at."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, figure: str, unit: str, measured: list[float], aim: float | None = None) -> None:
        """One more, told at once: the median of what was measured."""
        middle = median(measured)
        row = {"figure": figure, "unit": unit, "median": middle, "measured": measured, "aim": aim}
        self.rows.append(row | {"load": os.getloadavg()[0]})
        print(f"{figure}: {middle:.3g} {unit}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)

    def show(self) -> None:
        """All of them."""
        table = Table("figure", "median", "least-greatest", "aim at most", "load")
        for row in self.rows:
            values = row["measured"]
            assert isinstance(values, list)
            spread = f"{min(values):.3g}-{max(values):.3g}"
            aim = "" if row["aim"] is None else f"{row['aim']:g}"
            table.add_row(f"{row['figure']}", f"{row['median']:.3g} {row['unit']}", spread, aim, f"{row['load']:.1f}")
        Console(width=None if sys.stdout.isatty() else 130).print(table)


@dataclass
class Realm:
    """A filled realm with its register."""

    place: Place
    partners: int
    each: int
    #: of whom nothing was asked yet
    unused: Iterator[Person]

    @classmethod
    def filled(cls, servers: Servers, partners: int, each: int) -> Realm:
        """Made in a minute for 20,000 persons."""
        place = servers.new_place()
        configure_logging(place.settings.log)
        groups = fill_realm(place, servers.keycloak_database, partners, each)
        root = id_by_path(place.administrator(), place.settings.keycloak.group_root)
        assert root is not None
        with place.context() as context:
            fill_register(context.register, partners, each, groups, context.directory.realm_id(), root)
        day = place.clock.today() - timedelta(days=_ASKED_DAYS)
        return cls(place, partners, each, (habilitation.person for habilitation in crowd(partners, each, day)))

    @property
    def persons(self) -> int:
        """How many it was filled with."""
        return self.partners * self.each

    def command(self, *arguments: str) -> Cost:
        """Runs one command to its end.

        Raises:
            RuntimeError: it failed.
        """
        environment = {**os.environ, **self.place.environment}
        command = [str(Path(sys.executable).with_name("provisioner")), *arguments]
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds, process.returncode = time.perf_counter() - began, os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{arguments[:2]}: exit status {process.returncode}")
        return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

    def add_one(self, code: str, newcomer: Person) -> tuple[float, int]:
        """One more person for that partner, by an annexe that names all of its own: seconds and calls."""
        asked_on, today = self.place.clock.today() - timedelta(days=_ASKED_DAYS), self.place.clock.today()
        people = [h.person for h in crowd(self.partners, self.each, asked_on) if h.partner == code]
        work = Work(code, f"{code}.example", "", (*people, newcomer))
        # Only the first day in it is that of the sending; the others are those on which everybody was asked for.
        asked_day, sent_day = (f"{day:%d/%m/%Y}".encode() for day in (asked_on, today))
        annexe = work.annexe(asked_on, work.people).replace(asked_day, sent_day, 1)
        with self.place.context() as context:
            document = Document(name=f"{code}.csv", content=annexe)
            decisions = Decisions(keep_all=True)
            application = Application(
                document=document, partner=code, by="bench", decisions=decisions, received_on=today
            )
            began, before = time.perf_counter(), context.directory.calls
            result = apply_document(context, application, lambda _count: nullcontext(lambda: None), None)
            seconds, calls = time.perf_counter() - began, context.directory.calls - before
        if result.ending is not Ending.APPLIED or [change.action for change in result.done].count(Action.OPEN) != 1:
            raise RuntimeError(f"{result.ending}: {result.failed[:1]}")
        return seconds, calls

    def shut_out(self, person: Person) -> Cost:
        """`person suspend` of somebody who is logged in: from the command to the last dead session."""
        admin = self.place.administrator()
        id_ = admin.get_user_id(person.email)
        assert id_ is not None
        admin.set_user_password(id_, _PASSWORD, temporary=False)
        browser = LoginForm(self.place.settings)
        assert browser.log_in(person.email, _PASSWORD), "the person cannot log in"
        browser.close()
        assert admin.get_sessions(id_), "there is no session to end"
        cost = self.command("person", "suspend", person.email, "--by", "bench", "--reason", "Essai")
        assert not admin.get_sessions(id_), "a session is left"
        return cost


def _newcomers(code: str) -> Iterator[Person]:
    for number in count(1):
        yield Person("Nouvelle", "Claude", "agente", EmailAddress(f"nouvelle.{number}@{code}.example"))


def _growth(figures: Figures, small: Realm, large: Realm, pairs: int) -> None:
    """One more person, in both realms in turn: the first of each is not counted, it fills the caches."""
    people = {realm.persons: _newcomers("p00000") for realm in (small, large)}
    seconds: dict[int, list[float]] = {small.persons: [], large.persons: []}
    calls: dict[int, int] = {}
    for _ in range(pairs + 1):
        for realm in (small, large):
            took, calls[realm.persons] = realm.add_one("p00000", next(people[realm.persons]))
            seconds[realm.persons].append(took)
    ratios = [in_large / in_small for in_small, in_large in zip(*seconds.values(), strict=True)][1:]
    told = f"one person added to one of {large.partners} partners, realm of {large.persons}"
    figures.add(told, "s", seconds[large.persons][1:])
    figures.add("… to a realm of 12, time", "times", ratios, 1.3)
    figures.add("… to a realm of 12, calls", "times", [calls[large.persons] / calls[small.persons]], 1.3)


def _unchanged(figures: Figures, realm: Realm, runs: int) -> None:
    realm.command("sync")
    costs = [realm.command("sync") for _ in range(runs)]
    figures.add(f"unchanged sync of {realm.persons}", "s", [cost.seconds for cost in costs], 10)
    figures.add("… its own processor", "s", [cost.processor for cost in costs])
    figures.add("… its memory at most", "MiB", [cost.mib for cost in costs], 200)
    realm.place.administrator().clear_user_cache()
    figures.add("… with Keycloak's user cache emptied", "s", [realm.command("sync").seconds])


def _shut_out(figures: Figures, realm: Realm, runs: int) -> None:
    people = [person for _, person in zip(range(runs), realm.unused, strict=False)]
    costs = [realm.shut_out(person) for person in people]
    figures.add(f"one logged-in person suspended, realm of {realm.persons}", "s", [cost.seconds for cost in costs], 2)


def _starts(figures: Figures, realm: Realm, runs: int) -> None:
    email = next(realm.unused).email
    commands: dict[str, tuple[float, tuple[str, ...]]] = {
        "--help": (0.3, ("--help",)),
        "partner list (register)": (0.7, ("partner", "list")),
        "person show (Keycloak)": (1.0, ("person", "show", email)),
    }
    for told, (aim, command) in commands.items():
        figures.add(f"start: {told}", "s", [realm.command(*command).seconds for _ in range(runs)], aim)


def _serve(figures: Figures, servers: Servers, large: Realm, persons: int) -> None:
    realm = large if large.persons == persons else Realm.filled(servers, persons // _EACH, _EACH)
    sizes, aim = measure_serve(realm.place), _SERVE_MIB.get(persons)
    figures.add(f"serve at rest, {persons} persons", "MiB", [sizes["rest"]["rss"]], aim)
    figures.add("… after scrapes and pages", "MiB", [sizes["scraped"]["rss"], sizes["pages"]["rss"]], aim)
    figures.add("… at most", "MiB", [sizes["most"]["rss"]])


#: What `serve` may keep, by the number of persons.
_SERVE_MIB = {2000: 160, 200_000: 300}

_ALL = ("growth", "sync", "shut-out", "start", "serve")


def main() -> int:
    """Measures what was chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"which ones (default: all): {', '.join(_ALL)}")
    parser.add_argument("--partners", type=whole(2), default=1000, help=f"of the large realm, {_EACH} persons each")
    parser.add_argument(
        "--serve", type=whole(_EACH), nargs="*", default=[2000], help="persons of the realms of `serve`"
    )
    parser.add_argument("--runs", type=whole(1), default=5, help="of each command")
    parser.add_argument("--json", type=Path, default=Path("build/large.json"), help="where every run is written down")
    chosen = parser.parse_args()
    names = known(parser, chosen.figures, _ALL)
    figures = Figures()
    with (
        tempfile.TemporaryDirectory(prefix="provisioner-bench-") as home,
        open_servers(Path(home), chosen.partners * _EACH * 2) as servers,
    ):
        small = Realm.filled(servers, 1, _SMALL)
        large = Realm.filled(servers, chosen.partners, _EACH)
        steps: dict[str, list[Callable[[], None]]] = {
            "growth": [partial(_growth, figures, small, large, chosen.runs)],
            "sync": [partial(_unchanged, figures, large, chosen.runs)],
            "shut-out": [partial(_shut_out, figures, realm, chosen.runs) for realm in (small, large)],
            "start": [partial(_starts, figures, small, chosen.runs)],
            "serve": [partial(_serve, figures, servers, large, persons) for persons in chosen.serve],
        }
        for step in (step for name in names for step in steps[name]):
            step()
            chosen.json.parent.mkdir(parents=True, exist_ok=True)
            chosen.json.write_text(json.dumps(figures.rows, indent=1) + "\n", "utf-8")
    figures.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
