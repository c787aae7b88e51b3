"""The N-th outside operation of a run fails, N = 1, 2, 3 … until a run ends untouched; one oracle each time.

The directory in memory, for its speed; the same is done with the real server in tests/faults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from provisioner.documents import read_annexe
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.document import Annexe
from provisioner.domain.journal_check import verify
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations.context import RunResult
from provisioner.register import RegisterUnavailable, journal
from provisioner.settings import DocumentSettings
from tests.fakes.failing import FailMode, Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice
from tests.operations.test_decided_beside_a_run import annexe

LYS = "agglo-lys"
FIRST = annexe(("leroy", "vasseur"))
SECOND = annexe(("leroy", "nguyen"), ("vasseur",), on="2026-06-16")
OPEN, CLOSED = {"leroy", "nguyen"}, {"vasseur"}

#: More than any run has: a loop that comes here has not ended by itself.
TOO_MANY = 100

#: Breaks one run of an office at its N-th operation; says whether it did.
Breaks = Callable[[], bool]


@cache
def _read_once(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    return read_annexe(content, name, limits)


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Callable[[], MemoryOffice]]:
    """Offices on the day of the second annexe, the first one applied; each as new."""
    first = MemoryOffice(tmp_path / "first", read=_read_once)
    first.add_partner(LYS, "agglo-lys.example")
    first.on(date(2026, 6, 16))
    first.apply(FIRST, LYS)
    first.on(date(2026, 6, 17))
    opened = [first]

    def new() -> MemoryOffice:
        while opened[1:]:
            opened.pop().close()
        opened.append(first.copied_to(tmp_path / str(len(list(tmp_path.iterdir())))))
        return opened[-1]

    yield new
    for office in opened:
        office.close()


def applied(office: MemoryOffice) -> RunResult | None:
    """The run that meets the fault: what it says was done, None when it ended otherwise."""
    with suppress(Killed, KeycloakError, RegisterUnavailable):
        return office.apply(SECOND, LYS)
    return None


def names(addresses: Iterator[str]) -> Counter[str]:
    return Counter(address.partition("@")[0] for address in addresses)


def tells_the_story(office: MemoryOffice, number: int) -> None:
    """The mails, the directory person by person, the register, the journal and the next run: all say the same."""
    assert names(mail.to for mail in office.directory.mails) == Counter({*OPEN, *CLOSED}), number
    accounts = {account.email.partition("@")[0]: account for account in office.directory.accounts.values()}
    assert {name for name, account in accounts.items() if account.enabled} == OPEN, number
    assert {name for name, account in accounts.items() if not account.enabled} == CLOSED, number
    assert names(iter(office.directory.members(LYS))) == Counter({*OPEN, *CLOSED}), number
    records = office.context.register.records()
    states = {habilitation.email.partition("@")[0]: habilitation.state for habilitation in records.habilitations}
    assert states == {**dict.fromkeys(OPEN, State.OPEN), **dict.fromkeys(CLOSED, State.CLOSED)}, number
    emails = {habilitation.id: habilitation.email for habilitation in records.habilitations}
    sent = names(emails[attempt.habilitation] for attempt in records.attempts if attempt.sent_at)
    assert sent == Counter({*OPEN, *CLOSED}), number
    assert not any(attempt.is_unsettled or attempt.is_uncertain for attempt in records.attempts), number
    assert records.holds == (), number
    rows = [row for page in journal.pages(office.context.register) for row in page]
    assert verify(rows).bad is None, number
    office.directory.read_only = True
    again = office.sync()
    assert again.plan is not None
    assert (again.plan.changes, again.plan.drift, again.failed) == ((), (), []), number


def until_untouched(
    offices: Callable[[], MemoryOffice], breaks: Callable[[MemoryOffice, int], AbstractContextManager[Breaks]]
) -> int:
    """How many operations the run has: each was broken once, and the next runs ended the work."""
    for number in range(1, TOO_MANY):
        office = offices()
        with breaks(office, number) as was_broken:
            outcome = applied(office)
            is_broken = was_broken()
        office.reopen()
        if not is_broken:
            assert outcome is not None
            assert outcome.failed == []
            tells_the_story(office, number)
            return number - 1
        with suppress(KeycloakError):
            office.sync()
        office.apply(SECOND, LYS)
        office.sync()
        tells_the_story(office, number)
    raise AssertionError("the run has more operations than were tried")


@pytest.mark.parametrize(
    ("mode", "for_good"),
    [
        ("before", False),
        ("after", False),
        ("before", True),
        ("after", True),
        ("crash-before", False),
        ("crash-after", False),
    ],
)
def test_each_call_to_keycloak_fails_once_for_good_or_by_our_death(
    offices: Callable[[], MemoryOffice], mode: FailMode, for_good: bool
) -> None:
    @contextmanager
    def breaks(office: MemoryOffice, number: int) -> Iterator[Breaks]:
        office.directory.fail(number, mode, for_good=for_good, reads_too=True)
        yield lambda: office.directory.has_failed

    # The realm's state, a closure's two writes, an opening, the link and what is asked before it, at least.
    assert until_untouched(offices, breaks) >= 7


@pytest.mark.parametrize(
    ("how", "for_good"),
    [("commit-fails", False), ("commit-fails", True), ("commit-kills", False), ("commit-then-killed", False)],
)
def test_each_commit_of_the_register_fails_once_for_good_or_by_our_death(
    offices: Callable[[], MemoryOffice], how: str, for_good: bool
) -> None:
    @contextmanager
    def breaks(office: MemoryOffice, number: int) -> Iterator[Breaks]:
        commits = Commits(office.context.register.engine, Fault(number, how, for_good))
        yield lambda: commits.has_failed
        commits.end()

    # The annexe entered, the run begun, a closure, an opening, the link's intention and its outcome, at least.
    assert until_untouched(offices, breaks) >= 5
