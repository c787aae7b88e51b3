"""How the service is, for whoever watches it: no person, no partner, no address."""

from __future__ import annotations

import time
from typing import Any

from provisioner.register import RegisterUnavailable, reading
from provisioner.service.gauges import LOOK_SECONDS
from provisioner.service.paused import is_paused_by_clock
from provisioner.service.scheduler import Service

#: How much longer than twice its interval a sync may be away before the service is not ready.
_LATE_SECONDS = 15 * 60


def live(service: Service) -> tuple[bool, dict[str, Any]]:
    """Whether the process works: else it should be started again."""
    return service.is_live, {"live": service.is_live, "seconds_since_tick": _ago(service.ticked_at)}


def ready(service: Service) -> tuple[bool, dict[str, Any]]:
    """Whether the register can be read and Keycloak answered lately. Starting again helps against neither."""
    runner = service.runner
    failing = {name: one.reason for name, one in list(runner.standing.items()) if one.in_a_row}
    facts: dict[str, Any] = {"failing": failing, "keycloak_answered_seconds_ago": _ago(runner.answered_at)}
    facts["register"] = False
    if service.looking.acquire(timeout=LOOK_SECONDS):
        try:
            with runner.register.read() as connection:
                facts["last_good_sync"] = reading.mark(connection, reading.LAST_GOOD_SYNC)
            facts["paused_by_clock"] = is_paused_by_clock(runner.register)
            facts["register"] = True
        except RegisterUnavailable:
            pass
        finally:
            service.looking.release()
    facts["keycloak"] = _keycloak_answers(service) and "keycloak" not in failing.values()
    is_ready = bool(facts["register"] and facts["keycloak"])
    return is_ready, {"ready": is_ready, **facts}


def _keycloak_answers(service: Service) -> bool:
    """At the end of a run lately; a long one that goes on counts as long as it is not stuck."""
    at = service.runner.answered_at
    if at is None:
        return False
    latest = 2 * 60 * service.runner.settings.service.sync_minutes + _LATE_SECONDS
    return time.monotonic() - at < latest or (service.is_busy and not service.is_stuck)


def _ago(at: float | None) -> int | None:
    return None if at is None else round(time.monotonic() - at)
