"""Sending the notices that are owed: each once, or once more after a crash, and none lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import structlog

from provisioner.mail import MailRefused, MailUnavailable, send
from provisioner.register import LockHeld, Register, check_lease, notices, run_lock
from provisioner.settings import Settings

#: For how long a pass of the service sends at most: with a slow mail server the next one goes on, and what closes an
#: access comes in between.
PASS_SECONDS = 30.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a pass over the notices went: those sent, those not sent, all that wait after it, and what the mail server
    answered last for one that was not sent.
    """

    sent: int
    failed: int
    waiting: int
    error: str = ""

    def after(self, earlier: Delivered) -> Delivered:
        """Both passes as one."""
        sent, failed = earlier.sent + self.sent, earlier.failed + self.failed
        return replace(self, sent=sent, failed=failed, error=self.error or earlier.error)


def deliver(
    register: Register, settings: Settings, by: str, stop: threading.Event | None = None, *, at_once: bool = False
) -> Delivered:
    """Sends what is due, one notice after the other, the urgent ones first.

    To be called by whoever holds the run lock (`run_lock`): two passes at once would send a notice twice. Each try is
    recorded before it is made. If the process dies after the mail server took a notice and before that is recorded,
    the notice goes once more, with the same Message-ID: by that, mail programs tell that it is the same one. Without
    a mail server and a sender's address in the settings nothing is tried.

    Unless somebody waits for it (`at_once`), what is not begun within `PASS_SECONDS` is left to the next pass.

    Args:
        register: with the notices.
        settings: for the mail server.
        by: who sends: a person by a command, or a run.
        stop: when set, the notice in hand is the last one.
        at_once: also tries what failed lately, whose next try is not due: for a person who runs a command.

    Raises:
        LockLost: the run lock is not ours any more; nothing more is sent.
        RegisterUnavailable: the register cannot be written; what was sent and could not be recorded goes once more.
    """
    urgent = deliver_urgent(register, settings, by, stop, at_once=at_once)
    with register.read() as connection:
        owed = notices.due(connection, None if at_once else register.clock.now())
    until = None if at_once else time.monotonic() + PASS_SECONDS
    return _send_each(register, settings, by, owed, stop, until).after(urgent)


def deliver_urgent(
    register: Register, settings: Settings, by: str, stop: threading.Event | None = None, *, at_once: bool = False
) -> Delivered:
    """Sends the urgent notices that are due, without the run's lock: each is taken by one pass only. `at_once` is as
    for `deliver`.
    """
    with register.read() as connection:
        owed = notices.urgent(connection, register.clock.now(), at_once=at_once)
    return _send_each(register, settings, by, owed, stop)


def _send_each(
    register: Register,
    settings: Settings,
    by: str,
    owed: Iterable[notices.Notice],
    stop: threading.Event | None,
    until: float | None = None,
) -> Delivered:
    """`until` is a moment of the monotonic clock."""
    sent = failed = 0
    refusal = ""
    for notice in owed if settings.smtp.is_set else ():
        if (stop is not None and stop.is_set()) or (until is not None and time.monotonic() > until):
            break
        with register.work(by) as work:
            envelope = notices.begin(work, notice)
        if envelope is None:
            continue
        check_lease()
        try:
            send(settings.smtp, envelope.recipient, envelope.content)
        except MailUnavailable as error:
            with register.work(by) as work:
                is_for_good = isinstance(error, MailRefused) and error.is_for_good
                notices.failed(work, notice, str(error), is_for_good=is_for_good)
            _log.warning("notice.failed", kind=notice.kind, partner=notice.partner, error=str(error))
            failed += 1
            refusal = str(error)
            if isinstance(error, MailRefused):
                continue
            break  # nor would it take the others
        with register.work(by) as work:
            notices.sent(work, notice)
        _log.info("notice.sent", kind=notice.kind, partner=notice.partner)
        sent += 1
    return replace(waiting(register), sent=sent, failed=failed, error=refusal)


def deliver_now(register: Register, settings: Settings, by: str) -> Delivered:
    """What a command owes is sent at once: first what is urgent, then the rest, unless another run is under way. That
    it leaves later is no failure.
    """
    urgent = deliver_urgent(register, settings, by, at_once=True)
    try:
        with run_lock(register, settings, by):
            delivered = deliver(register, settings, by, at_once=True)
    except LockHeld:
        delivered = waiting(register)
    return delivered.after(urgent)


def waiting(register: Register) -> Delivered:
    """No pass at all: what waits."""
    with register.read() as connection:
        return Delivered(0, 0, notices.owed_count(connection))
