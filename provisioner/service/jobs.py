"""The jobs of the service, one line each: each does all that is due up to now, so none is ever lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import partial

from provisioner.operations.context import Outcome, Tools, Verdict
from provisioner.operations.dropping import take
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.invitations import repeat_due
from provisioner.operations.sending import Delivered, deliver, waiting
from provisioner.operations.syncing import sync
from provisioner.register import run_lock
from provisioner.service.schedules import Daily, Every, Schedule
from provisioner.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Did:
    """What a run did, in numbers: changes by action and outcome (`done`, `failed`, or `set-aside` when it failed for
    a person or a partner alone), and how the notices went.
    """

    changes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    notices: Delivered | None = None

    @property
    def failed(self) -> int:
        """How many changes were due and could not be made."""
        return sum(count for (_, outcome), count in self.changes.items() if outcome == "failed")

    @property
    def is_something(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.changes) or (self.notices is not None and bool(self.notices.sent or self.notices.failed))


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the service does by itself.

    `run` works through everything that is due and gives what it did, None when nothing is to be counted. It raises
    what its operation raises: the runner tells a system that is away from a defect, and tries again later. Whatever
    takes long looks at `tools.stop`.
    """

    name: str
    schedule: Callable[[ServiceSettings], Schedule]
    run: Callable[[Tools], Did | None]


def sync_all(tools: Tools, *, whole_journal: bool = False) -> Did:
    """Everything that is due, of every partner; with `whole_journal` all of the journal is verified.

    Raises:
        UnknownRealm: the realm is another one, and nothing was done: no good run.
    """
    outcome = sync(tools, [], _no_bar, at_once=False, whole_journal=whole_journal)
    if outcome.verdict is Verdict.UNKNOWN_REALM:
        raise UnknownRealm
    return did(outcome)


def repeat_links(tools: Tools) -> Did:
    """The second and third links of who used none, and what their partners are told."""
    return did(repeat_due(tools, _no_bar, at_once=False).outcome)


def send_notices(tools: Tools) -> Did | None:
    """The notices whose next try is due."""
    if waiting(tools.register).waiting == 0:
        return None
    with run_lock(tools.register, tools.settings):
        return Did(notices=deliver(tools.register, tools.settings, tools.clock, tools.stop))


#: In the order in which `serve --once` runs them.
JOBS = (
    Job("inbox", lambda settings: Every(timedelta(seconds=settings.poll_seconds)), take),
    Job("sync", lambda settings: Every(timedelta(minutes=settings.sync_minutes)), sync_all),
    Job(
        "sweep", lambda settings: Daily(time.fromisoformat(settings.sweep_at)), partial(sync_all, whole_journal=True)
    ),
    Job("invitations", lambda settings: Daily(time.fromisoformat(settings.invitations_at)), repeat_links),
    Job("notices", lambda settings: Every(timedelta(seconds=settings.notices_seconds)), send_notices),
)


def did(outcome: Outcome) -> Did:
    """An operation's answer in numbers."""
    counts: Counter[tuple[str, str]] = Counter()
    counts.update((str(one.action), "done") for one in outcome.outcome.done)
    aside = outcome.outcome.set_aside
    counts.update(
        (str(one.change.action), "set-aside" if one in aside else "failed") for one in outcome.outcome.failed
    )
    return Did(counts, outcome.notices)


@contextmanager
def _no_bar(_total: int) -> Iterator[Callable[[], None]]:
    yield lambda: None
