"""The jobs of the service, one line each: each does all that is due up to now, so none is ever lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from provisioner.domain.calendar import PARIS
from provisioner.domain.connections.record import Stream
from provisioner.operations import connections, controls
from provisioner.operations.context import Context, Ending, RunResult
from provisioner.operations.drop_folder import take
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.incidents import remind as remind_of_incidents
from provisioner.operations.invitations import repeat_due
from provisioner.operations.notice_delivery import Delivered, deliver, waiting
from provisioner.operations.run import sync
from provisioner.register import run_lock
from provisioner.settings import Settings

#: What a run did, in numbers: its changes by action and outcome (`done`, `failed`, or `set-aside` when one failed for
#: a person or a partner alone), the notices (`notice`) that were `sent` or `failed`, and the events (`event`) that
#: were stored, of each list (`connections`, `console`).
Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Job:
    """Something that the service does by itself, when its trigger says.

    `run` works through everything that is due and gives what it did, None when nothing is to be counted. It raises
    what its operation raises: the runner tells a system that is away from a defect. Whatever takes long looks at
    `context.stop`. One that is `beside` waits for none of the others, however long they take: it takes no run's lock.
    """

    name: str
    trigger: Callable[[Settings], BaseTrigger]
    run: Callable[[Context], Counts | None]
    beside: bool = False


class Every(IntervalTrigger):  # type: ignore[misc]  # APScheduler has no types
    """APScheduler's interval, without a list of the times that were missed, of which one is made up anyway.

    A clock put forward by ten years has missed 30 million looks at the drop folder.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds=seconds, timezone=PARIS)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """An interval after the last time, or after now where that has passed already."""
        due: datetime = super().get_next_fire_time(previous_fire_time, now)
        return due if due > now else super().get_next_fire_time(now, now)


def daily(at: str) -> CronTrigger:
    """Once a day at that HH:MM in Paris."""
    hour, minute = at.split(":")
    return CronTrigger(hour=int(hour), minute=int(minute), timezone=PARIS)


def sync_all(context: Context, *, whole_journal: bool = False) -> Counts:
    """Everything that is due, of every partner; with `whole_journal` all of the journal is verified.

    Raises:
        UnknownRealm: the realm is another one, and nothing was done: no good run.
    """
    result = sync(context, [], _no_bar, at_once=False, whole_journal=whole_journal)
    if result.ending is Ending.UNKNOWN_REALM:
        raise UnknownRealm
    return counts_of(result)


def repeat_links(context: Context) -> Counts:
    """The second and third links of who used none, and what their partners are told."""
    return counts_of(repeat_due(context, _no_bar, at_once=False))


def send_notices(context: Context) -> Counts | None:
    """The notices whose next try is due, the reminders of incidents among them: these wait for no Keycloak."""
    remind_of_incidents(context.register, context.settings, context.by)
    if waiting(context.register).waiting == 0:
        return None
    with run_lock(context.register, context.settings, context.by):
        return _of_notices(deliver(context.register, context.settings, context.by, context.stop))


def read_events(context: Context) -> Counts:
    """What happened in the realm since the last time, and what of it looks wrong (L1)."""
    pulled = connections.pull(context)
    controls.judge(context)
    counts = {Stream.CONNECTIONS: pulled.events, Stream.CONSOLE: pulled.admin_events}
    return {("event", stream): count for stream, count in counts.items() if count}


def prove_events(context: Context) -> None:
    """Nothing is missing of what Keycloak holds; what is too old goes (D1)."""
    connections.verify(context)
    controls.judge(context, nightly=True)
    connections.purge(context)


#: In the order in which `serve --once` runs them.
JOBS = (
    Job("inbox", lambda settings: Every(settings.service.poll_seconds), take),
    Job("sync", lambda settings: Every(settings.service.sync_minutes * 60), sync_all),
    Job("sweep", lambda settings: daily(settings.service.sweep_at), partial(sync_all, whole_journal=True)),
    Job("invitations", lambda settings: daily(settings.service.invitations_at), repeat_links),
    Job("notices", lambda settings: Every(settings.service.notices_seconds), send_notices),
    Job("connections", lambda settings: Every(settings.connections.pull_seconds), read_events, beside=True),
    Job("connections-sweep", lambda settings: daily(settings.service.sweep_at), prove_events, beside=True),
)


def counts_of(result: RunResult) -> Counts:
    """What an operation did, in numbers."""
    counts = Counter((str(change.action), "done") for change in result.done)
    quarantined = result.quarantined
    for failure in result.failed:
        counts[str(failure.change.action), "set-aside" if failure in quarantined else "failed"] += 1
    return {**counts, **_of_notices(result.notices)}


def failed_changes(counts: Counts) -> int:
    """How many changes were due and could not be made, by what is no person's or partner's own."""
    return sum(count for (what, outcome), count in counts.items() if outcome == "failed" and what != "notice")


def _of_notices(delivered: Delivered | None) -> Counts:
    numbers = {} if delivered is None else {"sent": delivered.sent, "failed": delivered.failed}
    return {("notice", outcome): number for outcome, number in numbers.items() if number}


@contextmanager
def _no_bar(_total: int) -> Iterator[Callable[[], None]]:
    yield lambda: None
