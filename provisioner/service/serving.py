"""Puts the service's parts together: `serve`, and each job once for `serve --once`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from provisioner.clock import Clock
from provisioner.register import Register
from provisioner.service.jobs import JOBS, Job
from provisioner.service.metrics import Metrics, RegisterGauges
from provisioner.service.runner import Runner
from provisioner.service.scheduler import Service, notify
from provisioner.service.web import Web, pages_of
from provisioner.settings import Settings

log = structlog.get_logger()


def serve(settings: Settings, clock: Clock, register: Register, jobs: Sequence[Job] = JOBS) -> None:
    """Works until SIGTERM or SIGINT, then ends within 10 seconds.

    A run that does not end the effect in hand in time (Keycloak keeps it waiting) is left as it is, as by a kill:
    the next start goes on. The process then ends here, with status 3.

    Raises:
        SettingsError: the address of health and metrics cannot be listened on.
    """
    metrics = Metrics()
    metrics.registry.register(RegisterGauges(register, clock))
    service = Service(Runner(settings, clock, register, metrics), jobs)
    web = Web(settings.service.listen, pages_of(service))
    with on_signal(service.stopping.set):
        service.start()
        notify("READY=1")
        log.info("service.started", listen=settings.service.listen, jobs=list(service.jobs))
        has_ended = service.run()
    log.info("service.stopped", cut_off=not has_ended)
    if not has_ended:
        sys.stderr.flush()
        os._exit(3)  # an ordinary end would wait for the call under way
    web.stop()


def serve_once(settings: Settings, clock: Clock, register: Register, jobs: Sequence[Job] = JOBS) -> bool:
    """Runs every job that is due, once; whether none failed."""
    runner = Runner(settings, clock, register, Metrics())
    with on_signal(runner.stop):
        for job in jobs:
            runner.run(job)
    return not any(state.failures for state in runner.states.values())


@contextmanager
def on_signal(ask: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT ask for the end; the work goes on to where it can end.

    A handler runs amid whatever this thread does: setting the very event that it waits for, it could wait for itself.
    """
    asked = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: threading.Thread(target=ask).start()) for number in asked}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
