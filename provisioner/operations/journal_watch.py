"""The journal as each pass looks at it: what is new, or at night the whole, a long one by a child process.

Started as `python -m provisioner.operations.journal_watch`, it is that child: it gets the settings by its standard
input, and answers by its standard output.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import structlog

from provisioner import COLLECTED_AFTER
from provisioner.clock import Clock
from provisioner.documents.walls import end_with_parent, hide
from provisioner.domain.journal import Head
from provisioner.domain.journal_check import Bad, JournalCheck, Problem, verify
from provisioner.logs import place_of
from provisioner.operations.journal import noted_head, verify_journal
from provisioner.register import Register
from provisioner.register import journal as rows
from provisioner.register.database import current_register
from provisioner.register.marks import JOURNAL_VERIFIED, JOURNAL_WANTING, mark, set_mark
from provisioner.settings import PREFIX, Settings

if TYPE_CHECKING:
    from provisioner.operations.context import Context

log = structlog.get_logger()

#: With more entries than this (about 5,000 persons), verifying takes longer than starting a process.
_LONG_JOURNAL = 20_000

#: How often, in seconds, it is looked whether the run must stop.
_LOOK_SECONDS = 0.5

#: For how many seconds a run waits to be stopped after its child was killed: whoever ends a service ends all of it.
_ENDED_TOO_SECONDS = 5


class _Stopped(Exception):
    """The run must stop before the journal is verified."""


def watch_journal(context: Context, *, whole: bool = False) -> str | None:
    """After a pass: verifies what follows the last verified head, or all of it; gives what is wanting, if anything.

    What was found wanting stays so until the whole is verified again. The head goes into the log, so that it stands
    outside the database. Where the run must stop before the end, nothing is recorded, and what was found earlier is
    given.
    """
    register = context.register
    with register.read() as connection:
        since = noted_head(connection)
        before = mark(connection, JOURNAL_WANTING) or None
    try:
        check = _verify_whole(context) if whole or since is None else _verify_since(register, since)
    except _Stopped:
        return before
    bad = check.bad
    if check.head is not None:
        log.info("journal.head", entry=check.head.entry, sha256=check.head.sha256)
    if bad is not None:
        log.error("journal.wanting", entry=bad.entry, problem=bad.problem.value)
        wanting: str | None = f"{bad.problem.value} {bad.entry or ''}".strip()
    else:
        wanting = None if whole else before
    if wanting != before or (check.head is not None and check.head != since):
        with context.work() as work:
            if check.head is not None:
                set_mark(work, JOURNAL_VERIFIED, str(check.head))
            set_mark(work, JOURNAL_WANTING, wanting or "")
    return wanting


def _verify_since(register: Register, since: Head) -> JournalCheck:
    following = chain.from_iterable(rows.pages(register, max(since.entry, 1)))
    if since.entry == 0:
        return verify(following)
    last = next(following, None)
    if last is None or last.entry.entry != since.entry:
        return JournalCheck(0, None, Bad(since.entry, Problem.CUT))
    if last.entry.sha256 != since.sha256 or not last.entry.is_whole:
        return JournalCheck(0, None, Bad(since.entry, Problem.REWRITTEN))
    return verify(following, since=since)


def _verify_whole(context: Context) -> JournalCheck:
    """A long journal is verified by a child process, because Python would keep much of the memory (270 MiB with
    200,000 persons) for as long as the service runs. Where the child fails, this process verifies.

    Raises:
        _Stopped: the run must stop.
    """
    with context.register.read() as connection:
        is_long = rows.head(connection).entry > _LONG_JOURNAL
    check = _verify_in_child(context) if is_long else None
    return check or verify_journal(context.register)


def _verify_in_child(context: Context) -> JournalCheck | None:
    """What a child process finds; None when it fails.

    Raises:
        _Stopped: the run must stop, and the child was ended.
    """
    status: int | None = None
    try:
        status, answer = _answer_of_child(context)
        check = pickle.loads(answer)  # noqa: S301 - of a process that we started
    except _Stopped:
        raise
    except Exception as error:  # it could not be started, or what it wrote is no answer
        check = type(error).__name__
    if isinstance(check, JournalCheck):
        return check
    was_killed = status is not None and status < 0
    if was_killed and context.stop.wait(_ENDED_TOO_SECONDS):
        raise _Stopped
    log.warning("journal.child-failed", status=status, error=check)
    return None


def _answer_of_child(context: Context) -> tuple[int, bytes]:
    """The child's exit status and what it wrote.

    Raises:
        OSError: it cannot be started.
        _Stopped: the run must stop.
    """
    # PostgreSQL's library may be told in its own variables where a password or a certificate is.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    # A file in memory: what is written to a pipe may wait for its reader.
    with os.fdopen(os.memfd_create("settings"), "w+b") as settings:
        pickle.dump(context.settings, settings)
        settings.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", "-m", __name__],
            stdin=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us to understand
        )
    with child:
        try:
            while not context.stop.is_set():
                with suppress(subprocess.TimeoutExpired):
                    answer, _ = child.communicate(timeout=_LOOK_SECONDS)
                    return child.returncode, answer
        finally:
            child.kill()
    raise _Stopped


def main() -> None:
    """Reads the settings, verifies the journal that they name, and writes what was found, or why nothing was."""
    hide()
    end_with_parent()
    gc.set_threshold(COLLECTED_AFTER)
    settings: Settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started this one
    found: JournalCheck | str
    try:
        with current_register(settings, Clock()) as register:
            found = "the register is of another version" if register is None else verify_journal(register)
    except Exception as error:  # whatever it is, who started us tries it again, and says what it meets
        found = f"{type(error).__name__} at {place_of(error)}"
    sys.stdout.buffer.write(pickle.dumps(found))


if __name__ == "__main__":
    main()
