"""A scene for the faults: an office that reaches Keycloak through a proxy, and mail through a sink of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioner.settings import Settings
from tests.faults.oracle import Story
from tests.faults.proxy import FaultyProxy
from tests.faults.sink import FaultyMailbox, send_through
from tests.service.office import DOMAIN, PARTNER, Answer, Office, annexe_csv

TODAY = "2026-09-02"

#: Runs the command with a fault in its register.
FAULTY = Path(__file__).with_name("faulty_main.py")

#: One update, one closure, one opening: every kind of effect.
BEFORE = {"carpentier": "2026-06-10", "leroy": "2026-06-10", "vasseur": "2026-06-10"}
AFTER = {"carpentier": "2026-06-10", "leroy": "2026-06-11", "nguyen": "2026-09-01"}
GONE = {"vasseur": "2026-08-31"}


def address(name: str) -> str:
    return f"{name}@{DOMAIN}"


#: What must be true once the second annexe is applied, whatever happened on the way.
STORY = Story(
    open=frozenset(map(address, AFTER)),
    closed=frozenset(map(address, GONE)),
    mails={address(name): 1 for name in [*BEFORE, "nguyen"]},
)


@dataclass
class Scene:
    """The office, its proxy and its sink; `first` and `second` are the annexes."""

    office: Office
    proxy: FaultyProxy
    mailbox: FaultyMailbox
    first: Path
    second: Path

    def through_proxy(self, **more: str) -> dict[str, str]:
        return {"PROVISIONER_KEYCLOAK__URL": self.proxy.url, **more}

    def apply_first(self) -> None:
        """The state before the fault."""
        self.office.apply(self.first, today="2026-06-16")

    def apply_second(self, program: tuple[str, ...] | None = None, /, **environment: str) -> Answer:
        """The run that meets the fault."""
        arguments = ("apply", self.second, "--partner", PARTNER, "--approved-by", "Claire Martin", "--yes")
        return self.office.run(*arguments, "--format", "json", today=TODAY, program=program, **environment)

    def apply_until_done(self, runs: int = 3) -> None:
        """The next runs, without a fault: `safe to run again` is what exit status 3 promises."""
        answers: list[Answer] = []
        while len(answers) < runs:
            answers.append(self.apply_second())
            if answers[-1].status == 0:
                return
        raise AssertionError(answers)


@pytest.fixture
def scene(realm: Settings, tmp_path: Path) -> Iterator[Scene]:
    mailbox = FaultyMailbox(tmp_path / "mail")
    send_through(realm, mailbox)
    proxy = FaultyProxy(realm.keycloak.url)
    office = Office(realm, mailbox, tmp_path)
    office.add_partner()
    first = annexe_csv(tmp_path / "first.csv", BEFORE, {}, "2026-06-15")
    second = annexe_csv(tmp_path / "second.csv", AFTER, GONE, "2026-09-01")
    yield Scene(office, proxy, mailbox, first, second)
    proxy.stop()
    mailbox.stop()
