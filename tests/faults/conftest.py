"""A scene for the faults: an office that reaches Keycloak through a proxy, and mail through a sink of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provisioner.settings import Settings
from tests.shared.office import DOMAIN, PARTNER, Answer, Office, annexe_csv
from tests.shared.oracle import Story
from tests.shared.proxy import FaultyProxy
from tests.shared.sink import FaultyMailbox, send_through

TODAY = "2026-09-02"

#: Runs the command with a fault in its register.
FAULTY = Path(__file__).with_name("faulty_main.py")

#: One update, one closure, one opening: every kind of effect.
BEFORE = {"carpentier": "2026-06-10", "leroy": "2026-06-10", "vasseur": "2026-06-10"}
AFTER = {"carpentier": "2026-06-10", "leroy": "2026-06-11", "nguyen": "2026-09-01"}
GONE = {"vasseur": "2026-08-31"}


#: What the second annexe makes in Keycloak. Close: write, log out; update: write; open: create; the link.
EFFECTS = 6

#: And in the register, at least: the annexe entered, the run begun and ended, each effect, the link before and after.
COMMITS = 8


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
    code: str = PARTNER
    codes: list[str] = field(default_factory=list)

    def through_proxy(self, **more: str) -> dict[str, str]:
        return {"PROVISIONER_KEYCLOAK__URL": self.proxy.url, **more}

    def apply_first(self) -> None:
        """The state before the fault."""
        self.office.apply(self.first, today="2026-06-16")

    def apply_second(self, program: tuple[str, ...] | None = None, /, **environment: str) -> Answer:
        """The run that meets the fault."""
        arguments = ("apply", self.second, "--partner", self.code, "--approved-by", "Claire Martin", "--yes")
        return self.office.run(*arguments, "--format", "json", today=TODAY, program=program, **environment)

    def sync(self, **environment: str) -> Answer:
        """The run of everything that meets the fault."""
        return self.office.run("sync", "--format", "json", today=TODAY, program=None, **environment)

    def apply_until_done(self, runs: int = 3) -> None:
        """The next runs, without a fault: `safe to run again` is what exit status 3 promises."""
        answers: list[Answer] = []
        while len(answers) < runs:
            answers.append(self.apply_second())
            if answers[-1].status == 0:
                return
        raise AssertionError(answers)


class Stage(Scene):
    """The same scene again and again in one office: each time a partner of its own, so that no realm is made anew.

    `story` is what must be true of all of them once the last one's second annexe is applied.
    """

    def next_partner(self) -> None:
        """A partner whose first annexe is applied, and whose second one waits."""
        self.code = f"ville-{len(self.codes) + 1}"
        self.codes.append(self.code)
        domain, home = f"{self.code}.example", self.office.home
        self.office.add_partner(self.code, domain)
        first = annexe_csv(home / f"{self.code}-1.csv", BEFORE, {}, "2026-06-15", domain)
        self.second = annexe_csv(home / f"{self.code}-2.csv", AFTER, GONE, "2026-09-01", domain)
        self.office.apply(first, today="2026-06-16", partner=self.code)

    @property
    def story(self) -> Story:
        """What must be true of all."""

        def all_of(names: Iterable[str]) -> frozenset[str]:
            return frozenset(f"{name}@{code}.example" for code in self.codes for name in names)

        mailed = all_of([*BEFORE, "nguyen"])
        return Story(all_of(AFTER), all_of(GONE), dict.fromkeys(mailed, 1), tuple(self.codes))


@pytest.fixture
def stage(scene: Scene) -> Stage:
    return Stage(scene.office, scene.proxy, scene.mailbox, scene.first, scene.second)


@pytest.fixture
def scene(realm: Settings, proxy: FaultyProxy, tmp_path: Path) -> Iterator[Scene]:
    mailbox = FaultyMailbox(tmp_path / "mail")
    send_through(realm, mailbox)
    office = Office(realm, mailbox, tmp_path)
    office.add_partner()
    first = annexe_csv(tmp_path / "first.csv", BEFORE, {}, "2026-06-15")
    second = annexe_csv(tmp_path / "second.csv", AFTER, GONE, "2026-09-01")
    yield Scene(office, proxy, mailbox, first, second)
    mailbox.stop()
