"""A few calls to Keycloak at once: each answer is handed back, and none is begun once it would be in vain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

import structlog

from provisioner.domain.access.change import Change
from provisioner.domain.hold import Cause, StillOpen
from provisioner.keycloak.errors import KeycloakError, KeycloakUnavailable, MailFailed, OutcomeUnknown, RealmUnfit
from provisioner.logs import place_of
from provisioner.register import may_act

if TYPE_CHECKING:
    from provisioner.keycloak.directory import Directory

log = structlog.get_logger()

#: How many times in a row Keycloak, or the mail server behind it, may fail to answer before the run gives up on it.
PATIENCE = 3

#: How many calls are handed to the pool, and how many finished ones are recorded together, in times its threads:
#: it works on while the register is written.
AHEAD, TOGETHER = 4, 2

#: Called once for each change that is settled.
Progress = Callable[[], None]

#: What a call tells.
Told = TypeVar("Told")

#: What became of an effect: the id in Keycloak, nothing, or why it failed.
Answer = str | KeycloakError | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A change that was not made, and why, without personal data."""

    change: Change
    cause: KeycloakError

    @property
    def error(self) -> str:
        """The reason as a sentence."""
        return str(self.cause)


class GivenUp(KeycloakError):
    """Not tried: Keycloak stopped answering, or the run was asked to stop."""


class NotBegun(GivenUp):
    """Given up before it was begun, though it was said to be about to."""


class Overtaken(NotBegun):
    """Not tried: a named person decided otherwise since the plan was made. It is no failure."""


class AccessStillOpen(KeycloakError):
    """An access that was to be closed is open: `why`, and what Keycloak answered. It is tried again by each run."""

    def __init__(self, why: StillOpen, answer: str, status: int | None = None) -> None:
        super().__init__(f"The access is still open ({why}): {answer}", status)
        self.why, self.answer = why, answer


class Defect(OutcomeUnknown):
    """A defect of ours, met at one change: an e-mail may have left or not."""


class Pool:
    """Calls Keycloak from a pool of threads; the caller's thread alone writes in the register."""

    def __init__(self, directory: Directory, threads: int, stop: threading.Event) -> None:
        self.directory, self.threads, self.stop = directory, threads, stop
        self._unanswered = 0
        self._last: KeycloakError | None = None
        self._was_excused = False
        self._unfit: RealmUnfit | None = None

    def each(
        self,
        changes: Iterable[Change],
        effect: Callable[[Change], Told],
        before: Callable[[Sequence[Change]], None] = lambda _changes: None,
    ) -> Iterator[list[tuple[Change, Told | KeycloakError]]]:
        """Runs one effect for each change, a few at once, and yields those that are finished, together.

        `before` is called with the changes that are about to be tried, in the caller's thread. Where the realm is to
        blame for one, the others would fail alike and are not tried.
        """
        self._unfit = None
        waiting = iter(changes)
        pending: dict[Future[Told], Change] = {}
        finished_calls: SimpleQueue[Future[Told]] = SimpleQueue()
        with ThreadPoolExecutor(self.threads) as pool:
            while True:
                batch = list(islice(waiting, AHEAD * self.threads - len(pending)))
                given_up = self._given_up()
                if given_up is not None:
                    cancelled = [pending.pop(future) for future in list(pending) if future.cancel()]
                    not_begun = [(change, NotBegun(str(given_up))) for change in cancelled]
                    yield [*not_begun, *((change, given_up) for change in batch)]
                elif batch:
                    self.learn()
                    before(batch)
                    for change in batch:
                        future = self._submit(pool, effect, change)
                        future.add_done_callback(finished_calls.put)
                        pending[future] = change
                if not pending and not batch:
                    return
                finished = self._finished(pending, finished_calls)
                yield [(pending.pop(future), self._failure(future) or future.result()) for future in finished]

    def _submit(self, pool: ThreadPoolExecutor, effect: Callable[[Change], Told], change: Change) -> Future[Told]:
        """In the caller's context: what the effect logs bears the run's id."""
        return pool.submit(copy_context().run, self._attempt, effect, change)

    def _attempt(self, effect: Callable[[Change], Told], change: Change) -> Told:
        """The effect, unless this process was frozen and another instance has taken over since (docs/service.md)."""
        if not may_act():
            raise NotBegun(Cause.SUPERSEDED)
        if self.is_overtaken(change):
            raise Overtaken(Cause.OVERTAKEN)
        return effect(change)

    def learn(self) -> None:
        """What was decided since, asked in the caller's thread before each batch."""

    def is_overtaken(self, _change: Change) -> bool:
        """Whether a decision since the plan was made stands against that change."""
        return False

    def _finished(
        self, pending: Collection[Future[Told]], finished_calls: SimpleQueue[Future[Told]]
    ) -> list[Future[Told]]:
        """Enough finished calls to be worth a commit, in their changes' order; all there are when few are left.

        Each call puts itself in `finished_calls` when it ends: asking every pending call after each answer took a
        tenth of a run's processor.
        """
        finished: set[Future[Told]] = set()
        enough = TOGETHER * self.threads
        while not finished_calls.empty() or len(finished) < min(1 if self.stop.is_set() else enough, len(pending)):
            if (future := finished_calls.get()) in pending:  # not one that was cancelled
                finished.add(future)
        return [future for future in pending if future in finished]

    def _given_up(self) -> GivenUp | None:
        if self.stop.is_set():
            return GivenUp(Cause.STOPPED)
        if not may_act():
            return GivenUp(Cause.SUPERSEDED)
        if self._unfit is not None:
            return GivenUp(str(self._unfit))
        if self._unanswered < PATIENCE or self._excuses():
            return None
        return GivenUp(Cause.NO_MAIL if isinstance(self._last, MailFailed) else Cause.SILENT)

    def _excuses(self) -> bool:
        """Whether those that had no answer are to blame themselves: Keycloak answers a plain question. Not twice
        without a call that went well in between.
        """
        if self._was_excused or isinstance(self._last, MailFailed):
            return False
        try:
            self.directory.ping()
        except KeycloakError:
            return False
        self._was_excused, self._unanswered = True, 0
        return True

    def _failure(self, future: Future[Told]) -> KeycloakError | None:
        """Why a call failed, if it did; counted."""
        error = future.exception()
        if error is None:
            self._unanswered, self._was_excused = 0, False
            return None
        if not isinstance(error, KeycloakError):
            if not isinstance(error, Exception):
                raise error
            error = Defect(f"{Cause.DEFECT}: {type(error).__name__} at {place_of(error)}")
        if isinstance(error, RealmUnfit):
            self._unfit = error if error.is_for_all else self._unfit
            log.error("realm.unfit", fault=error.fault)
        # 500 concerns that call alone, unless it says that an e-mail could not be given to the mail server.
        is_silent = isinstance(error, KeycloakUnavailable) and error.status != 500 and not isinstance(error, Defect)
        is_silent |= isinstance(error, MailFailed) and error.status == 500
        self._unanswered = self._unanswered + 1 if is_silent else 0
        self._last = error
        return error
